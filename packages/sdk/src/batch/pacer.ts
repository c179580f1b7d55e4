import type { Clock } from '../core/clock.js'
import { headerWait, WindowLimiter, windowsOf } from './rate.js'
import type { GivenLimit } from './adapters.js'
import type { Scheduler } from './scheduler.js'
import type { BatchClient } from './types.js'

export interface PacerOptions {
  readonly client: BatchClient
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly rate: 'documented' | 'off' | number
  onWait(reason: string, until: number): void
}

/**
 * The server counts a request when it arrives: after it has left, before it is answered. Between the permission and the departure lies the
 * journal's sync, and on the way anything; so the time that counts is moved on with what is known, on the way by this share of the window.
 */
export interface Permit {
  /** The request leaves now. Returns what is to be called when its answer is there. */
  leaves(): () => void
}

const ON_THE_WAY = 0.025

export function leave(limiter: WindowLimiter, permitted: number, clock: Pick<Clock, 'now'>): () => void {
  const left = clock.now()
  limiter.move(permitted, left)
  const shortest = Math.min(...limiter.windows.map((window) => window.seconds))
  return () => {
    if (Number.isFinite(shortest)) limiter.move(left, Math.min(clock.now(), left + shortest * 1_000 * ON_THE_WAY))
  }
}

/** A wait that is worth telling of. */
const LONG = 2_000
/** Share of what the limits allow that looking at jobs may take. */
const SHARE = 0.1

/** When a request is in order: no pause is on, the windows of its category have room, and the server's headers say so. */
export class Pacer {
  private readonly limiters = new Map<string, WindowLimiter>()
  private readonly looks = new Map<string, { readonly limiter: WindowLimiter; count: number }>()
  private told: { readonly reason: string; readonly until: number } | undefined

  constructor(protected readonly options: PacerOptions) {}

  /** What everything waits for now. */
  get pause(): { readonly reason: string; readonly until: number } | undefined {
    const { scheduler, clock } = this.options
    return scheduler.pause ?? (this.told !== undefined && this.told.until > clock.now() ? this.told : undefined)
  }

  /** Resolves when a request may leave; what is resolved with is told when it really does. */
  async permit(operation: string, signal: AbortSignal): Promise<Permit | void> {
    const { client, clock, scheduler } = this.options
    const category = this.categoryOf(operation)
    const limiter = this.limiterOf(category)
    for (;;) {
      await scheduler.ready(signal)
      const now = clock.now()
      const seen = client.rateLimits?.get(category)
      const wait = Math.max(limiter.wait(now), headerWait(seen, seen === undefined ? 0 : limiter.since(seen.seenAt.getTime()), now))
      if (wait <= 0) {
        limiter.take(now)
        return { leaves: () => leave(limiter, now, clock) }
      }
      this.tell(now, wait)
      await clock.sleep(wait, signal)
    }
  }

  /** What an earlier run sent a moment ago counts against the same windows. */
  seed(operation: string, times: Iterable<number>): void {
    const category = this.categoryOf(operation)
    const { windows } = this.limiterOf(category)
    if (windows.length === 0) return
    const now = this.options.clock.now()
    const oldest = now - Math.max(...windows.map((window) => window.seconds)) * 1_010
    this.limiters.set(category, new WindowLimiter(windows, [...times].filter((time) => time > oldest).map((time) => Math.min(time, now))))
  }

  /** What the server said of this account's limit takes the place of what is documented; requests of others are in it. */
  adopt(operation: string, given: GivenLimit): void {
    const category = this.categoryOf(operation)
    if (given === 'unlimited') return void this.limiters.set(category, new WindowLimiter([]))
    const { requests, seconds, remaining, resetMs } = given
    const used = this.options.clock.now() + resetMs - seconds * 1_000
    this.limiters.set(category, new WindowLimiter([{ requests, seconds }], Array.from({ length: Math.max(0, requests - remaining) }, () => used)))
  }

  /**
   * Milliseconds to the next look, after one that took so many requests: a second at first, so that small batches end soon, and more from
   * look to look. In any window looks take no more than their share.
   */
  interval(operation: string, requests: number): number {
    const { windows } = this.limiterOf(this.categoryOf(operation))
    const perSecond = Math.min(Infinity, ...windows.map((window) => window.requests / window.seconds))
    const steady = (requests / (perSecond * SHARE)) * 1_000
    const known = this.looks.get(operation) ?? { limiter: new WindowLimiter(windows.map((window) => ({ ...window, requests: Math.max(1, Math.floor(window.requests * SHARE)) }))), count: 0 }
    this.looks.set(operation, known)
    const now = this.options.clock.now()
    for (let taken = 0; taken < requests; taken++) known.limiter.take(now)
    return Math.max(1_000, Math.min(steady, 1_000 * 1.5 ** Math.min(known.count++, 20)), known.limiter.wait(now))
  }

  /** Requests are counted, so that fewer are better. */
  isLimited(operation: string): boolean {
    return this.limiterOf(this.categoryOf(operation)).windows.length > 0
  }

  /** How many requests one look may take. */
  looksAtOnce(operation: string): number {
    const { windows } = this.limiterOf(this.categoryOf(operation))
    return Math.max(1, Math.min(100, ...windows.map((window) => Math.floor(window.requests * SHARE))))
  }

  protected categoryOf(operation: string): string {
    const { operations, profile } = this.options.client
    return operations[operation]?.limit ?? profile.rateLimits.default ?? 'default'
  }

  protected limiterOf(category: string): WindowLimiter {
    const known = this.limiters.get(category)
    if (known !== undefined) return known
    const made = new WindowLimiter(windowsOf(this.options.rate, this.options.client.profile.rateLimits.categories[category]))
    this.limiters.set(category, made)
    return made
  }

  protected tell(now: number, wait: number): void {
    if (wait < LONG || (this.told?.until ?? 0) >= now + wait - 1_000) return
    this.told = { reason: `rate limit of ${this.options.client.profile.name}`, until: now + wait }
    this.options.onWait(this.told.reason, this.told.until)
  }
}
