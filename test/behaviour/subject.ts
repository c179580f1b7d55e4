import type { ClientOptions } from '@orkit/sdk'
import type { ServerEvent } from './vectors.js'

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Milliseconds for each attempt. */
  readonly timeout?: number
}

/** A client as a user has it, with its own defaults, for one scripted server. */
export interface Client {
  /** Reads one thing. */
  get(options?: CallOptions): Promise<unknown>
  /** Creates one thing, which may not be done twice. */
  post(options?: CallOptions): Promise<unknown>
  /** Deletes the thing of that id; absent where the client has no path parameters. */
  remove?(id: string): Promise<unknown>
  /** A stream of events, each as the text that it carries. */
  stream?(options?: CallOptions & { idleTimeout?: number }): AsyncIterable<string>
}

export interface ClientSettings {
  /** Origin of the server. */
  readonly url: string
  readonly fetch?: typeof fetch
  /** Waits between attempts take no time, where the client lets us. */
  readonly instant?: boolean
  /** Query of the base URL, with its `?`; our clients only. */
  readonly query?: string
  /** More options of the client; our clients only. */
  readonly options?: ClientOptions
}

export interface Subject {
  readonly name: string
  open(settings: ClientSettings): Client
  /** A stream's event and its end, as this client's API has them. */
  readonly sse?: { event(text: string): ServerEvent; readonly end: string }
  /** What the client throws for a broken connection has this root. */
  ownError(error: unknown): boolean
}

/** Sent by every subject as bearer token or key: must never reach another origin. */
export const SECRET = 'oak_behaviour_secret_0123456789'
