import { Command as Parser, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { Command, Input } from './command.js'
import { closest } from './closest.js'
import { dated } from './dates.js'
import { placeholder } from './placeholder.js'
import type { ArgManifest, FlagManifest } from './manifest.js'
import { globalFlags, outputFormats } from './settings.js'
import { UsageError } from './usage-error.js'

export { requireInputs } from './required.js'

export interface Parsed {
  /** Typed values by wire name; nested members in place. */
  readonly values: Input['values']
  readonly globals: Readonly<Record<string, unknown>>
  /** Value of `--body`, as typed. */
  readonly body: string | undefined
  /** Values of `-F`, as typed. */
  readonly fields: readonly string[]
}

/** An option whose value is kept under a key of its own, so that API flags and global flags never mix. */
class KeyedOption extends Option {
  constructor(flags: string, description: string, private readonly key: string) {
    super(flags, description)
  }
  override attributeName(): string {
    return this.key
  }
}

const globalNames = new Set(globalFlags.map((f) => f.flag))

/** Parses the rest of a command line for one command. Everything wrong is a `UsageError`, with all missing names at once. */
export function parse(command: Command, argv: readonly string[]): Parsed {
  const parser = new Parser(command.path.join(' '))
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} })
    .helpOption(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError()
  for (const arg of command.args) {
    parser.argument(arg.variadic ? `[${arg.name}...]` : `[${arg.name}]`, arg.description)
  }
  for (const f of command.flags) addFlag(parser, f)
  for (const g of globalFlags) {
    const option = new KeyedOption(`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` <${g.value}>` : ''}`, g.description, `global:${g.flag}`)
    if (g.choices) option.argParser((text: string) => chosen(g.choices!, text))
    parser.addOption(option)
  }
  if (command.body) {
    parser.addOption(new KeyedOption('--body <json>', 'the whole body: JSON, @file or - for stdin', 'body'))
    parser.addOption(new KeyedOption('-F, --field <key=value>', 'a body member: key=text, key:=json or key=@file', 'fields').argParser(collect))
  }
  const options = run(parser, argv)
  const values: Record<string, unknown> = {}
  command.args.forEach((arg, index) => {
    const given = parser.processedArgs[index] as string | string[] | undefined
    if (given === undefined || (Array.isArray(given) && given.length === 0)) return
    put(values, arg.name, Array.isArray(given) ? given.map((text) => argument(arg, text)) : argument(arg, given))
  })
  for (const f of command.flags) {
    const given = options[`flag:${f.name}`]
    if (given !== undefined) put(values, f.name, given)
  }
  const globals = Object.fromEntries(globalFlags.map((g) => [g.flag, options[`global:${g.flag}`]]).filter(([, value]) => value !== undefined))
  return { values, globals, body: options['body'] as string | undefined, fields: (options['fields'] as string[] | undefined) ?? [] }
}

function argument(arg: ArgManifest, text: string): unknown {
  try {
    return convert(arg.type === 'array' ? { ...arg, type: arg.items ?? 'string' } : arg, text)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new UsageError(`<${arg.name}> '${text}' is invalid. ${error.message}`)
  }
}

function run(parser: Parser, argv: readonly string[]): Record<string, unknown> {
  try {
    parser.parse([...argv], { from: 'user' })
    return parser.opts()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.excessArguments') {
      const takes = parser.registeredArguments.length
      throw new UsageError(`'${parser.args[takes]}' is one argument too many`, `${parser.name()} takes ${takes === 0 ? 'none' : takes === 1 ? 'one' : takes}; put quotes around text with spaces.`)
    }
    if (error.code === 'commander.unknownOption') {
      const format = outputFormats.find((each) => error.message.includes(`'--${each}'`) || error.message.includes(`'--${each}=`))
      if (format !== undefined) throw new UsageError(error.message.replace(/^error: /, '').split('\n')[0]!, `The format is -o ${format}; --fields a,b picks members, --jq EXPR filters.`)
    }
    const [first, ...more] = error.message.replace(/^error: /, '').split('\n')
    throw new UsageError(first!, more.join(' ').replace(/^\(|\)$/g, '') || undefined)
  }
}

function addFlag(parser: Parser, f: FlagManifest): void {
  const name = f.flag
  const key = `flag:${f.name}`
  if (f.type === 'boolean') {
    parser.addOption(new KeyedOption(`--${name}`, f.description, key))
    if (!globalNames.has(`no-${name}`)) parser.addOption(new KeyedOption(`--no-${name}`, f.description, key).default(undefined))
    return
  }
  const option = new KeyedOption(`--${name} <${placeholder(f)}>`, f.description, key)
  if (f.type === 'array') option.argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), ...arrayItems(f, text)])
  else option.argParser((text: string) => convert(f, text))
  parser.addOption(option)
}

const collect = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text]

/** An array flag is given by repetition, or once as a JSON array. */
function arrayItems(f: FlagManifest, text: string): unknown[] {
  if (text.startsWith('[')) {
    const value = json(text)
    if (Array.isArray(value)) return value
  }
  return [convert({ ...f, type: f.items ?? 'string' }, text)]
}

/** Text from the command line as the type that the document names. */
export function convert(to: Pick<FlagManifest, 'type' | 'enum' | 'format' | 'items'>, text: string): unknown {
  if (to.enum && to.type !== 'array') chosen(to.enum.map(String), text)
  switch (to.type) {
    case 'integer':
      if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
      // Beyond it, another number would be sent than was typed.
      if (!Number.isSafeInteger(Number(text))) throw new InvalidArgumentError(`It must be a whole number up to ${Number.MAX_SAFE_INTEGER}.`)
      return Number(text)
    case 'number': {
      const value = Number(text)
      if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.')
      return value
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new InvalidArgumentError("It must be 'true' or 'false'.")
      return text === 'true'
    case 'object':
      return json(text)
    case 'any':
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
    default: {
      const date = dated(to.format, text)
      if (date === undefined) throw new InvalidArgumentError(`It must be a ${to.format === 'date' ? 'date, such as 2026-01-31' : 'date or a point in time, such as 2026-01-31 or 2026-01-31T09:30:00Z'}.`)
      return date
    }
  }
}

function chosen(choices: readonly string[], text: string): string {
  if (choices.includes(text)) return text
  const near = closest(text.toLowerCase(), choices)
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.${near === undefined ? '' : ` Did you mean '${near}'?`}`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${(error as Error).message}.`)
  }
}

/** Sets `a.b.c` in nested objects. Names come from the manifest or from `-F`; `__proto__` is just a name. */
export function put(target: Record<string, unknown>, name: string, value: unknown): void {
  const steps = name.split('.')
  let at = target
  for (const step of steps.slice(0, -1)) {
    const next = Object.hasOwn(at, step) ? at[step] : undefined
    if (typeof next === 'object' && next !== null && !Array.isArray(next)) at = next as Record<string, unknown>
    else {
      const made: Record<string, unknown> = {}
      define(at, step, made)
      at = made
    }
  }
  define(at, steps.at(-1)!, value)
}

const define = (at: Record<string, unknown>, name: string, value: unknown) =>
  Object.defineProperty(at, name, { value, enumerable: true, configurable: true, writable: true })
