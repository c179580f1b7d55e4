import type { Operation, SystemProfile } from './operation.js'
import { count } from './errors/response.js'
import { parseReset, type HeaderReader } from './retry-after.js'

/** What the server last said about a category. */
export interface RateLimitState {
  readonly category: string
  readonly limit: number | undefined
  readonly remaining: number | undefined
  /** Undefined where the vendor sends none, or one that is not to be trusted. */
  readonly resetAt: Date | undefined
  readonly seenAt: Date
}

/** The rate limits as last seen, by category. */
export class RateLimits {
  private readonly states = new Map<string, RateLimitState>()

  constructor(private readonly profile: SystemProfile) {}

  get(category: string): RateLimitState | undefined {
    return this.states.get(category)
  }

  all(): readonly RateLimitState[] {
    return [...this.states.values()]
  }

  categoryOf(op: Operation): string {
    return op.limit ?? this.profile.rateLimits.default ?? 'default'
  }

  observe(op: Operation, headers: HeaderReader, now: number): void {
    const names = this.profile.rateLimits.headers
    const limit = count(headers, names.limit)
    const remaining = count(headers, names.remaining)
    if (limit === undefined && remaining === undefined) return
    const reset = parseReset(headers, names, now)
    const category = this.categoryOf(op)
    this.states.set(category, { category, limit, remaining, resetAt: reset === undefined ? undefined : new Date(reset), seenAt: new Date(now) })
  }
}
