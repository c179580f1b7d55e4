import { unzipSync, strFromU8 } from 'fflate'
import { elements } from '../../../effects/markup.js'
import { markupText } from '../../../effects/text.js'
import type { Json, Members } from '../../../kernel/types.js'

export type Table = readonly (readonly string[])[]

const MAX_RECORDS = 5_000

/** Rows under the names of the first row that has at least two cells; numbers become numbers, empty cells null. */
export function recordsOf(table: Table): Members[] {
  const start = table.findIndex((row) => row.filter((cell) => cell.trim() !== '').length >= 2)
  if (start < 0) return []
  const names = columnNames(table[start]!)
  return table
    .slice(start + 1)
    .filter((row) => row.some((cell) => cell.trim() !== ''))
    .slice(0, MAX_RECORDS)
    .map((row) => Object.fromEntries(names.map((name, i) => [name, valueOf(row[i] ?? '')])))
}

/** `Invoice no.` -> `invoice_no`; names that come again are numbered. */
export function columnNames(cells: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return cells.map((cell, i) => {
    const name = snake(cell) || `column_${i + 1}`
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name}_${count}`
  })
}

export function snake(text: string): string {
  return text.normalize('NFKD').replaceAll(/[\u0300-\u036f]/g, '').toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '_').replaceAll(/^_+|_+$/g, '').slice(0, 60)
}

export function valueOf(cell: string): Json {
  const text = cell.trim()
  if (text === '') return null
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$/.test(text) ? Number(text) : text
}

export function htmlTables(html: string): Table[] {
  return elements(html, 'table').map((table) => elements(table, 'tr').map((row) => [...row.matchAll(/<t[dh]\b[^<>]*>([^]*?)(?=<\/t[dh]\s*>|<t[dh]\b|$)/gi)].map(([, cell]) => markupText(cell!).replaceAll(/\s+/g, ' '))))
}

export function docxTables(bytes: Uint8Array): Table[] {
  const file = unzipSync(bytes, { filter: ({ name, originalSize }) => name === 'word/document.xml' && originalSize < 32 * 1024 * 1024 })['word/document.xml']
  if (!file) throw new Error('This is no Word document')
  return elements(strFromU8(file), 'w:tbl').map((table) => elements(table, 'w:tr').map((row) => elements(row, 'w:tc').map((cell) => markupText(cell.replaceAll('</w:p>', ' ')).replaceAll(/\s+/g, ' ').trim())))
}

/** Tables of Markdown: lines between pipes with a ruler under the first. */
export function pipeTables(text: string): Table[] {
  const tables: string[][][] = []
  let current: string[][] | undefined
  const lines = text.split('\n')
  for (const [i, line] of lines.entries()) {
    const cells = line.includes('|') ? line.trim().replaceAll(/^\||\|$/g, '').split('|').map((cell) => cell.trim()) : []
    if (cells.length > 1 && isRuler(lines[i + 1] ?? '')) tables.push((current = [cells]))
    else if (cells.length < 2) current = undefined
    else if (current && !isRuler(line)) current.push(cells)
  }
  return tables
}

function isRuler(line: string): boolean {
  return line.includes('-') && /^[\s:|-]+$/.test(line)
}
