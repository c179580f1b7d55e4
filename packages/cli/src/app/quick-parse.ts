import type { Command } from './command.js'
import type { ArgManifest, FlagManifest } from './manifest.js'
import type { Parsed } from './parse.js'
import { globalFlags } from './settings.js'

const globals = new Map<string, (typeof globalFlags)[number]>(globalFlags.flatMap((g) => [[`--${g.flag}`, g] as const, ...(g.short ? [[`-${g.short}`, g] as const] : [])]))

/**
 * Parses a plain, well-formed command line without loading the parser, which costs as much as the rest of the reading. Undefined for all that is
 * less plain (arrays, nested members, dates, bodies, files, `--no-`, joined short flags) and all that is wrong: `parse` decides then, and
 * words what is wrong. What this accepts, `parse` reads in the same way; a test compares them.
 */
export function quickParse(command: Command, argv: readonly string[]): Parsed | undefined {
  const flags = new Map(command.flags.map((f) => [`--${f.flag}`, f]))
  const values: Record<string, unknown> = {}
  const given: Record<string, unknown> = {}
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index]!
    if (!token.startsWith('-') || token === '-') {
      words.push(token)
      continue
    }
    const equals = token.startsWith('--') ? token.indexOf('=') : -1
    const name = equals === -1 ? token : token.slice(0, equals)
    const flag = flags.get(name)
    const global = flag ? undefined : globals.get(name)
    if ((!flag && !global) || name.startsWith('--no-')) return undefined
    const takes = flag ? flag.type !== 'boolean' : global!.value !== undefined
    if (!takes && equals !== -1) return undefined
    const text = !takes ? undefined : equals === -1 ? argv[++index] : token.slice(equals + 1)
    if (takes && text === undefined) return undefined
    if (global) {
      if (global.choices && !global.choices.includes(text!)) return undefined
      given[global.flag] = text ?? true
      continue
    }
    const value = text === undefined ? true : plain(flag!, text)
    if (value === undefined || flag!.name.includes('.') || flag!.name === '__proto__') return undefined
    values[flag!.name] = value
  }
  if (words.length > command.args.length) return undefined
  for (const [index, word] of words.entries()) {
    const arg = command.args[index]!
    const value = arg.variadic || arg.name === '__proto__' || arg.name.includes('.') ? undefined : plain(arg, word)
    if (value === undefined) return undefined
    values[arg.name] = value
  }
  return { values, globals: given, body: undefined, fields: [] }
}

/** Text as the type that the manifest names, for the types that need no care. */
function plain({ type, enum: choices, format }: ArgManifest | FlagManifest, text: string): unknown {
  if (choices && !choices.map(String).includes(text)) return undefined
  if (type === 'integer') return /^\d{1,15}$/.test(text) ? Number(text) : undefined
  return type === 'string' && format !== 'date' && format !== 'date-time' ? text : undefined
}
