import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from './command.js'
import { decodeText } from './decode-text.js'
import type { Io } from './io.js'
import { isFile } from './is-file.js'
import type { ArgManifest, FlagManifest } from './manifest.js'
import type { Parsed } from './parse.js'
import { put } from './parse.js'
import { UsageError } from './usage-error.js'

/** The body that `--body` and `-F` give, before flags are laid over it; undefined when neither was used. A file is its path. */
export async function givenBody(parsed: Parsed, command: Pick<Command, 'args' | 'flags'>, io: Io): Promise<Record<string, unknown> | undefined> {
  const whole = parsed.body === undefined ? undefined : await wholeBody(parsed.body, io)
  if (parsed.fields.length === 0) return whole
  const body = whole ?? {}
  const inputs = new Map<string, ArgManifest | FlagManifest>([...command.args, ...command.flags].map((input) => [input.name, input]))
  const lists = new Map<string, unknown[]>()
  for (const text of parsed.fields) {
    const { name, json, value } = fieldOf(text)
    const input = inputs.get(name)
    const given = json ? value : isFile(input) ? value.replace(/^@/, '') : value.startsWith('@') ? await read(value.slice(1), io, `-F ${name}`) : value
    if (json || input?.type !== 'array') put(body, name, given)
    else {
      // Given again, it is the next item.
      const list = lists.get(name) ?? []
      list.push(given)
      lists.set(name, list)
      put(body, name, list)
    }
  }
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

/** `key=text` or `key:=json`. */
function fieldOf(field: string): { name: string; json: true; value: unknown } | { name: string; json: false; value: string } {
  const match = /^([^=:]+)(:=|=)(.*)$/s.exec(field)
  if (!match) throw new UsageError(`-F ${field}: no '='`, 'Use -F name=text, -F count:=3 or -F text=@file.')
  const [, name, kind, text] = match as unknown as [string, string, string, string]
  if (kind === '=') return { name, json: false, value: text }
  try {
    return { name, json: true, value: JSON.parse(text) }
  } catch (error) {
    throw new UsageError(`-F ${name}: not JSON after ':=': ${(error as Error).message}`, `For text use -F ${name}=${text}`)
  }
}

async function read(path: string, io: Io, flag: string): Promise<string> {
  try {
    return decodeText(await readFile(resolve(io.cwd, path)))
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${path}: ${(error as Error).message.split(',')[0]}`)
  }
}
