import type { Command } from './command.js'
import type { ArgManifest, FlagManifest } from './manifest.js'
import { placeholder } from './placeholder.js'
import type { Style } from './output/style.js'
import { globalFlags } from './settings.js'
import { topics } from './topics.js'
import type { CommandNode } from './tree.js'

const common = ['output', 'fields', 'jq', 'max', 'wait', 'mock', 'dry-run', 'yes']
const first = ['output', 'fields', 'jq', 'max', 'profile', 'mock', 'dry-run', 'help']
/** What fits a screen: longer lists are cut, and say so. */
const screen = { lines: 40, columns: 100 }

/** Help of a word of the command line, whatever it is. */
export const helpOf = (node: CommandNode, words: readonly string[], all = false): string =>
  node.command ? commandHelp(node.command, [...node.children().values()], all) : words.length === 0 ? rootHelp(node) : groupHelp(words, node)

/** Help of a group: what may follow. */
export function groupHelp(words: readonly string[], node: CommandNode): string {
  const name = ['orkit', ...words].join(' ')
  const children = [...node.children().values()].filter((child) => !child.command?.hidden)
  const sections = new Map<string, CommandNode[]>()
  for (const child of children) sections.set(child.section ?? 'Commands', [...(sections.get(child.section ?? 'Commands') ?? []), child])
  return [
    `${node.summary}\n`,
    `Usage: ${name} <command> [flags]`,
    ...[...sections].flatMap(([title, part]) => [`\n${title}:`, children.length > screen.lines - 10 ? grid(part.map((child) => child.name)) : columns(part.map((child) => [child.name, oneLine(child.summary.replace(/\.$/, ''), 76)]))]),
    ...(node.facts ? ['', columns(node.facts().map(([label, text]) => [`${label}:`, text]))] : []),
    '',
    `'${name} <command> --help' says more.`,
  ].join('\n')
}

/** What `orkit` alone says: the commands, the flags that are used most, and where to begin. */
export function rootHelp(node: CommandNode): string {
  const lines = groupHelp([], node).split('\n').slice(0, -2)
  return [
    ...lines,
    "\nGlobal flags ('orkit help flags' lists all):",
    flagLines(globalFlags.filter((g) => first.includes(g.flag))),
    '\nFirst steps:',
    columns([
      ['orkit orckai agents list --mock', 'try anything on the built-in server: no account, no network'],
      ['orkit orckai auth login', 'sign in; orkit auth status shows every system'],
      ['orkit help <topic or command>', `topics: ${Object.keys(topics).join(', ')}`],
    ]),
  ].join('\n')
}

/** Help of one command: usage, what is most used first, examples, facts. Members of objects give way where it would not fit a screen, unless `all`. */
export function commandHelp(command: Command, children: readonly CommandNode[] = [], all = false): string {
  const whole: Cut = { members: true, short: false, globals: true, flags: Number.POSITIVE_INFINITY }
  const cuts: Cut[] = all ? [] : [whole, { ...whole, globals: false }, { ...whole, globals: false, members: false }, { ...whole, globals: false, members: false, short: true }]
  for (const cut of cuts) {
    const text = written(command, children, cut)
    if (text.split('\n').length <= screen.lines) return text
  }
  if (all) return written(command, children, whole)
  const last = cuts.at(-1)!
  const over = written(command, children, last).split('\n').length - screen.lines
  return written(command, children, { ...last, flags: command.flags.filter((f) => !isMember(f)).length - over - 1 })
}

/** What gives way where a help does not fit a screen. */
interface Cut {
  /** Flags of members of objects are shown. */
  readonly members: boolean
  /** Texts of one line each. */
  readonly short: boolean
  /** Global flags are explained, not only named. */
  readonly globals: boolean
  /** That many flags. */
  readonly flags: number
}

const isMember = (f: FlagManifest) => f.name.includes('.') && f.in === 'body'

function written(command: Command, children: readonly CommandNode[], given: Cut): string {
  const name = ['orkit', ...command.path].join(' ')
  const required = command.flags.filter((f) => f.required)
  const usage = ['Usage:', name, ...command.args.map(argUsage), ...required.map((f) => `--${f.flag} <${short(f)}>`), '[flags]'].join(' ')
  const parts = [`${command.summary}\n`, wrap(usage, screen.columns).replaceAll('\n', '\n    ')]
  const about = given.short ? command.description?.split(/(?<=[.!?])\s/)[0] : command.description
  if (about && about !== command.summary) parts.push(`\n${wrap(about, screen.columns)}`)
  if (command.args.length > 0) parts.push('\nArguments:', columns(command.args.map((arg) => [`<${arg.name}>`, describe(arg)])))
  const wanted = [...required, ...command.flags.filter((f) => !f.required)]
  const flags = wanted.filter((f) => given.members || !isMember(f)).slice(0, given.flags)
  const hidden = wanted.length - flags.length
  const cut = (text: string) => (given.short ? oneLine(text, 58) : text)
  if (flags.length > 0 || command.body) {
    parts.push(
      '\nFlags:',
      columns([
        ...flags.map((f): [string, string] => [`--${f.type === 'boolean' ? '[no-]' : ''}${f.flag}${f.type === 'boolean' ? '' : ` <${short(f)}>`}`, cut(describe(f))]),
        ...(command.body ? ([['--body <json>', 'the whole body: JSON, @file or - for stdin'], ['-F, --field <k=v>', 'a body member: key=text, key:=json, key=@file']] as [string, string][]) : []),
      ]),
    )
  }
  if (hidden > 0) parts.push(`  and ${hidden} more, such as --${wanted.find((f) => !flags.includes(f))!.flag}: add --verbose`)
  else if (flags.some((f) => cut(describe(f)) !== describe(f))) parts.push('  Texts in full: add --verbose')
  const globals = globalFlags.filter((g) => common.includes(g.flag) && (g.flag !== 'wait' || command.wait) && (g.flag !== 'yes' || command.destructive))
  parts.push("\nGlobal flags ('orkit help flags' lists all):", given.globals ? flagLines(globals) : `  ${wrap(globals.map((g) => `${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? `\u00a0${g.value}` : ''}`).join('  '), screen.columns - 2).replaceAll('\n', '\n  ').replaceAll('\u00a0', ' ')}`)
  if (command.examples?.length) parts.push('\nExamples:', ...command.examples.map((line) => example(command, line)))
  if (children.length > 0) parts.push('\nCommands:', columns(children.map((child) => [child.name, oneLine(child.summary, 62)])))
  if (command.facts?.length) parts.push('', columns(command.facts.map(([label, text]) => [`${label}:`, label === 'Note' ? cut(text) : text])))
  return parts.join('\n')
}

const flagLines = (flags: typeof globalFlags) => columns(flags.map((g) => [`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` ${g.value}` : ''}`, g.choices ? `${g.choices.join('|')}: ${g.description}` : g.description]))

/** Help as a terminal shows it: titles stand out, addresses can be opened. Its words and places stay. */
export const styledHelp = (text: string, style: Style): string =>
  text
    .replaceAll(/^(Usage:|[A-Z][\w -]*:$|[A-Z][\w -]*(?= \(.*\):$))/gm, (title) => style.strong(title))
    .replaceAll(/https?:\/\/[^\s)'"\\]+(?<![.,:])/g, (url) => style.link(url, url))

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

/** Lines of a paragraph are joined and broken anew; items of lists and tables keep lines of their own. */
export function wrap(text: string, width: number): string {
  return text
    .trim()
    .replaceAll(/(?<!\n)\n(?=[^\n\s|*-]|-\w)(?!\d+\. )/g, ' ')
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
