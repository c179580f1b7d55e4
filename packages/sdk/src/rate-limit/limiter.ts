import type { Clock } from '../core/clock.js'
import { InvalidArgumentError } from '../core/errors/base.js'
import { RateLimitError, type ApiError } from '../core/errors/api.js'
import type { SystemProfile } from '../core/operation.js'
import type { ClientOptions } from '../core/options.js'
import type { Call } from '../core/pipeline.js'
import { categoryOf, type HeaderLimits, type LocalLimit } from '../core/rate-limits.js'
import { identityOf, laneKey, nameOf, shortHash } from './identity.js'
import { sharedLane, type Lane } from './lane.js'
import type { RateWindow, Sighting } from './meter.js'
import type { RateLimitOptions } from './options.js'

const MAX_WAIT = 300_000
/** While there is plenty of room, headers are read once in this many milliseconds. */
const LOOK = 250

/** A category as one client sees it. */
export interface Spot {
  readonly category: string
  readonly host: string
  readonly windows: readonly RateWindow[]
  readonly concurrent: number
  readonly lane: Lane
  /** The lane's name in a store outside the process, once it is known. */
  name?: string
}

/**
 * Keeps a client's calls within the limits instead of running into them. It starts from the documented windows of the operation's category, all of
 * them at once, follows what the headers and refusals say, and queues what does not fit. Where there is room it costs no promise and no timer.
 */
export class Limiter {
  /** @internal */ readonly _options: RateLimitOptions
  /** @internal */ readonly _maxWait: number
  /** @internal */ readonly _clock: Clock
  private readonly _profile: SystemProfile
  /** The client's options: credentials by their names are among them. @internal */
  readonly _client: ClientOptions
  private readonly _spots = new Map<string, Spot>()
  private _identity: string | undefined

  constructor(profile: SystemProfile, options: RateLimitOptions, client: ClientOptions, clock: Clock) {
    this._profile = profile
    this._options = options
    this._client = client
    this._clock = clock
    this._maxWait = options.maxWait ?? MAX_WAIT
    if (!(this._maxWait >= 0)) throw new InvalidArgumentError('rateLimit.maxWait must be 0 ms or more')
  }

  /** Takes a place for an attempt; where there is none, a promise of one. `call.lane.leave()` gives it back. */
  _enter(call: Call): Promise<void> | undefined {
    const spot = this._spot(call)
    const { lane, windows, concurrent } = spot
    const now = this._clock.now()
    lane.usedAt = now
    // What signs in may be waited for by whoever holds the last place.
    if (call.unqueued || (call.internal && concurrent !== Infinity)) lane.meter.count(windows, now)
    else if (this._options.store !== undefined || lane.busy || lane.inFlight >= concurrent || lane.meter.take(windows, now) > 0) return this._queue(call, spot)
    lane.inFlight++
    call.lane = lane
    return undefined
  }

  /** Whether what an answer says matters now. */
  _looks(call: Call, now: number, refusal: ApiError | undefined): boolean {
    const { lane } = this._spot(call)
    return refusal !== undefined || now >= lane.lookAt || lane.busy
  }

  /** Takes what an answer says. */
  _learn(call: Call, limits: HeaderLimits, now: number, refusal: ApiError | undefined): void {
    const spot = this._spot(call)
    const { lane, windows } = spot
    lane.lookAt = now + LOOK
    const notBefore = refusal instanceof RateLimitError ? now + (refusal.retryAfterMs ?? 1_000) : undefined
    const seen: Sighting = { ...limits, notBefore }
    if (seen.limit === undefined && notBefore === undefined) return
    if (this._options.store !== undefined) void import('./queue.js').then(({ tellStore }) => tellStore(this, spot, seen, now)).catch(() => undefined)
    else {
      lane.meter.learn(windows, seen, now)
      if (lane.meter.tight(windows, now)) lane.lookAt = 0
    }
    if (notBefore === undefined) lane.queue?._wake()
  }

  /** What is used of each category that was called. */
  _local(): LocalLimit[] {
    const now = this._clock.now()
    const { store } = this._options
    return [...this._spots.values()].map(({ category, lane, windows, name }) => {
      const states = store === undefined ? lane.meter.state(windows, now) : (name === undefined ? undefined : store.state?.(name, windows, now)) ?? []
      return { category, windows: states.filter(({ requests }) => requests !== Infinity), inFlight: lane.inFlight, queued: lane.queued, ...(store === undefined ? { waitMs: lane.meter.wait(windows, now, lane.queued + 1) } : {}) }
    })
  }

  /** The name that a credential has in a key. @internal */
  _who(): string {
    return this._identity ??= identityOf(this._profile, this._client as Readonly<Record<string, unknown>>)
  }

  /** @internal */
  _key({ category, host }: Pick<Spot, 'category' | 'host'>, who: string): string {
    return laneKey(this._profile, host, category, this._profile.rateLimits.categories[category]?.key ?? 'credential', who)
  }

  private _spot({ op, host }: Call): Spot {
    const category = categoryOf(op, this._profile)
    const found = this._spots.get(category)
    return found !== undefined && found.host === host && !found.lane.dropped ? found : this._open(category, host)
  }

  private _open(category: string, host: string): Spot {
    const known = this._profile.rateLimits.categories[category]
    const { limits, concurrent, store } = this._options
    const own = limits?.[category]
    const assumed = known?.assumed === true
    const windows = own === undefined
      // Stores outside the process know nothing of guesses.
      ? (assumed && store !== undefined ? [] : known?.windows ?? []).map((window) => (assumed ? { ...window, assumed } : window))
      : own.map(({ requests, seconds }) => ({ requests, seconds, fixed: true }))
    const key = this._key({ category, host }, shortHash(this._who()))
    const spot: Spot = {
      category, host, windows,
      concurrent: concurrent?.[category] ?? known?.concurrent ?? Infinity,
      lane: sharedLane(store === undefined ? key : `${nameOf(store)}|${key}`, this._clock.now()),
    }
    this._spots.set(category, spot)
    return spot
  }

  private async _queue(call: Call, spot: Spot): Promise<void> {
    const { lane } = spot
    lane.arriving++
    let turn: Promise<void> | undefined
    try {
      // What cannot be loaded must not stop the call: the server still counts.
      const queue = await import('./queue.js').catch(() => undefined)
      if (queue === undefined) lane.inFlight++
      else turn = queue.waitForTurn(this, call, spot)
    } finally {
      lane.arriving--
    }
    await turn
    call.lane = lane
  }
}
