import type { Result } from '../command.js'
import type { OutputStream } from '../io.js'
import type { Settings } from '../settings.js'
import { UsageError } from '../usage-error.js'
import { OutputError } from './output-error.js'
import { type Picker, take } from './rows.js'

/** jq itself, compiled to WebAssembly: loaded with the first use. */
async function jq(input: string, expression: string, flags: string[], refuse: (message: string) => Error): Promise<string> {
  const { raw } = await import('jq-wasm')
  const { stdout, stderr, exitCode } = await raw(input, expression, flags)
  if (exitCode !== 0) throw refuse(`--jq: ${stderr.split('\n')[0]!.replace(/^jq: (error:? ?)?/, '')}`)
  return stdout
}

const manual = "The language: https://jqlang.org/manual. Quote the expression: --jq '.[].id'"

/** An expression that jq cannot compile is found before anything is sent: `empty` gives it nothing to run on. */
export const checkJq = (expression: string): Promise<string> => jq('null', `empty | (${expression}\n)`, [], (message) => new UsageError(message, manual))

/**
 * The result through jq. A list goes in as one array; with `-o jsonl` each item goes in by itself, as it comes. Text comes out bare, as with `jq -r`, unless
 * `-o json` was asked for.
 */
export async function renderJq(result: Extract<Result, { kind: 'value' | 'rows' }>, out: OutputStream, settings: Settings, picker: Picker, expression: string): Promise<number> {
  const flags = settings.output === 'jsonl' ? ['-c'] : settings.outputGiven && settings.output === 'json' ? [] : ['-r']
  const put = async (value: unknown) => {
    const text = await jq(JSON.stringify(value ?? null), expression, flags, (message) => new OutputError(message, 'The request was sent; the expression does not fit its result.'))
    if (text !== '') await out.write(text.endsWith('\n') ? text : `${text}\n`)
  }
  if (result.kind === 'value') {
    const { value } = result
    await put(Array.isArray(value) ? value.map((row) => picker.pick(row)) : picker.pick(value))
    return result.exit ?? 0
  }
  const rows = take(result.rows, settings.max)
  if (settings.output === 'jsonl') for await (const row of rows) await put(picker.pick(row))
  else {
    const all: unknown[] = []
    for await (const row of rows) all.push(picker.pick(row))
    await put(all)
  }
  return result.exit?.() ?? 0
}
