import { daysOf, stampOf } from '../../world/calendar.js'

const DAY = 86_400

/** Milliseconds since the epoch as `YYYY-MM-DD HH:MM:SS` in UTC. */
export const sqlStamp = (ms: number): string => stampOf(ms, ' ', '')

/** Milliseconds since the epoch of such a text; 0 when it is none. */
export function sqlTime(stamp: string | null | undefined): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(stamp ?? '')
  if (!match) return 0
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number]
  return (daysOf({ year, month, day }) * DAY + hour * 3600 + minute * 60 + second) * 1000
}
