import type { RateLimitStore } from './store.js'

/** How a client keeps to the limits. */
export interface RateLimitOptions {
  /** Category -> windows, in place of the documented ones: the server's headers may lower them and never raise them. An empty list lifts them. */
  limits?: Readonly<Record<string, readonly { readonly requests: number; readonly seconds: number }[]>>
  /** Requests under way at once, by category, in place of the documented number. */
  concurrent?: Readonly<Record<string, number>>
  /**
   * The longest that a call may wait for its turn, in milliseconds. Beyond it a `RateLimitError` (code `client_rate_limit`) says at once when to
   * try again. 0 fails instead of queueing. Default 300 000. A call's own `deadline` holds as well.
   */
  maxWait?: number
  /** Where the counts are kept. Default: this process, shared by all clients of a credential. Give one that several processes share. */
  store?: RateLimitStore
}
