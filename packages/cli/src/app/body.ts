import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { decodeText } from './decode-text.js'
import type { Io } from './io.js'
import type { Parsed } from './parse.js'
import { put } from './parse.js'
import { UsageError } from './usage-error.js'

/** The body that `--body` and `-F` give, before flags are laid over it; undefined when neither was used. */
export async function givenBody(parsed: Parsed, io: Io): Promise<Record<string, unknown> | undefined> {
  const whole = parsed.body === undefined ? undefined : await wholeBody(parsed.body, io)
  if (parsed.fields.length === 0) return whole
  const body = whole ?? {}
  for (const field of parsed.fields) await addField(body, field, io)
  return body
}

async function wholeBody(source: string, io: Io): Promise<Record<string, unknown>> {
  const text = source === '-' ? await io.stdin.text() : source.startsWith('@') ? await read(source.slice(1), io, '--body') : source
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--body is not JSON: ${(error as Error).message}`, "Give JSON, @file.json, or - to read stdin: --body '{\"name\": \"x\"}'")
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError('--body must be a JSON object')
  return value as Record<string, unknown>
}

async function addField(body: Record<string, unknown>, field: string, io: Io): Promise<void> {
  const match = /^([^=:]+)(:=|=)(.*)$/s.exec(field)
  if (!match) throw new UsageError(`-F ${field}: no '='`, 'Use -F name=text, -F count:=3 or -F text=@file.')
  const [, name, kind, text] = match as unknown as [string, string, string, string]
  if (kind === ':=') {
    try {
      put(body, name, JSON.parse(text))
    } catch (error) {
      throw new UsageError(`-F ${name}: not JSON after ':=': ${(error as Error).message}`, `For text use -F ${name}=${text}`)
    }
  } else put(body, name, text.startsWith('@') ? await read(text.slice(1), io, `-F ${name}`) : text)
}

async function read(path: string, io: Io, flag: string): Promise<string> {
  try {
    return decodeText(await readFile(resolve(io.cwd, path)))
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${path}: ${(error as Error).message.split(',')[0]}`)
  }
}
