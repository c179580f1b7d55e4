import { Meter, type RateWindow, type Sighting, type WindowState } from './meter.js'

/**
 * Keeps the counts, by a key that names host, category and (as a digest) the credential. One that lives outside the process lets several processes
 * share one budget: `Meter.from(json)` and `meter.toJSON()` do the counting, the store makes `take` atomic.
 */
export interface RateLimitStore {
  /** Takes one request from every window and returns 0, or takes none and returns the milliseconds to wait. Atomic. A store that fails stops no call. */
  take(key: string, windows: readonly RateWindow[], now: number): number | Promise<number>
  /** Takes what the server said. */
  learn(key: string, windows: readonly RateWindow[], seen: Sighting, now: number): void | Promise<void>
  /** For showing; a store that cannot tell at once leaves it out. */
  state?(key: string, windows: readonly RateWindow[], now: number): readonly WindowState[]
}

/** Counts within the process, apart from every other client's. Keys that have not been used for a day are forgotten. */
export function memoryRateLimitStore(): RateLimitStore {
  const meters = new Map<string, { readonly meter: Meter; usedAt: number }>()
  const meter = (key: string, now: number): Meter => {
    let entry = meters.get(key)
    if (entry === undefined) {
      for (const [name, { usedAt }] of meters) if (usedAt < now - 86_400_000) meters.delete(name)
      entry = { meter: new Meter(), usedAt: now }
      meters.set(key, entry)
    }
    entry.usedAt = now
    return entry.meter
  }
  return {
    take: (key, windows, now) => meter(key, now).take(windows, now),
    learn: (key, windows, seen, now) => meter(key, now).learn(windows, seen, now),
    state: (key, windows, now) => meter(key, now).state(windows, now),
  }
}
