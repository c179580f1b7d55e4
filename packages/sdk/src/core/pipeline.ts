import type { AuthStrategy } from './auth/types.js'
import type { Body } from './body.js'
import type { Clock } from './clock.js'
import type { Attempt } from './deadline.js'
import { DecodeError } from './errors/network.js'
import { requestIdOf } from './headers.js'
import type { Operation, SystemProfile } from './operation.js'
import type { ClientOptions, Fetch } from './options.js'
import type { RateLimits } from './rate-limits.js'

/** The code of a call that was not sent, because the limits leave no room for it. */
export const CLIENT_RATE_LIMIT = 'client_rate_limit'

/** One logical call on its way through the policies. Made anew for each call: what changes in it is seen by nobody else. */
export interface Call {
  /** What the document says of the system. */
  readonly profile: SystemProfile
  /** What the document says of the operation. */
  readonly op: Operation
  /** Absolute, with its query, which may hold a credential. */
  readonly url: string
  /** Host and port of the base URL. */
  readonly host: string
  /** Sent with every attempt, names in lower case; without credentials. */
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: the request has none. */
  readonly body: Body | undefined
  /** `text`: the body is read under the attempt's clock; `stream`: it is left to the caller. */
  readonly read: 'text' | 'stream'
  /** What proves who calls; undefined where nothing is needed, or the caller's own headers do. */
  readonly auth: AuthStrategy | undefined
  /** Milliseconds for each attempt; `Infinity` for none. */
  readonly timeout: number
  /** Milliseconds for the whole call; `Infinity` for none. */
  readonly deadline: number
  /** Epoch milliseconds. */
  readonly deadlineAt: number
  /** The caller's own. */
  readonly signal: AbortSignal | undefined
  /** Attempts after the first that are allowed. */
  readonly maxRetries: number
  /** The longest wait between attempts, in milliseconds. */
  readonly maxRetryDelay: number
  /** May be carried out twice: what cannot be told from done may be sent again. */
  readonly repeatable: boolean
  /** Does not wait for its turn under the rate limits; it is counted all the same. */
  readonly unqueued: boolean
  /** Made by the client for another call of its own, to sign in. */
  readonly internal: boolean
  /** Carried by every attempt, where the operation takes one. */
  readonly idempotencyKey: string | undefined
  /** What the request goes over. */
  readonly fetch: Fetch
  /** Number of the attempt under way, 1 for the first. */
  attempt: number
  /** Milliseconds spent waiting between attempts. */
  waited: number
  /** Headers of the attempt under way: `headers` and what the policies add. */
  sending: Record<string, string>
  /** The body was given to an attempt. */
  opened: boolean
  /** What the attempt under way proved itself with. */
  credential: string
  /** The place under the rate limits that the attempt under way holds until it ends. */
  lane: { leave(): void } | undefined
}

/** A successful answer. */
export interface Reply {
  /** The system's name. */
  readonly system: string
  /** What the document says of the operation. */
  readonly op: Operation
  /** The answer; its body has been read unless `attempt` is there. */
  readonly response: Response
  /** HTTP status, 200 to 299. */
  readonly status: number
  /** The vendor's id of the request; undefined where the headers have none. */
  readonly requestId: string | undefined
  /** How many requests were made. */
  readonly attempts: number
  /** Milliseconds spent waiting between attempts. */
  readonly waitedMs: number
  /** The key that every attempt carried. */
  readonly idempotencyKey: string | undefined
  /** The body, when it was read as text. */
  readonly text: string
  /** The running attempt, when the body was left open. */
  readonly attempt: Attempt | undefined
  /** The body as JSON, parsed once; undefined when it is empty. */
  json(): unknown
}

/** Carries a call out, by the policies and the transport that are left. */
export type Send = (call: Call) => Promise<Reply>

/** One concern around the rest: it may change the call, wait, refuse, repeat, or look at the answer. */
export interface Policy {
  (call: Call, next: Send): Promise<Reply>
  /** Called once by each client that is given the policy. */
  attach?(client: PolicyHost): void
}

/** What a policy may know of its client. */
export interface PolicyHost {
  /** What the document says of the system. */
  readonly profile: SystemProfile
  /** What the client knows of the server's limits. */
  readonly rateLimits: RateLimits
  /** @internal */ readonly _clock: Clock
  /** @internal */ readonly _options: ClientOptions
}

/** Puts policies around a transport, the first one outermost. */
export function compose(policies: readonly Policy[], transport: Send): Send {
  return policies.reduceRight<Send>((next, policy) => (call) => policy(call, next), transport)
}

/** Parses lazily and once. */
export class AnsweredCall implements Reply {
  readonly system: string
  readonly op: Operation
  readonly response: Response
  readonly attempts: number
  readonly waitedMs: number
  readonly idempotencyKey: string | undefined
  readonly text: string
  readonly attempt: Attempt | undefined
  private _value: unknown
  private _parsed = false

  constructor(call: Call, response: Response, text: string, attempt: Attempt | undefined) {
    this.system = call.profile.name
    this.op = call.op
    this.response = response
    this.attempts = call.attempt
    this.waitedMs = call.waited
    this.idempotencyKey = call.idempotencyKey
    this.text = text
    this.attempt = attempt
  }

  get status(): number {
    return this.response.status
  }

  get requestId(): string | undefined {
    return requestIdOf(this.response.headers)
  }

  json(): unknown {
    if (!this._parsed) {
      this._value = this.text === '' ? undefined : parseJson(this)
      this._parsed = true
    }
    return this._value
  }
}

function parseJson(reply: Reply): unknown {
  try {
    return JSON.parse(reply.text)
  } catch (cause) {
    const { text, system, op, status, requestId: id, attempts } = reply
    throw new DecodeError(`${system} ${op.id}: ${status} with a body that is not JSON${id === undefined ? '' : ` (request ${id})`}`, { system, operation: op.id, attempts, status, text, cause, ...(id === undefined ? {} : { requestId: id }) })
  }
}
