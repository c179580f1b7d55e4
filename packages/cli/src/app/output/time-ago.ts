/** Points in time as the five systems write them. A date alone is a day, not a moment. */
const moment = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/

const units = [
  [365 * 86_400, 'year'],
  [30 * 86_400, 'month'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

/** How long ago, or how soon, as people say it: `3 days ago`. Undefined for what is no point in time. Without a zone it is UTC, as all five mean it. */
export function timeAgo(value: unknown, now: number): string | undefined {
  if (typeof value !== 'string' || !moment.test(value)) return undefined
  const text = value.replace(' ', 'T')
  const at = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`)
  if (Number.isNaN(at)) return undefined
  const seconds = Math.abs(now - at) / 1000
  const unit = units.find(([size]) => seconds >= size)
  if (!unit) return 'just now'
  const count = Math.floor(seconds / unit[0])
  const said = `${count} ${unit[1]}${count === 1 ? '' : 's'}`
  return at <= now ? `${said} ago` : `in ${said}`
}
