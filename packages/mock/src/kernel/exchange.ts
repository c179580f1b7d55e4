import type { Effect } from '../effects/faults.js'
import { addLimitHeaders, type Allowance } from '../gates/rate-limit.js'
import type { JournalEntry } from '../world/journal.js'
import type { SystemWorld } from '../world/system-world.js'
import type { Context } from './context.js'
import type { Actor, Failure, FieldIssue } from './profile.js'
import { Lifetime, type Reply } from './reply.js'
import type { MockRequest } from './request.js'
import type { Operation } from './system.js'

/** One request on its way through the gates: what is known about it so far, and at the end its answer. */
export class Exchange {
  operation: Operation | undefined
  actor: Actor | undefined
  allowance: Allowance | undefined
  private id: string | undefined
  /** Ends when the answer has been sent, or at once where no behaviour runs. */
  readonly lifetime = new Lifetime()
  /** What validation found wrong with the request. */
  issues: readonly FieldIssue[] | undefined
  /** Set once the behaviour runs: its statuses must be documented. */
  behaving = false
  /** What a rule does to the answer. */
  effect: Effect | undefined
  /** The answer; of a handshake that passed the gates, `context` instead. */
  reply: Reply | undefined
  context: Context | undefined

  constructor(readonly world: SystemWorld, readonly request: MockRequest, readonly entry: JournalEntry) {}

  /** Made when first asked for: not every vendor shows one. */
  get requestId(): string {
    return (this.id ??= this.world.requestId())
  }

  get profile() {
    return this.world.system.definition.profile
  }

  refuse(failure: Failure): Reply {
    return this.world.errorReply(failure)
  }

  /** A failure that the profile may not have words for: the words of a kindred one, with the right status. */
  refuseWith(status: number, own: Failure | undefined, kindred: Failure, message: string): Reply {
    return this.refuse({ ...(own ?? { ...kindred, message }), status: own?.status ?? (own ? this.profile.codes[own.code] : undefined) ?? status })
  }

  /** The headers that every answer carries, and the error body with the id of this request. */
  finish(reply: Reply): Reply {
    const { profile, document } = this.world.system.definition
    if (reply.failure) {
      reply.body = profile.error(this.withId({ ...reply.failure, status: reply.status }))
    }
    const { headers } = reply
    if (this.allowance) addLimitHeaders(headers, document.rateLimits, this.allowance, this.world.now())
    if (profile.headers) {
      const extra = profile.headers(this.withId({ status: reply.status, ...(this.operation && { operation: this.operation }), ...(this.actor && { actor: this.actor }) }))
      for (const name in extra) headers[name.toLowerCase()] ??= extra[name]!
    }
    // A documented preflight says itself who may call.
    if (this.request.headers['origin'] !== undefined && this.operation?.method !== 'OPTIONS') {
      headers['access-control-allow-origin'] = '*'
      headers['access-control-expose-headers'] = '*'
    }
    return reply
  }

  private withId<T extends object>(parts: T): T & { requestId: string } {
    const id = (): string => this.requestId
    return Object.defineProperty(parts, 'requestId', { get: id, enumerable: true }) as T & { requestId: string }
  }
}
