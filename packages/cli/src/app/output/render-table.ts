import type { Io } from '../io.js'
import type { Settings } from '../settings.js'
import { printable } from './plain.js'
import { isObject } from './rows.js'
import { styleOf } from './style.js'
import { record, table } from './table.js'

/**
 * A value for people. On stdout stands what was asked for; how many there are and what did not fit is said on stderr, and only to somebody who looks. An
 * empty list says so: silence could mean anything. A `noun` that is empty leaves all of that to the command.
 */
export async function renderTable(value: unknown, { columns, noun }: { columns: readonly string[]; noun?: string }, io: Io, settings: Settings): Promise<void> {
  const out = io.stdout
  const style = styleOf(io, out, !settings.color)
  const aside = async (text: string) => {
    if (!settings.quiet) await io.stderr.write(`${styleOf(io, io.stderr, !settings.color).faint(text)}\n`)
  }
  if (Array.isArray(value) && value.length === 0) return noun === '' ? undefined : aside(`No ${noun ?? 'rows'}.`)
  if (!Array.isArray(value)) {
    await out.write(`${isObject(value) ? record(value, style) : printable(String(value))}\n`)
    return
  }
  const { text, hidden } = table(value, columns, out.columns, style)
  await out.write(`${text}\n`)
  if (!out.isTTY || !io.stderr.isTTY) return
  const count = noun === undefined || noun === '' ? '' : value.length === settings.max ? `Only the first ${value.length}, as --max says.` : `${value.length} ${value.length === 1 ? singular(noun) : noun}.`
  const left = hidden > 0 ? `${hidden} more column${hidden > 1 ? 's' : ''}: -o json, or --fields.` : ''
  if (count || left) await aside([count, left].filter(Boolean).join(' '))
}

const singular = (noun: string) => (/(?:ss|us|is)$/.test(noun) ? noun : noun.replace(/ies$/, 'y').replace(/(sh|ch|x|ss)es$/, '$1').replace(/s$/, ''))
