import { strFromU8 } from 'fflate'
import { stampOf } from '../world/calendar.js'
import { unescapeMarkup } from './entities.js'
import { elements } from './markup.js'
import { unzip } from './unzip.js'

/** Days from the first day of a workbook to 1 January 1970: one that counts from 1900, one that counts from 1904. */
const EPOCH = { 1900: 25_569, 1904: 24_107 }

interface Book {
  shared: readonly string[]
  /** Places in the table of styles whose numbers are days. */
  dates: ReadonlySet<number>
  epoch: number
}

/** The sheets of a workbook as rows of texts. Days are written as dates, as the sheet shows them. */
export function xlsxRows(bytes: Uint8Array): { name: string; rows: string[][] }[] {
  const files = unzip(bytes, (name) => name.startsWith('xl/'))
  const text = (name: string): string => (files[name] ? strFromU8(files[name]) : '')
  const workbook = text('xl/workbook.xml')
  const book: Book = {
    shared: elements(text('xl/sharedStrings.xml'), 'si').map((item) => unescapeMarkup(elements(item, 't').join(''))),
    dates: dateStyles(text('xl/styles.xml')),
    epoch: EPOCH[/\bdate1904="(?:1|true)"/.test(workbook) ? 1904 : 1900],
  }
  const names = [...workbook.matchAll(/<sheet\b[^<>]*\bname="([^"]*)"/g)].map(([, name]) => unescapeMarkup(name!))
  return Object.keys(files)
    .filter((name) => /^xl\/worksheets\/sheet\d+\.xml$/.test(name))
    .toSorted((a, b) => Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]))
    .map((file, i) => ({ name: names[i] ?? `Sheet${i + 1}`, rows: elements(text(file), 'row').map((row) => cells(row, book)) }))
}

function cells(row: string, book: Book): string[] {
  const out: string[] = []
  for (const cell of row.split(/<c(?=[\s/>])/).slice(1)) {
    const end = cell.indexOf('>')
    const attributes = cell.slice(0, end)
    const content = attributes.endsWith('/') ? '' : cell.slice(end + 1)
    const column = /\br="([A-Z]+)\d+"/.exec(attributes)?.[1]
    const index = column === undefined ? out.length : [...column].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
    while (out.length < index && out.length < 1_000) out.push('')
    out.push(valueOf(attributes, content, book))
  }
  return out
}

function valueOf(attributes: string, content: string, { shared, dates, epoch }: Book): string {
  const value = elements(content, 'v')[0] ?? ''
  const type = /\bt="(\w+)"/.exec(attributes)?.[1]
  if (type === 's') return shared[Number(value)] ?? ''
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE'
  const style = Number(/\bs="(\d+)"/.exec(attributes)?.[1] ?? -1)
  if ((type === undefined || type === 'n') && dates.has(style) && /^\d+(?:\.\d+)?$/.test(value)) return dateOf(Number(value), epoch)
  return unescapeMarkup(elements(content, 't')[0] ?? value)
}

function dateOf(days: number, epoch: number): string {
  const stamp = stampOf(Math.round((days - epoch) * 86_400) * 1000, ' ', '')
  if (days < 1) return stamp.slice(11)
  return Number.isInteger(days) ? stamp.slice(0, 10) : stamp
}

/** Formats that the file format itself has for days and times. */
function isBuiltIn(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
}

function dateStyles(styles: string): Set<number> {
  const own = new Set<number>()
  for (const [format] of styles.matchAll(/<numFmt\b[^<>]*>/g)) {
    const code = unescapeMarkup(/\bformatCode="([^"]*)"/.exec(format)?.[1] ?? '')
    // Words in quotes, colours and locales in brackets, and escaped characters are no part of the date.
    if (/[dmyhs]/i.test(code.replaceAll(/"[^"]*"|\[[^\]]*\]|\\./g, ''))) own.add(Number(/\bnumFmtId="(\d+)"/.exec(format)?.[1] ?? -1))
  }
  const formats = [...(elements(styles, 'cellXfs')[0] ?? '').matchAll(/<xf\b[^<>]*>/g)].map(([xf]) => Number(/\bnumFmtId="(\d+)"/.exec(xf)?.[1] ?? 0))
  return new Set(formats.flatMap((id, i) => (own.has(id) || isBuiltIn(id) ? [i] : [])))
}
