import type { Clock } from '../core/clock.js'

export interface SchedulerOptions {
  readonly clock: Clock
  /** The most at a time. */
  readonly max: number
  readonly start?: number
  onPause?(reason: string, until: number): void
}

/**
 * How much at a time, and when. Concurrency doubles until the server first pushes back, then grows by one a round and halves on each
 * push; a pause holds for everybody.
 */
export class Scheduler {
  inFlight = 0
  private limit: number
  private probing = true
  private decreasedAt = -Infinity
  private pausedUntil = 0
  private pausedFor = ''
  private troubles = 0
  private waiters: (() => void)[] = []

  constructor(private readonly options: SchedulerOptions) {
    this.limit = Math.min(options.max, options.start ?? 4)
  }

  get concurrency(): number {
    return Math.floor(this.limit)
  }

  get pause(): { reason: string; until: number } | undefined {
    return this.pausedUntil > this.options.clock.now() ? { reason: this.pausedFor, until: this.pausedUntil } : undefined
  }

  /** Failures in a row that say nothing about an item. */
  get trouble(): number {
    return this.troubles
  }

  /** Resolves with a place; rejects when the signal is aborted first. */
  async slot(signal: AbortSignal): Promise<void> {
    while (this.inFlight >= this.concurrency) await this.changed(signal)
    signal.throwIfAborted()
    this.inFlight++
  }

  leave(): void {
    this.inFlight--
    this.wake()
  }

  /** Resolves when no pause is on. */
  async ready(signal: AbortSignal): Promise<void> {
    for (let pause = this.pause; pause !== undefined; pause = this.pause) {
      await this.options.clock.sleep(pause.until - this.options.clock.now(), signal)
    }
    signal.throwIfAborted()
  }

  /** The server took a request. */
  succeeded(): void {
    this.troubles = 0
    this.limit = Math.min(this.options.max, this.limit + (this.probing ? 1 : 1 / this.limit))
    this.wake()
  }

  /**
   * The server pushed back on a request that began at `startedAt`; requests that were under way at the last push do not count again.
   * Returns how long everybody pauses.
   */
  pushedBack(reason: string, startedAt: number, askedMs: number | undefined): number {
    const { clock } = this.options
    const now = clock.now()
    if (startedAt >= this.decreasedAt) {
      this.limit = Math.max(1, this.limit / 2)
      this.decreasedAt = now
      this.probing = false
      this.troubles++
    }
    const backoff = Math.min(30_000, 500 * 2 ** Math.min(this.troubles - 1, 10)) * (0.5 + clock.random() / 2)
    const ms = askedMs ?? backoff
    this.pauseFor(reason, ms)
    return ms
  }

  pauseFor(reason: string, ms: number): void {
    const until = this.options.clock.now() + ms
    if (until <= this.pausedUntil) return
    this.pausedUntil = until
    this.pausedFor = reason
    this.options.onPause?.(reason, until)
  }

  private changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      this.waiters.push(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      })
    })
  }

  private wake(): void {
    const waiters = this.waiters
    this.waiters = []
    for (const waiter of waiters) waiter()
  }
}
