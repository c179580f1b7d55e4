import { cell, fit, member, pad, printable, width } from './text.js'

const idLike = /^(id|.*_id|.*Id|key|hash)$/
const gap = 2
const narrowest = 6

/**
 * Rows as a table. On a terminal it is fitted to the width: identifiers stay whole, the widest other columns give way, and columns that
 * still do not fit are left out from the right.
 */
export function table(rows: readonly unknown[], columns: readonly string[], columnsOfTerminal: number | undefined, bold: (text: string) => string): string {
  const names = columns.length > 0 ? columns : guessColumns(rows)
  const cells = rows.map((row) => names.map((name) => oneLine(cell(names.length === 1 && name === '' ? row : member(row, name)))))
  let widths = names.map((name, index) => Math.max(width(header(name)), ...cells.map((line) => width(line[index]!))))
  let shown = names.length
  if (columnsOfTerminal !== undefined) {
    widths = shrink(names, widths, columnsOfTerminal)
    while (shown > 1 && total(widths.slice(0, shown)) > columnsOfTerminal) shown--
  }
  const line = (parts: readonly string[]) =>
    parts
      .slice(0, shown)
      .map((part, index) => (index === shown - 1 ? fit(part, widths[index]!) : pad(fit(part, widths[index]!), widths[index]!)))
      .join(' '.repeat(gap))
      .trimEnd()
  const left = names.length - shown
  return [bold(line(names.map(header))), ...cells.map(line), ...(left > 0 ? [`(${left} more column${left > 1 ? 's' : ''}: -o json, or --fields)`] : [])].join('\n')
}

/** One object as two columns, name and value; long values take the lines they need. */
export function record(value: Readonly<Record<string, unknown>>, bold: (text: string) => string): string {
  const names = Object.keys(value)
  const widest = Math.max(0, ...names.map(width))
  return names
    .map((name) => {
      const text = printable(cell(value[name]))
      const indented = text.split('\n').join(`\n${' '.repeat(widest + gap)}`)
      return `${bold(pad(name, widest))}${' '.repeat(gap)}${indented}`.trimEnd()
    })
    .join('\n')
}

const header = (name: string) => name.toUpperCase()
const oneLine = (text: string) => printable(text).replace(/[\n\t]+/g, ' ')
const total = (widths: readonly number[]) => widths.reduce((sum, w) => sum + w, 0) + gap * (widths.length - 1)

function shrink(names: readonly string[], widths: readonly number[], limit: number): number[] {
  const out = [...widths]
  for (let over = total(out) - limit; over > 0; over = total(out) - limit) {
    let widest = -1
    for (let index = 0; index < out.length; index++) {
      if (idLike.test(names[index]!) || out[index]! <= narrowest) continue
      if (widest === -1 || out[index]! > out[widest]!) widest = index
    }
    if (widest === -1) break
    out[widest] = Math.max(narrowest, out[widest]! - over)
  }
  return out
}

function guessColumns(rows: readonly unknown[]): string[] {
  const first = rows.find((row) => typeof row === 'object' && row !== null)
  if (!first) return ['']
  return Object.keys(first).filter((name) => typeof (first as Record<string, unknown>)[name] !== 'object').slice(0, 6)
}
