import type { UploadedFile } from '../../kernel/body.js'
import { parseCsv } from '../../effects/csv.js'
import { kindOf, readText } from '../../effects/text.js'
import { xlsxRows } from '../../effects/workbook.js'

/** A file read as rows and columns. */
export interface Table {
  columns: string[]
  rows: string[][]
  /** Rows in the file, where only some are kept. */
  total?: number
  /** Why there are none. */
  error?: string
}

/** Cells made of JSON: every object may have members of its own. */
const CELLS = 2_000_000

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

/** The first row names the columns. */
export function readCsv(name: string, text: string): Table {
  return headed(name, parseCsv(text).map((row) => row.map((cell) => cell.trim())).filter((row) => row.some((cell) => cell !== '')))
}

function readJson(name: string, text: string): Table {
  try {
    const parsed: unknown = text.trimStart().startsWith('[') ? JSON.parse(text) : text.split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown)
    const objects = (parsed as unknown[]).filter((value): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value))
    const columns = [...new Set(objects.flatMap((object) => Object.keys(object)))].slice(0, 1_000)
    if (columns.length === 0) return unreadable(name)
    const kept = objects.slice(0, Math.floor(CELLS / columns.length))
    return { columns, rows: kept.map((object) => columns.map((column) => plain(object[column]))), total: objects.length }
  } catch {
    return unreadable(name)
  }
}

function plain(value: unknown): string {
  return value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A first row that is made of numbers is no header. */
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
