import { civilOf } from '../../world/calendar.js'
import { DAY, HOUR, MINUTE } from './calendar.js'

/** Five fields in UTC, each as the values it allows. */
export interface Cron {
  minutes: readonly number[]
  hours: readonly number[]
  days: readonly number[]
  months: readonly number[]
  weekdays: readonly number[]
  /** With both day fields given, either will do, as in cron. */
  eitherDay: boolean
}

const BOUNDS = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const
const NAMES = ['', '', '', 'jan feb mar apr may jun jul aug sep oct nov dec', 'sun mon tue wed thu fri sat'] as const
const FOUR_YEARS = 4 * 366

export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== 5) return undefined
  const values = fields.map((field, i) => parseField(field.toLowerCase(), BOUNDS[i]![0], BOUNDS[i]![1], NAMES[i]!.split(' ')))
  if (values.some((list) => list === undefined)) return undefined
  const [minutes, hours, days, months, weekdays] = values as number[][]
  return { minutes: minutes!, hours: hours!, days: days!, months: months!, weekdays: weekdays!.map((day) => day % 7), eitherDay: fields[2] !== '*' && fields[4] !== '*' }
}

/** The next time after `ms` that fits; `undefined` where none does within four years. */
export function nextRun(cron: Cron, ms: number): number | undefined {
  const from = (Math.floor(ms / MINUTE) + 1) * MINUTE
  const first = Math.floor(from / DAY)
  for (let day = first; day < first + FOUR_YEARS; day++) {
    if (!fits(cron, day)) continue
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const at = day * DAY + hour * HOUR + minute * MINUTE
        if (at >= from) return at
      }
    }
  }
  return undefined
}

function fits({ days, months, weekdays, eitherDay }: Cron, day: number): boolean {
  const civil = civilOf(day)
  if (!months.includes(civil.month)) return false
  const byDate = days.includes(civil.day)
  const byWeekday = weekdays.includes((day + 4) % 7)
  return eitherDay ? byDate || byWeekday : byDate && byWeekday
}

/** `*`, `5`, `1-5`, each with `/step`, separated by commas; in order, without repetition. */
function parseField(field: string, low: number, high: number, names: readonly string[]): number[] | undefined {
  const out = new Set<number>()
  for (const part of field.split(',')) {
    const match = /^(\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part)
    if (!match) return undefined
    const [, range, start, end, step] = match
    const from = range === '*' ? low : numberOf(start!, low, names)
    const to = range === '*' ? (high === 7 ? 6 : high) : end !== undefined ? numberOf(end, low, names) : step !== undefined ? high : from
    const by = step === undefined ? 1 : Number(step)
    if (from === undefined || to === undefined || from < low || to > high || from > to || by < 1) return undefined
    for (let value = from; value <= to; value += by) out.add(value)
  }
  return [...out].toSorted((a, b) => a - b)
}

function numberOf(text: string, low: number, names: readonly string[]): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  const index = names.indexOf(text)
  return index < 0 ? undefined : index + low
}
