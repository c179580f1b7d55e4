import { cell } from './text.js'

/** One RFC 4180 record. Cells that a spreadsheet would run as a formula get a quote in front. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map((value) => field(cell(value))).join(',')}\r\n`
}

const formula = /^[=+\-@\t\r]/
const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

function field(text: string): string {
  const safe = formula.test(text) && !number.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}
