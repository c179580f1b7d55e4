import type { UploadedFile } from '../../kernel/body.js'
import { kindOf, readText, xlsxRows } from '../../effects/text.js'

/** A file read as rows and columns. */
export interface Table {
  columns: string[]
  rows: string[][]
  /** Why there are none. */
  error?: string
}

const SEPARATORS = [',', ';', '\t', '|'] as const

/** Reads CSV (any usual separator), TSV, JSON (an array of objects, or one object a line) and the first sheet of a workbook. */
export async function readTable(file: UploadedFile, name = file.name): Promise<Table> {
  const kind = kindOf({ name, type: file.type })
  try {
    if (kind === 'xlsx') return headed(name, xlsxRows(file.bytes)[0]?.rows ?? [])
  } catch {
    return unreadable(name)
  }
  const text = await readText({ name: `${name}.txt`, type: file.type, bytes: file.bytes })
  if (text.trim() === '') return unreadable(name)
  if (kind === 'json' || kind === 'jsonl' || kind === 'ndjson') return readJson(name, text)
  return ['pdf', 'png', 'jpg', 'docx', 'html', 'zip'].includes(kind) ? unreadable(name) : readCsv(name, text)
}

/** RFC 4180, with the separator that the first line uses most. */
export function readCsv(name: string, text: string): Table {
  const body = text.replace(/^\uFEFF/, '')
  const first = body.slice(0, body.indexOf('\n') < 0 ? body.length : body.indexOf('\n'))
  const separator = SEPARATORS.map((candidate) => ({ candidate, count: first.split(candidate).length })).toSorted((a, b) => b.count - a.count)[0]!.candidate
  return headed(name, records(body, separator))
}

function records(text: string, separator: string): string[][] {
  const out: string[][] = []
  let row: string[] = []
  let at = 0
  const push = (cell: string): void => void row.push(cell.trim())
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      for (at++; at < text.length; at++) {
        if (text[at] !== '"') cell += text[at]
        else if (text[at + 1] === '"') cell += text[at++]
        else break
      }
      at++
    }
    const start = at
    while (at < text.length && text[at] !== separator && text[at] !== '\n') at++
    push(cell + text.slice(start, at).replace(/\r$/, ''))
    const ended = at >= text.length || text[at] === '\n'
    at++
    if (!ended) {
      if (at >= text.length) push('')
      continue
    }
    if (row.some((value) => value !== '')) out.push(row)
    row = []
  }
  if (row.some((value) => value !== '')) out.push(row)
  return out
}

function readJson(name: string, text: string): Table {
  try {
    const parsed: unknown = text.trimStart().startsWith('[') ? JSON.parse(text) : text.split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown)
    const objects = (parsed as unknown[]).filter((value): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value))
    const columns = [...new Set(objects.flatMap((object) => Object.keys(object)))]
    return columns.length === 0 ? unreadable(name) : { columns, rows: objects.map((object) => columns.map((column) => plain(object[column]))) }
  } catch {
    return unreadable(name)
  }
}

function plain(value: unknown): string {
  return value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The first row names the columns, unless it is made of numbers. */
function headed(name: string, rows: readonly string[][]): Table {
  const [header = [], ...rest] = rows
  if (header.length === 0) return unreadable(name)
  if (header.every((cell) => cell === '' || /^[-+]?[\d.,]+$/.test(cell))) return { columns: [], rows: [], error: `${name} has no header row` }
  const columns = header.map((cell, i) => cell || `column_${i + 1}`)
  return { columns, rows: rest }
}

function unreadable(name: string): Table {
  return { columns: [], rows: [], error: `${name} could not be read as CSV` }
}
