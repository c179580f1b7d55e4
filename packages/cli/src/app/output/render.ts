import type { Result } from '../command.js'
import type { Io, OutputStream } from '../io.js'
import type { Settings } from '../settings.js'
import { csvLine } from './csv.js'
import { isObject, Picker, take } from './rows.js'
import { guarded, showable } from './guard.js'
import { member, printable } from './plain.js'

/** Prints what a command gave back. stdout carries it and nothing else, or the file that was named instead. Returns the exit code. */
export async function render(result: Result, io: Io, settings: Settings): Promise<number> {
  const picker = new Picker(settings.fields)
  const code = await (settings.outFile === undefined || result.kind === 'bytes' || result.kind === 'none' ? printed(result, io, settings, picker) : filed(result, io, settings, picker, settings.outFile))
  const complaint = picker.complaint()
  if (complaint !== undefined && !settings.quiet) await io.stderr.write(`${printable(complaint)}\n`)
  return code
}

/** The same into a file, which appears when it is whole. */
async function filed(result: Result, io: Io, settings: Settings, picker: Picker, file: string): Promise<number> {
  const { FileOutput } = await import('./save.js')
  const out = await FileOutput.open(file, io.cwd)
  let code: number
  try {
    code = await printed(result, { ...io, stdout: out }, settings, picker)
  } catch (error) {
    await out.discard()
    throw error
  }
  await out.keep()
  if (!settings.quiet) await io.stderr.write(`${out.path}: ${out.bytes} bytes\n`)
  return code
}

async function printed(result: Result, io: Io, settings: Settings, picker: Picker): Promise<number> {
  const out = guarded(io.stdout)
  if (settings.jq !== undefined && (result.kind === 'value' || result.kind === 'rows')) {
    const { renderJq } = await import('./jq.js')
    return renderJq(result, out, settings, picker, settings.jq)
  }
  switch (result.kind) {
    case 'none':
      if (result.message && !settings.quiet) await io.stderr.write(`${result.message}\n`)
      return result.exit ?? 0
    case 'value':
      await renderValue(result.value, result.columns ?? [], io, settings, picker)
      return result.exit ?? 0
    case 'rows':
      await renderRows(result, io, settings, picker)
      return result.exit?.() ?? 0
    case 'text':
      await renderText(result.chunks, out, settings)
      return 0
    case 'bytes':
      await renderBytes(result, io, settings)
      return 0
  }
}

async function renderValue(value: unknown, columns: readonly string[], io: Io, settings: Settings, picker: Picker): Promise<void> {
  if (value === undefined) return
  const out = guarded(io.stdout)
  const picked = Array.isArray(value) ? value.map((row) => picker.pick(row)) : picker.pick(value)
  switch (settings.output) {
    case 'table': {
      const { renderTable } = await import('./render-table.js')
      return renderTable(picked, { columns: settings.fields ?? columns }, io, settings)
    }
    case 'yaml': {
      const { stringify } = await import('yaml')
      await out.write(stringify(picked))
      return
    }
    case 'jsonl':
      for (const row of Array.isArray(picked) ? picked : [picked]) await out.write(`${JSON.stringify(row)}\n`)
      return
    case 'csv': {
      const rows = Array.isArray(picked) ? picked : [picked]
      await renderCsv(rows, settings.fields ?? columns, out, settings.csvFormulas)
      return
    }
    case 'raw':
      await out.write(typeof picked === 'string' ? (out.isTTY && !picked.endsWith('\n') ? `${picked}\n` : picked) : `${JSON.stringify(picked)}\n`)
      return
    default:
      await out.write(`${JSON.stringify(picked, null, 2)}\n`)
  }
}

/** Lists are printed as they come where the format allows it: a reader that goes away stops the fetching. */
async function renderRows({ rows, columns = [], noun }: Extract<Result, { kind: 'rows' }>, io: Io, settings: Settings, picker: Picker): Promise<void> {
  const out = guarded(io.stdout)
  const limited = take(rows, settings.max)
  switch (settings.output) {
    case 'jsonl':
      for await (const row of limited) await out.write(`${JSON.stringify(picker.pick(row))}\n`)
      return
    case 'csv':
      await renderCsv(limited, settings.fields ?? columns, out, settings.csvFormulas)
      return
    case 'json': {
      let first = true
      for await (const row of limited) {
        await out.write(`${first ? '[' : ','}\n  ${indent(JSON.stringify(picker.pick(row), null, 2))}`)
        first = false
      }
      await out.write(first ? '[]\n' : '\n]\n')
      return
    }
    default: {
      const all: unknown[] = []
      for await (const row of limited) all.push(row)
      if (settings.output !== 'table') return renderValue(all, columns, io, settings, picker)
      const { renderTable } = await import('./render-table.js')
      await renderTable(all.map((row) => picker.pick(row)), { columns: settings.fields ?? columns, noun: noun ?? 'rows' }, io, settings)
    }
  }
}

async function renderCsv(rows: AsyncIterable<unknown> | Iterable<unknown>, columns: readonly string[], out: OutputStream, formulas: boolean): Promise<void> {
  let names: readonly string[] | undefined
  for await (const row of rows) {
    if (!names) {
      names = columns.length > 0 ? columns : isObject(row) ? Object.keys(row) : ['value']
      await out.write(csvLine(names, formulas))
    }
    await out.write(csvLine(isObject(row) ? names.map((name) => member(row, name)) : [row], formulas))
  }
}

async function renderText(chunks: AsyncIterable<{ readonly text: string; readonly event: unknown }>, out: OutputStream, settings: Settings): Promise<void> {
  const events: unknown[] = []
  const format = settings.outputGiven ? settings.output : 'raw'
  let last = '\n'
  for await (const { text, event } of chunks) {
    if (format === 'jsonl') await out.write(`${JSON.stringify(event)}\n`)
    else if (format === 'json' || format === 'yaml') events.push(event)
    else if (text !== '') {
      await out.write(text)
      last = text
    }
  }
  if (format === 'json') await out.write(`${JSON.stringify(events, null, 2)}\n`)
  else if (format === 'yaml') await out.write((await import('yaml')).stringify(events))
  else if (!last.endsWith('\n')) await out.write('\n')
}

async function renderBytes(result: Extract<Result, { kind: 'bytes' }>, io: Io, settings: Settings): Promise<void> {
  if (settings.outFile) {
    const { saveStream } = await import('./save.js')
    const { path, bytes } = await saveStream(result.stream, settings.outFile, io.cwd)
    if (!settings.quiet) await io.stderr.write(`${path}: ${bytes} bytes\n`)
    return
  }
  const asIs = !io.stdout.isTTY || (settings.outputGiven && settings.output === 'raw')
  for await (const chunk of asIs ? result.stream : showable(result.stream)) await guarded(io.stdout).write(chunk)
}

const indent = (text: string) => text.replaceAll('\n', '\n  ')
