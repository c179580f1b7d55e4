const day = /^\d{4}-\d{2}-\d{2}$/

/** A date or a point in time as the API takes it; undefined when it is none. A day where a point in time is asked for is its first moment in UTC. */
export function dated(format: string | undefined, text: string): string | undefined {
  if (format !== 'date' && format !== 'date-time') return text
  if (!isReal(text.slice(0, 10))) return undefined
  if (day.test(text)) return format === 'date' ? text : `${text}T00:00:00Z`
  if (format === 'date' || !/^.{10}[T ]\d{2}:\d{2}/.test(text)) return undefined
  return Number.isNaN(Date.parse(text)) ? undefined : text.replace(' ', 'T')
}

/** The 31st of February is a form of the 3rd of March, not a date. */
const isReal = (text: string) => day.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text)
