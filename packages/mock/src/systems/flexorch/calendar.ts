import { daysOf, stampOf } from '../../world/calendar.js'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** `2026-03-02T09:00:00Z`, as the vendor writes it. */
export const isoOf = (ms: number): string => stampOf(ms, 'T', 'Z')

/** Milliseconds of a time that `isoOf` wrote, or of a date. */
export function msOf(iso: string): number {
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (iso.match(/\d+/g) ?? []).map(Number)
  return daysOf({ year, month, day }) * DAY + hour * HOUR + minute * MINUTE + second * 1000
}
