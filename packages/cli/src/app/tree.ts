import type { Command } from './command.js'
import { UsageError } from './usage-error.js'
import { closest } from './closest.js'
import { globalFlags } from './settings.js'

/** A word of the command line and what may follow it. Children are made when they are first asked for. */
export interface CommandNode {
  readonly name: string
  readonly summary: string
  readonly command?: Command
  /** Title in the help of its parent under which it stands. */
  readonly section?: string
  /** Label and text at the foot of the help of a group. */
  readonly facts?: () => readonly (readonly [label: string, text: string])[]
  children(): ReadonlyMap<string, CommandNode>
}

export const leaf = (command: Command): CommandNode => ({
  name: command.path.at(-1)!,
  summary: command.summary,
  command,
  children: () => new Map(),
})

/** Groups commands by their words below `depth`; `describe` gives the summary of a group. */
export function group(commands: readonly Command[], depth: number, describe: (words: readonly string[]) => string): ReadonlyMap<string, CommandNode> {
  const buckets = new Map<string, Command[]>()
  for (const command of commands) {
    const word = command.path[depth]
    if (word === undefined) continue
    const bucket = buckets.get(word)
    if (bucket) bucket.push(command)
    else buckets.set(word, [command])
  }
  const nodes = new Map<string, CommandNode>()
  for (const [name, bucket] of buckets) {
    const own = bucket.find((command) => command.path.length === depth + 1)
    const deeper = bucket.filter((command) => command.path.length > depth + 1)
    const words = bucket[0]!.path.slice(0, depth + 1)
    let made: ReadonlyMap<string, CommandNode> | undefined
    nodes.set(name, {
      name,
      summary: deeper.length > 0 ? describe(words) : own!.summary,
      ...(own ? { command: own } : {}),
      children: () => (made ??= group(deeper, depth + 1, describe)),
    })
  }
  return nodes
}

export interface Located {
  readonly node: CommandNode
  /** Words from the root to the node. */
  readonly words: readonly string[]
  /** Everything else of the command line, in order. */
  readonly rest: readonly string[]
}

const valued = new Set(globalFlags.filter((f) => f.value).flatMap((f) => [`--${f.flag}`, ...(f.short ? [`-${f.short}`] : [])]))

/** Finds the command that the words of a command line name. Global flags may stand before and between them. */
export function locate(root: CommandNode, argv: readonly string[]): Located {
  let node = root
  const words: string[] = []
  const rest: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index]!
    if (token === '--') return { node, words, rest: [...rest, ...argv.slice(index)] }
    if (token.startsWith('-') && token !== '-') {
      rest.push(token)
      if (valued.has(token) && index + 1 < argv.length) rest.push(argv[++index]!)
      continue
    }
    const children = node.children()
    const next = children.get(token) ?? [...children.values()].find((child) => child.command?.aliases?.includes(token))
    if (next) {
      node = next
      words.push(next.name)
      continue
    }
    if (node.command) return { node, words, rest: [...rest, ...argv.slice(index)] }
    throw unknownWord(token, words, [...children.keys()])
  }
  return { node, words, rest }
}

function unknownWord(token: string, words: readonly string[], known: readonly string[]): UsageError {
  const near = closest(token, known)
  const where = ['orkit', ...words].join(' ')
  return new UsageError(`'${token}' is not a command of '${where}'`, near ? `Did you mean '${where} ${near}'?` : `'${where} --help' lists the commands.`)
}
