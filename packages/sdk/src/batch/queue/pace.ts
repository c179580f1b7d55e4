import { headerWait } from '../rate.js'
import type { RateLimitStore } from '../../rate-limit/store.js'
import { Pacer, type PacerOptions } from '../pacer.js'

/** A pacer whose windows are those of all workers together. */
export class SharedPacer extends Pacer {
  /** `scope`: whose limit it is. */
  constructor(options: PacerOptions, private readonly store: RateLimitStore, private readonly scope: string) {
    super(options)
  }

  override async permit(operation: string, signal: AbortSignal): Promise<void> {
    const { client, clock, scheduler } = this.options
    const category = this.categoryOf(operation)
    const { windows } = this.limiterOf(category)
    for (;;) {
      await scheduler.ready(signal)
      const now = clock.now()
      const seen = client.rateLimits?.get(category)
      // What the others have sent since the headers were seen shows with the next answer; a window that is used up is used up for all.
      const wait = Math.max(seen?.remaining === 0 ? headerWait(seen, 0, now) : 0, await this.store.take(this.keyOf(category), windows, now))
      if (wait <= 0) return signal.throwIfAborted()
      this.tell(now, wait)
      // Everybody waits for the same place: not all are to ask in the same moment.
      await clock.sleep(wait + clock.random() * Math.min(20, wait), signal)
    }
  }

  /** The server wants nothing more of this category before so many milliseconds have passed: for all workers. */
  async pauseAll(operation: string, ms: number): Promise<void> {
    const category = this.categoryOf(operation)
    const now = this.options.clock.now()
    await this.store.learn(this.keyOf(category), this.limiterOf(category).windows, { notBefore: now + ms }, now)
  }

  private keyOf(category: string): string {
    return `${this.scope}|${category}`
  }
}
