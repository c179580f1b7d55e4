import { cell } from './plain.js'

/** One RFC 4180 record. Cells that a spreadsheet would run as a formula get a quote in front, unless `formulas`. */
export function csvLine(values: readonly unknown[], formulas = false): string {
  return `${values.map((value) => field(cell(value), formulas)).join(',')}\r\n`
}

const formula = /^[=+\-@\t\r]/
const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

function field(text: string, formulas: boolean): string {
  const safe = !formulas && formula.test(text) && !number.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}
