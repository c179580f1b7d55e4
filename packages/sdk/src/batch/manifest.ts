import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ManifestError } from './errors.js'
import type { SourceEntry } from './types.js'

/** How the parameters in a list of documents are read and checked. */
export interface ManifestOptions {
  /** Says what is wrong with the parameters of a line. */
  check?(params: Readonly<Record<string, unknown>>): string | undefined
  /** Text of a CSV cell as the type that the parameter has. */
  convert?(name: string, text: string): unknown
}

/** The member that says which document a line is about. */
const WHERE = ['path', 'file', 'url', 'document_url'] as const

/** Columns that are no parameters, whatever the operation takes. */
const AS_TEXT: readonly string[] = [...WHERE, 'name', 'size', 'sha256']

/** Documents with parameters of their own, from CSV or JSON lines. Checked as a whole: every bad line is named before anything is sent. */
export async function readManifest(file: string, options: ManifestOptions = {}): Promise<SourceEntry[]> {
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '')
  const lines = isJson(file, text) ? jsonLines(text) : csvLines(text, options)
  const problems: { line: number; message: string }[] = []
  const entries: SourceEntry[] = []
  for (const { line, value, problem } of lines) {
    const entry = problem === undefined ? entryOf(value, dirname(resolve(file))) : problem
    if (typeof entry === 'string') {
      problems.push({ line, message: entry })
      continue
    }
    const wrong = options.check?.(entry.params ?? {})
    if (wrong === undefined) entries.push(entry)
    else problems.push({ line, message: wrong })
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, 20).map(({ line, message }) => `line ${line}: ${message}`)
    const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : []
    throw new ManifestError(`${file}: ${[...shown, ...more].join('; ')}`, problems)
  }
  return entries
}

interface Line { readonly line: number; readonly value: Readonly<Record<string, unknown>>; readonly problem?: string }

const isJson = (file: string, text: string) => /\.(jsonl|ndjson|json)$/i.test(file) || (!/\.(csv|tsv)$/i.test(file) && text.trimStart().startsWith('{'))

function* jsonLines(text: string): Generator<Line> {
  let line = 0
  for (const each of text.split('\n')) {
    line++
    if (each.trim() === '') continue
    try {
      const value: unknown = JSON.parse(each)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield { line, value: value as Record<string, unknown> }
      else yield { line, value: {}, problem: 'not a JSON object' }
    } catch {
      yield { line, value: {}, problem: 'not JSON' }
    }
  }
}

function* csvLines(text: string, { convert }: ManifestOptions): Generator<Line> {
  const records = parseCsv(text)
  const header = records.next()
  if (header.done) return
  const names = header.value.cells.map((name) => name.trim())
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) < index)
  if (twice !== undefined) {
    yield { line: 1, value: {}, problem: `the column ${twice} occurs twice` }
    return
  }
  if (!names.some((name) => (WHERE as readonly string[]).includes(name))) {
    yield { line: 1, value: {}, problem: `the first line must name the columns, one of them ${WHERE.join(' or ')}` }
    return
  }
  for (const { line, cells, problem } of records) {
    if (cells.length === 1 && cells[0] === '') continue
    if (problem !== undefined) yield { line, value: {}, problem }
    else if (cells.length !== names.length) yield { line, value: {}, problem: `${cells.length} cells, ${names.length} columns` }
    else yield convertLine(line, names, cells, convert)
  }
}

function convertLine(line: number, names: readonly string[], cells: readonly string[], convert: ManifestOptions['convert']): Line {
  const value: Record<string, unknown> = {}
  for (const [index, name] of names.entries()) {
    const cell = cells[index]!
    if (cell === '') continue
    try {
      value[name] = AS_TEXT.includes(name) || convert === undefined ? cell : convert(name, cell)
    } catch (error) {
      return { line, value: {}, problem: `${name}: ${(error as Error).message}` }
    }
  }
  return { line, value }
}

function entryOf(value: Readonly<Record<string, unknown>>, folder: string): SourceEntry | string {
  const where = WHERE.filter((name) => value[name] !== undefined)
  if (where.length !== 1) return where.length === 0 ? `no ${WHERE.slice(0, 3).join(' or ')}` : `${where.join(' and ')} together`
  const target = value[where[0]!]
  if (typeof target !== 'string' || target.trim() === '') return `${where[0]!} is not text`
  const { [where[0]!]: _, params: nested, name, ...flat } = value
  if (nested !== undefined && (typeof nested !== 'object' || nested === null || Array.isArray(nested))) return 'params is not an object'
  if (name !== undefined && typeof name !== 'string') return 'name is not text'
  const isAddress = where[0] === 'url' || where[0] === 'document_url' || /^https?:\/\//i.test(target)
  const { size, sha256, ...others } = flat
  const facts = factsOf(size, sha256, isAddress)
  if (typeof facts === 'string') return facts
  const params = { ...others, ...(nested as Record<string, unknown> | undefined) }
  return { ...(isAddress ? { url: target } : { path: resolve(folder, target) }), ...facts, ...(name === undefined ? {} : { name }), ...(Object.keys(params).length === 0 ? {} : { params }) }
}

/** What is known beforehand of a file that is fetched. */
function factsOf(size: unknown, sha256: unknown, isAddress: boolean): Pick<SourceEntry, 'size' | 'sha256'> | string {
  const given = Object.entries({ size, sha256 }).filter(([, value]) => value !== undefined).map(([name]) => name)
  if (given.length > 0 && !isAddress) return `${given.join(' and ')} can only be given with an address`
  const bytes = typeof size === 'string' ? Number(size) : size
  if (bytes !== undefined && !(Number.isSafeInteger(bytes) && (bytes as number) > 0)) return 'size is not a number of bytes'
  if (sha256 !== undefined && !(typeof sha256 === 'string' && /^[\da-f]{64}$/i.test(sha256))) return 'sha256 is not 64 hexadecimal digits'
  return { ...(bytes === undefined ? {} : { size: bytes as number }), ...(sha256 === undefined ? {} : { sha256: (sha256 as string).toLowerCase() }) }
}

interface CsvRecord { readonly line: number; readonly cells: string[]; readonly problem?: string }

/** RFC 4180: quoted cells may hold commas, quotes and line ends. */
export function* parseCsv(text: string): Generator<CsvRecord> {
  let at = 0
  let line = 1
  while (at < text.length) {
    const cells: string[] = []
    const first = line
    let problem: string | undefined
    for (;;) {
      let cell = ''
      if (text[at] === '"') {
        at++
        for (;;) {
          const quote = text.indexOf('"', at)
          if (quote === -1) {
            problem = 'a quote is not closed'
            cell += text.slice(at)
            at = text.length
            break
          }
          cell += text.slice(at, quote)
          at = quote + 1
          if (text[at] !== '"') break
          cell += '"'
          at++
        }
        line += cell.split('\n').length - 1
      }
      const end = /[,\r\n]|$/.exec(text.slice(at))!.index + at
      cell += text.slice(at, end)
      cells.push(cell)
      at = end
      if (text[at] !== ',') break
      at++
    }
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    line++
    yield { line: first, cells, ...(problem === undefined ? {} : { problem }) }
  }
}
