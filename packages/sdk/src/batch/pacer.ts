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

/** A wait that is worth telling of. */
const LONG = 2_000
/** Shares of what the limits allow that looking at jobs may take: while there is something to send, and afterwards. */
const SHARE_BESIDE = 0.1
const SHARE_ALONE = 0.5

/** When a request is in order: no pause is on, the windows of its category have room, and the server's headers say so. */
export class Pacer {
  private readonly limiters = new Map<string, WindowLimiter>()
  private told: { readonly reason: string; readonly until: number } | undefined

  constructor(private readonly options: PacerOptions) {}

  /** What everything waits for now. */
  get pause(): { readonly reason: string; readonly until: number } | undefined {
    const { scheduler, clock } = this.options
    return scheduler.pause ?? (this.told !== undefined && this.told.until > clock.now() ? this.told : undefined)
  }

  async permit(operation: string, signal: AbortSignal): Promise<void> {
    const { client, clock, scheduler } = this.options
    const category = this.categoryOf(operation)
    const limiter = this.limiterOf(category)
    for (;;) {
      await scheduler.ready(signal)
      const now = clock.now()
      const seen = client.rateLimits?.get(category)
      const wait = Math.max(limiter.wait(now), headerWait(seen, seen === undefined ? 0 : limiter.since(seen.seenAt.getTime()), now))
      if (wait <= 0) return limiter.take(now)
      this.tell(now, wait)
      await clock.sleep(wait, signal)
    }
  }

  /** What an earlier run sent a moment ago counts against the same windows. */
  seed(operation: string, times: Iterable<number>): void {
    const category = this.categoryOf(operation)
    const { windows } = this.limiterOf(category)
    if (windows.length === 0) return
    const oldest = this.options.clock.now() - Math.max(...windows.map((window) => window.seconds)) * 1_010
    this.limiters.set(category, new WindowLimiter(windows, [...times].filter((time) => time > oldest)))
  }

  /** What the server said of this account's limit takes the place of what is documented; requests of others are in it. */
  adopt(operation: string, given: GivenLimit): void {
    const category = this.categoryOf(operation)
    if (given === 'unlimited') return void this.limiters.set(category, new WindowLimiter([]))
    const { requests, seconds, remaining, resetMs } = given
    const used = this.options.clock.now() + resetMs - seconds * 1_000
    this.limiters.set(category, new WindowLimiter([{ requests, seconds }], Array.from({ length: Math.max(0, requests - remaining) }, () => used)))
  }

  /** Milliseconds between two looks that take so many requests; never less than a second. */
  interval(operation: string, requests: number, sending: boolean): number {
    const { windows } = this.limiterOf(this.categoryOf(operation))
    const perSecond = Math.min(Infinity, ...windows.map((window) => window.requests / window.seconds))
    return Math.max(1_000, (requests / (perSecond * (sending ? SHARE_BESIDE : SHARE_ALONE))) * 1_000)
  }

  private categoryOf(operation: string): string {
    const { operations, profile } = this.options.client
    return operations[operation]?.limit ?? profile.rateLimits.default ?? 'default'
  }

  private limiterOf(category: string): WindowLimiter {
    const known = this.limiters.get(category)
    if (known !== undefined) return known
    const made = new WindowLimiter(windowsOf(this.options.rate, this.options.client.profile.rateLimits.categories[category]))
    this.limiters.set(category, made)
    return made
  }

  private tell(now: number, wait: number): void {
    if (wait < LONG || (this.told?.until ?? 0) >= now + wait - 1_000) return
    this.told = { reason: `rate limit of ${this.options.client.profile.name}`, until: now + wait }
    this.options.onWait(this.told.reason, this.told.until)
  }
}
