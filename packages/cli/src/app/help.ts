import type { Command } from './command.js'
import type { ArgManifest, FlagManifest } from './manifest.js'
import { placeholder } from './placeholder.js'
import { globalFlags } from './settings.js'
import type { CommandNode } from './tree.js'

const common = ['output', 'fields', 'jq', 'max', 'wait', 'mock', 'dry-run', 'yes']
/** What fits a screen: longer lists are cut, and say so. */
const screen = { lines: 50, columns: 100 }

/** Help of a group: what may follow. */
export function groupHelp(words: readonly string[], node: CommandNode): string {
  const name = ['orkit', ...words].join(' ')
  const children = [...node.children().values()].filter((child) => !child.command?.hidden)
  return [
    `${node.summary}\n`,
    `Usage: ${name} <command> [flags]\n`,
    'Commands:',
    children.length > screen.lines - 10 ? grid(children.map((child) => child.name)) : columns(children.map((child) => [child.name, oneLine(child.summary, 62)])),
    '',
    `'${name} <command> --help' says more.`,
  ].join('\n')
}

/** Help of one command: usage, what is most used first, examples, facts. Members of objects give way where it would not fit a screen, unless `all`. */
export function commandHelp(command: Command, children: readonly CommandNode[] = [], all = false): string {
  for (const members of all ? [Number.POSITIVE_INFINITY] : [Number.POSITIVE_INFINITY, 0, -1]) {
    const text = written(command, children, members)
    if (members === -1 || all || text.split('\n').length <= screen.lines) return text
  }
  return ''
}

/** `members` 0 leaves the members of objects out, -1 shortens every text to a line as well. */
function written(command: Command, children: readonly CommandNode[], members: number): string {
  const name = ['orkit', ...command.path].join(' ')
  const required = command.flags.filter((f) => f.required)
  const usage = ['Usage:', name, ...command.args.map(argUsage), ...required.map((f) => `--${f.flag} <${short(f)}>`), '[flags]'].join(' ')
  const parts = [`${command.summary}\n`, wrap(usage, screen.columns).replaceAll('\n', '\n    ')]
  const about = members < 0 ? command.description?.split(/(?<=[.!?])\s/)[0] : command.description
  if (about && about !== command.summary) parts.push(`\n${wrap(about, screen.columns)}`)
  if (command.args.length > 0) parts.push('\nArguments:', columns(command.args.map((arg) => [`<${arg.name}>`, describe(arg)])))
  const wanted = [...required, ...command.flags.filter((f) => !f.required)]
  const flags = wanted.filter((f) => members > 0 || !f.name.includes('.') || f.in !== 'body')
  const hidden = wanted.length - flags.length
  const cut = (text: string) => (members < 0 ? oneLine(text, 58) : text)
  if (flags.length > 0 || command.body) {
    parts.push(
      '\nFlags:',
      columns([
        ...flags.map((f): [string, string] => [`--${f.type === 'boolean' ? '[no-]' : ''}${f.flag}${f.type === 'boolean' ? '' : ` <${short(f)}>`}`, cut(describe(f))]),
        ...(command.body ? ([['--body <json>', 'the whole body: JSON, @file or - for stdin'], ['-F, --field <k=v>', 'a body member: key=text, key:=json, key=@file']] as [string, string][]) : []),
      ]),
    )
  }
  if (hidden > 0) parts.push(`  and ${hidden} more for members of objects, such as --${wanted.find((f) => !flags.includes(f))!.flag}: add --verbose`)
  const globals = globalFlags.filter((g) => common.includes(g.flag) && (g.flag !== 'wait' || command.wait) && (g.flag !== 'yes' || command.destructive) && (members >= 0 || !['fields', 'max'].includes(g.flag)))
  parts.push('\nGlobal flags (all of them: orkit --help):', columns(globals.map((g) => [`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` ${g.value}` : ''}`, g.choices ? `${g.choices.join('|')}: ${g.description}` : g.description])))
  if (command.examples?.length) parts.push('\nExamples:', ...command.examples.map((line) => example(command, line)))
  if (children.length > 0) parts.push('\nCommands:', columns(children.map((child) => [child.name, oneLine(child.summary, 62)])))
  if (command.facts?.length) parts.push('', columns(command.facts.map(([label, text]) => [`${label}:`, text.includes('://') ? text : cut(text)])))
  return parts.join('\n')
}

