import type { AuthStrategy } from './auth/types.js'
import type { Body } from './body.js'
import type { Clock } from './clock.js'
import type { Attempt, Limits } from './deadline.js'
import { DecodeError } from './errors/network.js'
import type { Operation, SystemProfile } from './operation.js'
import type { ClientOptions, Fetch } from './options.js'
import type { RateLimits } from './rate-limits.js'

/** One logical call on its way through the policies. Made anew for each call: what changes in it is seen by nobody else. */
export interface Call {
  readonly profile: SystemProfile
  readonly op: Operation
  readonly url: string
  /** Sent with every attempt, names in lower case; without credentials. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body | undefined
  /** `text`: the body is read under the attempt's clock; `stream`: it is left to the caller. */
  readonly read: 'text' | 'stream'
  readonly auth: AuthStrategy | undefined
  readonly timeout: number
  readonly deadline: number
  /** Epoch milliseconds. */
  readonly deadlineAt: number
  readonly signal: AbortSignal | undefined
  readonly maxRetries: number
  readonly maxRetryDelay: number
  readonly retryUnsafe: boolean
  readonly idempotencyKey: string | undefined
  readonly fetch: Fetch
  /** Number of the attempt under way, 1 for the first. */
  attempt: number
  /** Milliseconds spent waiting between attempts. */
  waited: number
  /** Headers of the attempt under way: `headers` and what the policies add. */
  sending: Record<string, string>
  /** The body was given to an attempt. */
  opened: boolean
}

/** A successful answer. */
export interface Reply {
  readonly op: Operation
  readonly response: Response
  readonly status: number
  readonly requestId: string | undefined
  readonly attempts: number
  readonly waitedMs: number
  readonly idempotencyKey: string | undefined
  /** The body, when it was read as text. */
  readonly text: string
  /** The running attempt, when the body was left open. */
  readonly attempt: Attempt | undefined
  /** The body as JSON, parsed once; undefined when it is empty. */
  json(): unknown
}

export type Send = (call: Call) => Promise<Reply>

/** One concern around the rest: it may change the call, wait, refuse, repeat, or look at the answer. */
export interface Policy {
  (call: Call, next: Send): Promise<Reply>
  /** Called once by each client that is given the policy. */
  attach?(client: PolicyHost): void
}

/** What a policy may know of its client. */
export interface PolicyHost {
  readonly profile: SystemProfile
  readonly rateLimits: RateLimits
  /** @internal */ readonly _clock: Clock
  /** @internal */ readonly _options: ClientOptions
}

/** Puts policies around a transport, the first one outermost. */
export function compose(policies: readonly Policy[], transport: Send): Send {
  return policies.reduceRight<Send>((next, policy) => (call) => policy(call, next), transport)
}

export function limitsOf(call: Call): Limits {
  return { timeout: call.timeout, deadline: call.deadline, deadlineAt: call.deadlineAt, signal: call.signal, operation: call.op.id, attempt: call.attempt }
}

/** Parses lazily and once. A plain object, so that a policy may copy and change it. */
export function replyOf(call: Call, response: Response, requestId: string | undefined, text: string, attempt: Attempt | undefined): Reply {
  let value: unknown
  let parsed = false
  const reply: Reply = {
    op: call.op, response, status: response.status, requestId, attempts: call.attempt, waitedMs: call.waited, idempotencyKey: call.idempotencyKey, text, attempt,
    json: () => {
      if (!parsed) {
        value = parseJson(reply)
        parsed = true
      }
      return value
    },
  }
  return reply
}

function parseJson({ text, op, status, requestId, attempts }: Omit<Reply, 'json'>): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DecodeError(`${op.id}: ${status} with a body that is not JSON${requestId === undefined ? '' : ` (request ${requestId})`}`, { operation: op.id, attempts, status, requestId, text, cause })
  }
}
