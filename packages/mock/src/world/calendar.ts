/** Dates as arithmetic on given instants: nothing here knows what time it is. */

const DAY = 86_400_000

export interface Civil {
  year: number
  month: number
  day: number
}

/** The date of a day, counted from 1 January 1970 (Howard Hinnant's algorithm). */
export function civilOf(days: number): Civil {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const ofEra = z - era * 146_097
  const year = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const shifted = Math.floor((5 * ofYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return { year: year + era * 400 + (month <= 2 ? 1 : 0), month, day: ofYear - Math.floor((153 * shifted + 2) / 5) + 1 }
}

/** Days since 1 January 1970, counted in years that begin in March. */
export function daysOf({ year, month, day }: Civil): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

/** Milliseconds since the epoch as `YYYY-MM-DD`, `between`, `HH:MM:SS`, `end`, in UTC. */
export function stampOf(ms: number, between: string, end: string): string {
  const days = Math.floor(ms / DAY)
  const rest = Math.floor((ms - days * DAY) / 1000)
  const { year, month, day } = civilOf(days)
  return `${two(year, 4)}-${two(month)}-${two(day)}${between}${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}${end}`
}

function two(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}
