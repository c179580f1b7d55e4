import type { RateLimitCategory } from '../core/operation.js'
import type { RateLimitState } from '../core/rate-limits.js'

export interface Window { readonly requests: number; readonly seconds: number }

/** Keeps to so many requests in any stretch of so many seconds, wherever the server's own windows begin. */
export class WindowLimiter {
  /** Times of the last requests, oldest first; never more than the largest window holds. */
  private readonly times: number[] = []
  private readonly most: number

  constructor(readonly windows: readonly Window[], seed: readonly number[] = []) {
    this.most = Math.max(1, ...windows.map((window) => window.requests))
    for (const time of seed.toSorted((a, b) => a - b)) this.take(time)
  }

  /** Milliseconds until one more request is in order. */
  wait(now: number): number {
    let wait = 0
    for (const { requests, seconds } of this.windows) {
      const first = this.times[this.times.length - requests]
      // One percent more: the server's clock and the way there are not ours.
      if (first !== undefined) wait = Math.max(wait, first + seconds * 1010 - now)
    }
    return wait
  }

  take(now: number): void {
    this.times.push(now)
    if (this.times.length > this.most) this.times.shift()
  }

  /** A request that was counted at one time counts at another, later one. */
  move(from: number, to: number): void {
    const index = this.times.lastIndexOf(from)
    if (index === -1) return
    this.times.splice(index, 1)
    let place = this.times.length
    while (place > 0 && this.times[place - 1]! > to) place--
    this.times.splice(place, 0, to)
  }

  /** Requests since a moment, as far as remembered. */
  since(time: number): number {
    let count = 0
    for (let index = this.times.length - 1; index >= 0 && this.times[index]! > time; index--) count++
    return count
  }
}

/** The windows to keep to: the documented ones, none, or a number a minute. Assumed limits are left to the server's answers. */
export function windowsOf(rate: 'documented' | 'off' | number, category: RateLimitCategory | undefined): readonly Window[] {
  if (rate === 'off') return []
  if (typeof rate === 'number') return [{ requests: Math.max(1, Math.floor(rate)), seconds: 60 }]
  return category === undefined || category.assumed === true ? [] : category.windows
}

/** How long the server's own headers ask to wait; 0 while there is something left. */
export function headerWait(seen: RateLimitState | undefined, sentSince: number, now: number): number {
  if (seen?.remaining === undefined || seen.resetAt === undefined) return 0
  const reset = seen.resetAt.getTime()
  return seen.remaining - sentSince > 0 || reset <= now ? 0 : reset - now
}
