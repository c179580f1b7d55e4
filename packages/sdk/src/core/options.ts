import type { RateLimitOptions } from '../rate-limit/options.js'
import type { TokenStore } from './auth/types.js'
import type { RetryBudget } from './budget.js'
import type { Clock } from './clock.js'
import type { OrkitError } from './errors/base.js'
import type { Logger, LogLevel } from './log.js'
import type { Policy } from './pipeline.js'
import type { WebSocketFactory } from './socket-types.js'
import type { Progress } from './uploads.js'

/** A credential: the value, or a function that gets it when it is needed. */
export type Secret = string | (() => string | Promise<string>)

/** What the SDK asks of `fetch`: a URL, a plain init, a `Response` (or what looks like one). */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>

/** What the SDK gives a `fetch`, and all that it gives: an own one needs to know no more. */
export interface FetchInit {
  /** HTTP method, in capitals. */
  method: string
  /** All headers of the attempt, the credential among them. */
  headers: Record<string, string>
  /** Absent: the request has none. A stream where an upload's bytes are not at hand as a whole. */
  body?: BodyInit | null
  /** Aborted when a time limit runs out or the caller's signal is aborted: the request must end then, and the reading of its answer too. */
  signal: AbortSignal
  /** `error`: a redirect must reject. `manual`: it must come back as an answer, to be followed without credentials or refused. */
  redirect: 'error' | 'manual'
  /** Set when `body` is a stream; Node's own `fetch` wants it. */
  duplex?: 'half'
  /** Set for systems with a session cookie: a browser sends its cookie only then. */
  credentials?: 'include'
}

/** Options of a client: what holds for all its calls. Most can be given for one call too. */
export interface ClientOptions {
  /** Where the API is. Default: the vendor's address, or `<SYSTEM>_BASE_URL`. */
  baseUrl?: string
  /**
   * What requests go over. Default on Node: node:http, by one `nodeTransport()` of `@orkit/sdk/node` for the process, unless the program has replaced the global `fetch` or its
   * dispatcher; then, and elsewhere, the global `fetch`. One that is given here is always used.
   */
  fetch?: Fetch | typeof globalThis.fetch
  /** Milliseconds for each attempt, its body included. Default 60 000; `Infinity` for none. */
  timeout?: number
  /** Milliseconds for a whole call: all attempts and the waits between them. Default: none. */
  deadline?: number
  /** Attempts after the first. Default 2; 0 means one attempt, always. */
  maxRetries?: number
  /** The longest wait between attempts in milliseconds. A server that asks for more gets its error passed on at once. Default 60 000. */
  maxRetryDelay?: number
  /** Sent with every request. */
  headers?: Record<string, string>
  /** Receives log lines. Default: the console. */
  logger?: Logger
  /** Default `off`, or `ORKIT_LOG`. */
  logLevel?: LogLevel
  /** See each attempt, and may change its headers. */
  hooks?: Hooks
  /** Where tokens and session cookies are kept. Default: in memory, per client. */
  tokenStore?: TokenStore
  /** Allows plain http to hosts other than this machine. Credentials would travel in the clear. */
  allowInsecureHttp?: boolean
  /** Operation id -> path, for operations whose documented path is a guess. */
  pathOverrides?: Record<string, string>
  /** Opens sockets. Default: the platform's `WebSocket`; `nodeWebSocket()` of `@orkit/sdk/node` on Node. */
  webSocket?: WebSocketFactory
  /** Shares one retry budget among clients; `false` for none. */
  retryBudget?: RetryBudget | false
  /**
   * Calls are kept within the documented limits and what the headers say of them, and queued instead of refused. `false` leaves that to the server;
   * an object tunes it.
   */
  rateLimit?: boolean | RateLimitOptions
  /** More policies around each attempt, outermost first. */
  policies?: readonly Policy[]
  /** Time, chance and sleeping, for tests. */
  clock?: Partial<Clock>
}

/** What holds for one call; what is left out is the client's. */
export interface RequestOptions {
  /** Milliseconds for each attempt, its body included. Default: the client's, 60 000; `Infinity` for none. */
  timeout?: number
  /** Milliseconds for the whole call: all attempts and the waits between them. Default: the client's, none. */
  deadline?: number
  /** Attempts after the first. Default: the client's, 2; 0 means one attempt, always. */
  maxRetries?: number
  /** The longest wait between attempts in milliseconds. Default: the client's, 60 000. */
  maxRetryDelay?: number
  /** Repeats a call that may already have been carried out. Default false. */
  retryUnsafe?: boolean
  /** Ends the call when it is aborted, with an `AbortedError` that has the signal's reason. */
  signal?: AbortSignal
  /** `false`: does not wait for its turn under the rate limits. It is counted all the same. */
  rateLimit?: false
  /** For operations that take one; default: a fresh one for each call, the same for each attempt. */
  idempotencyKey?: string
  /** Sent with this call, over the client's own of the same name. */
  headers?: Record<string, string>
  /** Query parameters that the operation does not name. */
  query?: Record<string, unknown>
  /** Lists: asks for the next page while the loop is busy with the one before. Default false. */
  prefetch?: boolean
  /** Uploads: called with the bytes sent so far, and their total where it is known. */
  onUploadProgress?: (progress: Progress) => void
  /** Streams and downloads: milliseconds without a byte after which they are given up. Default 60 000; `Infinity` for none. */
  idleTimeout?: number
  /** Streams: the largest event, in characters, that is buffered. Default 16 Mi. */
  maxEventSize?: number
}

/** What a hook is told about an attempt. */
export interface AttemptInfo {
  /** `orckai`. */
  readonly system: string
  /** `agents.list`. */
  readonly operation: string
  /** HTTP method, in capitals. */
  readonly method: string
  /** With its query, which may hold a credential. */
  readonly url: string
  /** 1 for the first. */
  readonly attempt: number
}

/** Functions that see each attempt; what they throw ends the call. */
export interface Hooks {
  /** Before each attempt. `headers` holds credentials and may be changed. */
  onRequest?(info: AttemptInfo & { readonly headers: Record<string, string> }): void | Promise<void>
  /** After each answer, whatever its status. */
  onResponse?(info: AttemptInfo & { readonly status: number; readonly headers: Headers; readonly requestId: string | undefined; readonly durationMs: number }): void | Promise<void>
  /** Before the wait that precedes another attempt. */
  onRetry?(info: AttemptInfo & { readonly error: OrkitError; readonly delayMs: number }): void | Promise<void>
  /** Before an attempt waits in the queue of the client-side rate limit. `delayMs` is how long it will be by what is known now. */
  onWait?(info: AttemptInfo & { readonly category: string; readonly delayMs: number }): void | Promise<void>
}
