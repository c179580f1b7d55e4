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

/** What the policy of `@orkit/sdk/rate-limit` counts for a category. */
export interface LocalLimit {
  readonly category: string
  /** Requests used of each window; empty where the store cannot tell at once. */
  readonly windows: readonly { readonly requests: number; readonly seconds: number; readonly used: number }[]
  readonly inFlight: number
  readonly queued: number
}

/** The rate limits as last seen, by category. */
export class RateLimits {
  /** The client's own count and queue, when it has the policy of `@orkit/sdk/rate-limit`; nothing otherwise. */
  local: () => readonly LocalLimit[] = () => []
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
