import type { Command } from '../app/command.js'
import type { Io } from '../app/io.js'
import type { FlagManifest } from '../app/manifest.js'
import { globalFlags } from '../app/settings.js'
import type { CommandNode } from '../app/tree.js'
import { ids } from './completion-ids.js'

type Word = readonly [word: string, about: string]

/** What may stand where the last of `words` is. Never fails: a shell has no place for an error. */
export async function complete(root: CommandNode, words: readonly string[], io: Io): Promise<readonly Word[]> {
  const { before, typed, prefix } = unfinished(words)
  try {
    return (await candidates(root, before, typed, io)).filter(([word]) => word.startsWith(typed)).map(([word, about]) => [`${prefix}${word}`, about.split('\n')[0]!.slice(0, 80)] as const)
  } catch {
    return []
  }
}

/** What `--output=js` wants is what `--output js` wants, with its beginning in front; bash gives it as three words and wants the last. */
function unfinished(words: readonly string[]): { before: readonly string[]; typed: string; prefix: string } {
  const [typed, last] = [words.at(-1) ?? '', words.at(-2)]
  if (typed === '=' && last?.startsWith('--')) return { before: words.slice(0, -1), typed: '', prefix: '' }
  if (last === '=') return { before: words.slice(0, -2), typed, prefix: '' }
  const [, flag, value] = /^(--[\w.-]+)=(.*)$/s.exec(typed) ?? []
  return flag === undefined ? { before: words.slice(0, -1), typed, prefix: '' } : { before: [...words.slice(0, -1), flag], typed: value!, prefix: `${flag}=` }
}

async function candidates(root: CommandNode, before: readonly string[], typed: string, io: Io): Promise<Word[]> {
  let node = root
  let operands = 0
  const globals: string[] = []
  for (let index = 0; index < before.length; index++) {
    const word = before[index]!
    if (word.startsWith('-') && word !== '-') {
      const value = word.includes('=') ? undefined : valueOf(word, node.command)
      if (value === undefined) continue
      if (index === before.length - 1) return values(value)
      if (word === '--profile' || word === '--base-url') globals.push(word, before[index + 1]!)
      index++
      continue
    }
    const next = operands === 0 ? node.children().get(word) : undefined
    if (next) node = next
    else if (node.command) operands++
    else return []
  }
  if (before.includes('--mock')) globals.push('--mock')
  const { command } = node
  if (typed.startsWith('-')) return flags(command)
  const children: Word[] = operands > 0 ? [] : [...node.children().values()].filter((child) => !child.command?.hidden).map((child) => [child.name, child.summary])
  const arg = command?.args[Math.min(operands, command.args.length - 1)]
  if (!arg || (operands >= command!.args.length && !arg.variadic)) return children
  if (arg.enum) return [...children, ...arg.enum.map((value): Word => [String(value), ''])]
  if (arg.in !== 'path') return children
  const list = listOf(root, command!)
  return list ? [...children, ...(await ids(command!.path[0]!, list, arg.name, globals, io))] : children
}

/** The command that lists what `agents get` and `agents delete` take: `list` beside them. */
function listOf(root: CommandNode, command: Command): Command | undefined {
  if (command.args.findIndex((arg) => arg.in === 'path') === -1 || command.args.filter((arg) => arg.in === 'path').length > 1) return undefined
  for (let depth = command.path.length - 1; depth > 0; depth--) {
    let at: CommandNode | undefined = root
    for (const word of [...command.path.slice(0, depth), 'list']) at = at?.children().get(word)
    if (at?.command && at.command.args.length === 0) return at.command
  }
  return undefined
}

function valueOf(flag: string, command: Command | undefined): FlagManifest | { enum?: readonly (string | number)[] | undefined; known?: readonly string[] } | undefined {
  const global = globalFlags.find((each) => each.value && (`--${each.flag}` === flag || `-${each.short}` === flag))
  if (global) return { enum: global.choices }
  if (flag === '--body' || flag === '-F' || flag === '--field') return {}
  const own = command?.flags.find((each) => `--${each.flag}` === flag)
  return own && own.type !== 'boolean' ? own : undefined
}

const values = (flag: { enum?: readonly (string | number)[] | undefined; known?: readonly string[] }): Word[] => [...(flag.enum ?? []), ...(flag.known ?? [])].map((value) => [String(value), ''])

function flags(command: Command | undefined): Word[] {
  const own = (command?.flags ?? []).flatMap((f): Word[] => [[`--${f.flag}`, f.description], ...(f.type === 'boolean' ? [[`--no-${f.flag}`, f.description] as Word] : [])])
  const body: Word[] = command?.body ? [['--body', 'the whole body'], ['--field', 'a body member']] : []
  return [...own, ...body, ...globalFlags.map((g): Word => [`--${g.flag}`, g.description])]
}
