import { cell, fit, member, printable, width } from './text.js'
import { isObject } from './rows.js'
import { plainStyle, type Style } from './style.js'
import { timeAgo } from './time-ago.js'

const idLike = /^(id|.*_id|.*Id|key|hash)$/
const gap = 2
const narrowest = 6
/** Cells in which a text can still be told from others. */
const readable = 20

export interface Table {
  /** Lines without a line end at the last. */
  readonly text: string
  /** Columns that did not fit. */
  readonly hidden: number
}

/**
 * Rows as a table. On a terminal it is fitted to the width: identifiers stay whole, long texts give way, and columns that still do not fit are
 * left out from the right.
 */
export function table(rows: readonly unknown[], columns: readonly string[], columnsOfTerminal: number | undefined, style: Style = plainStyle): Table {
  const names = columns.length > 0 ? columns : guessColumns(rows)
  const values = rows.map((row) => names.map((name) => (names.length === 1 && name === '' ? row : member(row, name))))
  const cells = values.map((line) => line.map((value) => shown(value, style)))
  const numeric = names.map((_, index) => values.some((line) => typeof line[index] === 'number') && values.every((line) => typeof line[index] === 'number' || line[index] === undefined || line[index] === null))
  let widths = names.map((name, index) => Math.max(width(header(name)), ...cells.map((line) => width(line[index]!))))
  let count = names.length
  if (columnsOfTerminal !== undefined) {
    // Half a name says less than one column fewer: long texts give way first, then columns from the right, then what is left.
    const natural = widths
    widths = shrink(names, natural, columnsOfTerminal, readable)
    while (count > 2 && total(widths.slice(0, count)) > columnsOfTerminal) widths = shrink(names, natural.slice(0, --count), columnsOfTerminal, readable)
    widths = shrink(names, widths.slice(0, count), columnsOfTerminal, narrowest)
    while (count > 1 && total(widths.slice(0, count)) > columnsOfTerminal) count--
  }
  const line = (parts: readonly string[], decorate: (text: string, index: number) => string) =>
    parts
      .slice(0, count)
      .map((part, index) => {
        // Files of one folder differ at the end of their paths.
        const text = fit(part, widths[index]!, names[index] === 'path' ? 'end' : 'start')
        const padding = ' '.repeat(Math.max(0, widths[index]! - width(text)))
        if (numeric[index]) return `${padding}${decorate(text, index)}`
        return `${decorate(text, index)}${index === count - 1 ? '' : padding}`
      })
      .join(' '.repeat(gap))
      .replace(/ +$/, '')
  const text = [line(names.map(header), style.strong), ...cells.map((parts, row) => line(parts, (part, index) => decorated(part, values[row]![index], names[index]!, style)))].join('\n')
  return { text, hidden: names.length - count }
}

/** One object, name and value; a member that is an object itself has its members under it, long values take the lines they need. */
export function record(value: Readonly<Record<string, unknown>>, style: Style = plainStyle, depth = 0): string {
  const names = Object.keys(value)
  const nested = (name: string) => depth < 3 && ((isObject(value[name]) && Object.keys(value[name]).length > 0) || isListOfObjects(value[name]))
  const widest = Math.max(0, ...names.filter((name) => !nested(name)).map((name) => width(printable(name))))
  return names
    .map((name) => {
      const own = value[name]
      const label = style.strong(printable(name))
      if (nested(name)) return `${label}\n${indented(isObject(own) ? record(own, style, depth + 1) : (own as Record<string, unknown>[]).map((item) => `- ${indented(record(item, style, depth + 1)).trimStart()}`).join('\n'))}`
      const text = Array.isArray(own) && own.every((item) => typeof item !== 'object') ? printable(own.map(cell).join(', ')) : multiline(own, style)
      const under = text.split('\n').join(`\n${' '.repeat(widest + gap)}`)
      return `${label}${' '.repeat(widest - width(printable(name)) + gap)}${decorated(under, own, name, style)}`.replace(/ +$/, '')
    })
    .join('\n')
}

const indented = (text: string) => text.split('\n').map((line) => `  ${line}`).join('\n')
const isListOfObjects = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.length <= 20 && value.every((item) => isObject(item) && Object.keys(item).length > 0)

/** `agentType` and `agent_type` are both AGENT TYPE. */
const header = (name: string) => printable(name).replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/[_.]+/g, ' ').trim().toUpperCase()

const oneLine = (text: string) => printable(text).replace(/[\n\t]+/g, ' ')

function shown(value: unknown, style: Style): string {
  if (value === undefined || value === null || value === '') return style.now === undefined ? '' : '-'
  const ago = style.now === undefined ? undefined : timeAgo(value, style.now)
  if (ago !== undefined) return ago
  return oneLine(Array.isArray(value) && value.every((item) => typeof item !== 'object') ? value.map(cell).join(', ') : cell(value))
}

function multiline(value: unknown, style: Style): string {
  const text = printable(cell(value))
  const ago = style.now === undefined ? undefined : timeAgo(value, style.now)
  return ago === undefined ? text : `${text} (${ago})`
}

const good = /^(completed|complete|succeeded|success|ready|active|ok|signed in|healthy|available|enabled|deployed|approved|verified|done)$/i
const bad = /^(failed|failure|error|refused|fail|blocked|rejected|unhealthy|expired|revoked|critical)$/i
const busy = /^(running|pending|queued|processing|in_progress|warn|warning|awaiting_\w+|needs_review|partial|uploading|signed out|unknown|draft|high)$/i

/** Colour says what the words say already: who sees none loses nothing. */
function decorated(text: string, value: unknown, name: string, style: Style): string {
  if (value === undefined || value === null || value === '') return style.faint(text)
  if (typeof value !== 'string') return text
  if (/^https?:\/\/\S+$/.test(value)) return style.link(text, value)
  if (/(status|state|outcome|result|severity|level)$/i.test(name)) return good.test(value) ? style.good(text) : bad.test(value) ? style.bad(text) : busy.test(value) ? style.busy(text) : text
  return style.now !== undefined && timeAgo(value, style.now) !== undefined ? style.faint(text) : text
}

const total = (widths: readonly number[]) => widths.reduce((sum, w) => sum + w, 0) + gap * (widths.length - 1)

function shrink(names: readonly string[], widths: readonly number[], limit: number, least: number): number[] {
  const out = [...widths]
  const elastic = widths.map((_, index) => index).filter((index) => !idLike.test(names[index]!))
  for (let over = total(out) - limit; over > 0; over = total(out) - limit) {
    const [widest, next] = elastic.toSorted((a, b) => out[b]! - out[a]!)
    if (widest === undefined || out[widest]! <= least) break
    // Down to the next widest, then both together: no column pays alone.
    const step = Math.max(1, out[widest]! - (next === undefined ? 0 : out[next]!))
    out[widest] = Math.max(least, out[widest]! - Math.min(over, step))
  }
  return out
}

function guessColumns(rows: readonly unknown[]): string[] {
  const first = rows.find((row) => typeof row === 'object' && row !== null)
  if (!first) return ['']
  return Object.keys(first).filter((name) => typeof (first as Record<string, unknown>)[name] !== 'object').slice(0, 6)
}
