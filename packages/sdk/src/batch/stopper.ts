import { LONGEST_TIMER } from '../core/deadline.js'
import type { BatchOptions, StopReason } from './types.js'

/** How a batch ends before its time: first no new item is taken, and after a grace the requests under way are given up. */
export class Stopper {
  reason: StopReason | undefined
  private readonly taking = new AbortController()
  private readonly sending = new AbortController()

  constructor(private readonly onStop: (reason: StopReason) => void) {}

  /** Aborted when no new item is to be taken. */
  get stopSignal(): AbortSignal {
    return this.taking.signal
  }

  /** Aborted when requests under way are given up. */
  get endSignal(): AbortSignal {
    return this.sending.signal
  }

  /** The first reason counts. */
  stop(reason: StopReason): void {
    if (this.reason !== undefined) return
    this.reason = reason
    this.onStop(reason)
    this.taking.abort(reason.kind === 'error' ? reason.error : reason)
  }

  /** Keeps an eye on the caller's signal and the time; returns how to forget it all. */
  watch({ signal, graceMs = 30_000, maxDurationMs }: Pick<BatchOptions, 'signal' | 'graceMs' | 'maxDurationMs'>): () => void {
    const timers: NodeJS.Timeout[] = []
    const stop = () => this.stop({ kind: 'signal', reason: signal?.reason as unknown })
    this.stopSignal.addEventListener('abort', () => {
      timers.push(setTimeout(() => this.sending.abort(new Error('given up after the stop')), Math.min(graceMs, LONGEST_TIMER)))
    }, { once: true })
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
    if (maxDurationMs !== undefined) timers.push(setTimeout(() => this.stop({ kind: 'duration' }), Math.min(maxDurationMs, LONGEST_TIMER)))
    return () => {
      signal?.removeEventListener('abort', stop)
      for (const timer of timers) clearTimeout(timer)
    }
  }
}
