import type { Command } from './command.js'
import type { ArgManifest, FlagManifest } from './manifest.js'
import { placeholder } from './placeholder.js'
import { globalFlags } from './settings.js'
import type { CommandNode } from './tree.js'

const common = ['output', 'fields', 'max', 'wait', 'mock', 'profile', 'dry-run', 'yes', 'quiet', 'verbose']

/** Help of a group: what may follow. */
export function groupHelp(words: readonly string[], node: CommandNode): string {
  const name = ['orkit', ...words].join(' ')
  const children = [...node.children().values()]
  return [
    `${node.summary}\n`,
    `Usage: ${name} <command> [flags]\n`,
    'Commands:',
    columns(children.map((child) => [child.name, child.summary])),
    '',
    `'${name} <command> --help' says more.`,
  ].join('\n')
}

/** Help of one command: usage, what is most used first, examples, facts. */
export function commandHelp(command: Command, children: readonly CommandNode[] = []): string {
  const name = ['orkit', ...command.path].join(' ')
  const required = command.flags.filter((f) => f.required)
  const usage = [name, ...command.args.map(argUsage), ...required.map((f) => `--${f.flag} <${placeholder(f)}>`), '[flags]'].join(' ')
  const parts = [`${command.summary}\n`, `Usage: ${usage}`]
  if (command.description && command.description !== command.summary) parts.push(`\n${wrap(command.description, 100)}`)
  if (command.args.length > 0) parts.push('\nArguments:', columns(command.args.map((arg) => [`<${arg.name}>`, describe(arg)])))
  const flags = [...required, ...command.flags.filter((f) => !f.required)]
  if (flags.length > 0 || command.body) {
    parts.push(
      '\nFlags:',
      columns([
        ...flags.map((f): [string, string] => [`--${f.type === 'boolean' ? '[no-]' : ''}${f.flag}${f.type === 'boolean' ? '' : ` <${placeholder(f)}>`}`, describe(f)]),
        ...(command.body ? ([['--body <json>', 'the whole body: JSON, @file or - for stdin'], ['-F, --field <k=v>', 'a body member: key=text, key:=json, key=@file']] as [string, string][]) : []),
      ]),
    )
  }
  const globals = globalFlags.filter((g) => common.includes(g.flag))
  parts.push('\nGlobal flags (all of them: orkit --help):', columns(globals.map((g) => [`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` ${g.value}` : ''}`, g.choices ? `${g.choices.join('|')}: ${g.description}` : g.description])))
  if (command.examples?.length) parts.push('\nExamples:', ...command.examples.map((line) => `  ${['orkit', ...command.path, line].join(' ').trim()} --mock`))
  if (children.length > 0) parts.push('\nCommands:', columns(children.map((child) => [child.name, child.summary])))
  if (command.facts?.length) parts.push('', columns(command.facts.map(([label, text]) => [`${label}:`, text])))
  return parts.join('\n')
}

export const globalHelp = (): string =>
  ['Global flags:', columns(globalFlags.map((g) => [`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` ${g.value}` : ''}`, g.choices ? `${g.choices.join('|')}: ${g.description}` : g.description]))].join('\n')

const argUsage = (arg: ArgManifest) => {
  const text = arg.variadic ? `<${arg.name}>...` : `<${arg.name}>`
  return arg.required ? text : `[${text.slice(1, arg.variadic ? -4 : -1)}${arg.variadic ? '...' : ''}]`
}

function describe(input: ArgManifest | FlagManifest): string {
  const notes = [
    input.required ? 'required' : '',
    input.known?.length ? `such as ${input.known.slice(0, 6).join(', ')}` : '',
    input.default === undefined ? '' : `default ${typeof input.default === 'string' ? input.default : JSON.stringify(input.default)}`,
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
