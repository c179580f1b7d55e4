/** Months as the documents write them: Dutch first, then English. */
export const MONTHS: readonly (readonly [string, string])[] = [
  ['januari', 'january'], ['februari', 'february'], ['maart', 'march'], ['april', 'april'], ['mei', 'may'], ['juni', 'june'],
  ['juli', 'july'], ['augustus', 'august'], ['september', 'september'], ['oktober', 'october'], ['november', 'november'], ['december', 'december'],
]

const MONTH = MONTHS.flat().join('|')

/** What a value of a type looks like in a text. */
export const PATTERNS: Readonly<Record<string, RegExp>> = {
  date: new RegExp(`\\d{4}-\\d\\d-\\d\\d|\\d{1,2}(?:st|nd|rd|th)? (?:${MONTH}) \\d{4}|\\d{1,2}[./-]\\d{1,2}[./-]\\d{4}`, 'i'),
  amount: /(?:EUR|USD|GBP|€|\$|£)\s?\d{1,3}(?:[.,' ]\d{3})*(?:[.,]\d\d)?|\d+[.,]\d\d\s?(?:EUR|USD|GBP|€)/,
  text: /\S[^\n]*\S|\S/,
}

/** The canonical form: dates as ISO 8601, amounts with a decimal point, texts with single blanks. */
export function normalized(type: string, raw: string): string {
  if (type === 'date') return isoDate(raw)
  return type === 'amount' ? decimal(raw) : raw.replaceAll(/\s+/g, ' ').trim()
}

function isoDate(raw: string): string {
  const named = /^(\d{1,2})\D* ([a-z]+) (\d{4})$/i.exec(raw)
  if (named) return iso(named[3]!, MONTHS.findIndex((names) => names.includes(named[2]!.toLowerCase())) + 1, named[1]!)
  const numbers = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/.exec(raw)
  return numbers ? iso(numbers[3]!, Number(numbers[2]), numbers[1]!) : raw
}

function iso(year: string, month: number, day: string): string {
  return `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`
}

function decimal(raw: string): string {
  const digits = raw.replaceAll(/[^\d.,]/g, '')
  const cents = /[.,](\d\d)$/.exec(digits)?.[1]
  return `${(cents === undefined ? digits : digits.slice(0, -3)).replaceAll(/[.,]/g, '')}.${cents ?? '00'}`
}
