import { decode } from '../../../effects/encoding.js'
import { kindOf, readText } from '../../../effects/text.js'
import { xlsxRows } from '../../../effects/workbook.js'
import type { UploadedFile } from '../../../kernel/body.js'
import type { Members } from '../../../kernel/types.js'
import { readInvoice } from './invoice.js'
import { docxTables, htmlTables, pipeTables, recordsOf, snake, valueOf } from './tables.js'

/** What was in a file. */
export interface Content {
  name: string
  text: string
  rows: Members[]
  fields: Members
  /** Whether it is a picture of text: there is no text recognition here, its words are those of its name. */
  picture: boolean
  /** Why nothing could be made of it. */
  problem: string | null
}

export const EXTENSIONS: ReadonlySet<string> = new Set(['pdf', 'docx', 'txt', 'md', 'xlsx', 'html', 'htm', 'eml', 'msg', 'xml', 'jpg', 'jpeg', 'png', 'tiff'])
const PICTURES: ReadonlySet<string> = new Set(['jpg', 'jpeg', 'png', 'tiff'])
const MAX_TEXT = 2_000_000
const MAX_RECORDS = 2_000

/** Reads an uploaded file for real, as far as its kind allows. */
export async function readContent(file: UploadedFile): Promise<Content> {
  const kind = kindOf(file)
  if (file.size === 0) return broken(file.name, 'EMPTY_DOCUMENT')
  if (PICTURES.has(kind)) return picture(file.name)
  const text = (kind === 'msg' ? messageText(file.bytes) : await readText(file)).slice(0, MAX_TEXT)
  try {
    const found = structured(kind, file.bytes, text)
    if (found) return { name: file.name, text, picture: false, problem: null, ...found }
  } catch {
    return broken(file.name, 'UNSUPPORTED_FILE')
  }
  // A PDF without text is a scan.
  if (kind === 'pdf' && text.trim() === '') return picture(file.name)
  return textContent(file.name, text)
}

/** A document as its words, without a file. */
export function textContent(name: string, text: string): Content {
  if (text.trim() === '') return broken(name, 'EMPTY_DOCUMENT')
  const tables = pipeTables(text).flatMap(recordsOf)
  return { name, text, rows: tables.length > 0 ? tables : paragraphs(text), fields: namedValues(text), picture: false, problem: null }
}

function picture(name: string): Content {
  const words = name.replace(/\.\w+$/, '').replaceAll(/[_-]+/g, ' ').trim()
  if (/\b(?:empty|blank)\b/i.test(words)) return broken(name, 'EMPTY_DOCUMENT')
  return { name, text: words, rows: [{ page: 1, text: words }], fields: {}, picture: true, problem: null }
}

function broken(name: string, problem: string): Content {
  return { name, text: '', rows: [], fields: {}, picture: false, problem }
}

/** Records of tables and e-invoices; `undefined` where a text is only a text. Throws for what is not of its kind. */
function structured(kind: string, bytes: Uint8Array, text: string): { rows: Members[]; fields: Members } | undefined {
  if (kind === 'xml') {
    const invoice = readInvoice(decode(bytes))
    if (!invoice) throw new Error('XML means e-invoices')
    return invoice
  }
  const tables = kind === 'xlsx' ? xlsxRows(bytes).map(({ rows }) => rows) : kind === 'docx' ? docxTables(bytes) : kind === 'html' || kind === 'htm' ? htmlTables(decode(bytes)) : []
  const rows = tables.flatMap(recordsOf)
  return rows.length > 0 ? { rows, fields: { ...namedValues(text), ...constants(rows) } } : undefined
}

function paragraphs(text: string): Members[] {
  const blocks = text.split(/\n\s*\n/).map((block) => block.trim()).filter(Boolean)
  if (blocks.length > 1) return blocks.slice(0, MAX_RECORDS).map((block, i) => ({ paragraph: i + 1, text: block.replaceAll(/\s+/g, ' ') }))
  return text.split('\n').map((line) => line.trim()).filter(Boolean).slice(0, MAX_RECORDS).map((line, i) => ({ line: i + 1, text: line }))
}

/** `Due date: 2026-03-01` and the like. */
function namedValues(text: string): Members {
  const fields: Members = {}
  for (const [, name, value] of text.matchAll(/^[ \t]*([\p{L}][\p{L}\p{N} ._/-]{1,40})[ \t]*:[ \t]+(\S.{0,300})$/gmu)) {
    const key = snake(name!)
    if (key && !(key in fields)) fields[key] = valueOf(value!)
    if (Object.keys(fields).length >= 40) break
  }
  return fields
}

/** Columns that say the same in every row are facts of the document. */
function constants(rows: readonly Members[]): Members {
  return Object.fromEntries(Object.entries(rows[0]!).filter(([name, value]) => value !== null && rows.every((row) => row[name] === value)))
}

/** Readable runs of an Outlook message, whose texts are UTF-16 or 8-bit. */
function messageText(bytes: Uint8Array): string {
  const wide = new TextDecoder('utf-16le').decode(bytes.length % 2 === 0 ? bytes : bytes.subarray(0, -1))
  const narrow = new TextDecoder('utf-8').decode(bytes)
  const runs = (text: string): string[] => text.match(/[\p{Script=Latin}\p{N}\p{P}\p{Zs}\r\n\t@+$€]{6,}/gu) ?? []
  return [...new Set([...runs(narrow), ...runs(wide)])].map((run) => run.trim()).filter((run) => /\p{L}{3}/u.test(run)).join('\n')
}
