import type { Limiter } from '../rate-limit/limiter.js'
import type { ApiError } from './errors/api.js'
import { countIn as count, type HeaderReader } from './headers.js'
import type { Operation, SystemProfile } from './operation.js'
import type { Call } from './pipeline.js'
import { parseReset } from './retry-after.js'

/** What the server last said about a category. */
export interface RateLimitState {
  /** Name of the category in the system's document. */
  readonly category: string
  /** Requests that the window allows; undefined where the vendor does not say. */
  readonly limit: number | undefined
  /** Requests left in the window; undefined where the vendor does not say. */
  readonly remaining: number | undefined
  /** Undefined where the vendor sends none, or one that is not to be trusted. */
  readonly resetAt: Date | undefined
  /** When the answer came, by this machine's clock. */
  readonly seenAt: Date
}

/** What this client and the others of its credential have used of a category, by their own count. */
export interface LocalLimit {
  /** Name of the category in the system's document. */
  readonly category: string
  /** Requests used of each window; empty where a store outside the process cannot tell at once, and where no limit is known. */
  readonly windows: readonly { readonly requests: number; readonly seconds: number; readonly used: number }[]
  /** Requests under way. */
  readonly inFlight: number
  /** Calls that wait for their turn. */
  readonly queued: number
  /** Milliseconds that a call made now would have to wait for the windows; absent with a store outside the process. */
  readonly waitMs?: number
}

/** The limits in an answer; times are epoch milliseconds. */
export interface HeaderLimits { readonly limit: number | undefined; readonly remaining: number | undefined; readonly resetAt: number | undefined }

interface Seen { state: RateLimitState | undefined; headers: HeaderReader | undefined; at: number }

/** The rate limits as last seen, by category, and what the client's own count says. */
export class RateLimits {
  private readonly _profile: SystemProfile
  private readonly _limiter: Limiter | undefined
  private readonly _seen = new Map<string, Seen>()

  constructor(profile: SystemProfile, limiter?: Limiter) {
    this._profile = profile
    this._limiter = limiter
  }

  /** What the server last said about a category; undefined when it has said nothing. */
  get(category: string): RateLimitState | undefined {
    const seen = this._seen.get(category)
    if (seen?.headers !== undefined) this._keep(seen, category, this._read(seen.headers, seen.at))
    return seen?.state
  }

  /** What the server last said, for every category that it has said something about. */
  all(): readonly RateLimitState[] {
    return [...this._seen.keys()].flatMap((category) => this.get(category) ?? [])
  }

  /** The client's own count and queue, for each category that was called; nothing with `rateLimit: false`. */
  local(): readonly LocalLimit[] {
    return this._limiter?._local() ?? []
  }

  /** Takes the headers of an answer. Reading them costs time: while there is plenty of room they are read now and then, and when somebody asks. @internal */
  _observe(call: Call, headers: HeaderReader, now: number, refusal?: ApiError): void {
    const category = categoryOf(call.op, this._profile)
    let seen = this._seen.get(category)
    if (seen === undefined) this._seen.set(category, seen = { state: undefined, headers: undefined, at: 0 })
    seen.headers = headers
    seen.at = now
    if (this._limiter === undefined || !this._limiter._looks(call, now, refusal)) return
    const limits = this._read(headers, now)
    this._keep(seen, category, limits)
    this._limiter._learn(call, limits, now, refusal)
  }

  private _read(headers: HeaderReader, now: number): HeaderLimits {
    const { headers: names } = this._profile.rateLimits
    const limit = count(headers, names.limit)
    const remaining = count(headers, names.remaining)
    return { limit, remaining, resetAt: limit === undefined && remaining === undefined ? undefined : parseReset(headers, names, now) }
  }

  /** An answer that says nothing takes nothing away. */
  private _keep(seen: Seen, category: string, { limit, remaining, resetAt }: HeaderLimits): void {
    seen.headers = undefined
    if (limit === undefined && remaining === undefined) return
    seen.state = { category, limit, remaining, resetAt: resetAt === undefined ? undefined : new Date(resetAt), seenAt: new Date(seen.at) }
  }
}

export function categoryOf(op: Operation, profile: SystemProfile): string {
  return op.limit ?? profile.rateLimits.default ?? 'default'
}