export const globalHelp = (): string =>
  ['Global flags:', columns(globalFlags.map((g) => [`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` ${g.value}` : ''}`, g.choices ? `${g.choices.join('|')}: ${g.description}` : g.description]))].join('\n')

/** An example as it can be pasted; it is broken before flags where it is wider than the screen. */
function example(command: Command, line: string): string {
  const whole = `${['orkit', ...command.path, line].join(' ').trim()}${command.offline === false ? '' : ' --mock'}`
  const lines: string[] = []
  for (const part of whole.split(/ (?=--?[a-z])(?=(?:[^']*'[^']*')*[^']*$)/i)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + part.length <= screen.columns - 6) lines[lines.length - 1] = `${last} ${part}`
    else lines.push(part)
  }
  return `  ${lines.join(' \\\n    ')}`
}

/** Names in columns, where lines of their own would not fit a screen. */
function grid(names: readonly string[]): string {
  const cell = Math.max(...names.map((name) => name.length)) + 2
  const across = Math.max(1, Math.floor((screen.columns - 2) / cell))
  const lines: string[] = []
  for (let index = 0; index < names.length; index += across) lines.push(`  ${names.slice(index, index + across).map((name) => name.padEnd(cell)).join('').trimEnd()}`)
  return lines.join('\n')
}

const oneLine = (text: string, width: number) => (text.length <= width ? text : `${text.slice(0, width - 1).trimEnd()}…`)

/** A long list of values is in the description, not in the placeholder. */
const short = (f: FlagManifest) => (f.enum && placeholder(f).length > 28 ? f.flag.split('.').at(-1)! : placeholder(f))

const argUsage = (arg: ArgManifest) => {
  const text = arg.variadic ? `<${arg.name}>...` : `<${arg.name}>`
  return arg.required ? text : `[${text.slice(1, arg.variadic ? -4 : -1)}${arg.variadic ? '...' : ''}]`
}

function describe(input: ArgManifest | FlagManifest): string {
  const notes = [
    input.required ? 'required' : '',
    input.enum && input.enum.join('|').length > 28 ? `one of ${input.enum.join(', ')}` : '',
    input.known?.length ? `such as ${input.known.slice(0, 6).join(', ')}` : '',
    input.default === undefined || input.default === '' ? '' : `default ${typeof input.default === 'string' ? input.default : JSON.stringify(input.default)}`,
    input.type === 'array' ? 'may be repeated' : '',
  ].filter(Boolean)
  const first = input.description.split(/(?<=[.!?])\s/)[0]!.replace(/\.$/, '')
  return notes.length > 0 ? `${first} (${notes.join('; ')})` : first
}

/** Two columns; long texts of the second are wrapped under it. */
export function columns(rows: readonly (readonly [string, string])[], width = 100): string {
  const widest = Math.min(34, Math.max(0, ...rows.map(([left]) => left.length)))
  return rows
    .map(([left, right]) => {
      const text = wrap(right, width - widest - 4).split('\n')
      const head = left.length > widest ? `  ${left}\n${' '.repeat(widest + 4)}${text[0]}` : `  ${left.padEnd(widest)}  ${text[0]}`
      return [head.trimEnd(), ...text.slice(1).map((line) => `${' '.repeat(widest + 4)}${line}`)].join('\n')
    })
    .join('\n')
}

export function wrap(text: string, width: number): string {
  return text
    .trim()
    .split('\n')
    .map((paragraph) => {
      const lines: string[] = []
      let line = ''
      for (const word of paragraph.trim().split(/\s+/)) {
        if (line !== '' && line.length + 1 + word.length > width) {
          lines.push(line)
          line = word
        } else line = line === '' ? word : `${line} ${word}`
      }
      return [...lines, line].join('\n')
    })
    .join('\n')
}
