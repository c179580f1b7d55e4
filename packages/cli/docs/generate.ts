import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../src/app/command.js'
import { exitMeanings } from '../src/app/exit.js'
import { placeholder } from '../src/app/placeholder.js'
import { globalFlags } from '../src/app/settings.js'
import { topics } from '../src/app/topics.js'
import type { CommandNode } from '../src/app/tree.js'
import { commandTree, systems } from '../src/commands/catalog.js'
import { manPage } from './man.js'

// docs/cli.md and the man pages, from the commands themselves and the guides in this folder. `pnpm docs:cli` writes them; a test compares.

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../../..')

/** Every file with its text, by path from the root of the repository. */
export function documents(): ReadonlyMap<string, string> {
  const tree = commandTree(join(here, '../src/manifest'))
  const top = [...tree.children().values()]
  const own = top.filter((node) => !Object.hasOwn(systems, node.name)).flatMap(commandsOf)
  const files = new Map([['docs/cli.md', markdown(tree, own)], ['packages/cli/man/orkit.1', manPage('orkit', tree.summary, own, topics)]])
  for (const name of Object.keys(systems)) files.set(`packages/cli/man/orkit-${name}.1`, manPage(`orkit-${name}`, systems[name]!, commandsOf(tree.children().get(name)!), {}))
  return files
}

/** `call` repeats every operation under its id. */
function commandsOf(node: CommandNode): Command[] {
  if (node.name === 'call') return []
  return [...(node.command && !node.command.hidden ? [node.command] : []), ...[...node.children().values()].flatMap(commandsOf)]
}

function markdown(tree: CommandNode, own: readonly Command[]): string {
  const guide = (name: string) => readFileSync(join(here, `${name}.md`), 'utf8').trim()
  return `${[
    '# The command line\n\nMade by `pnpm docs:cli` from the commands and from the guides in `packages/cli/docs`: edit those. Examples leave `--mock` out, which runs them without an account.',
    ...['terminal', 'sign-in', 'scripts', 'ci', 'windows'].map(guide),
    `## Exit codes\n\n| code | meaning |\n|---|---|\n${Object.entries(exitMeanings).map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n')}`,
    `## Global flags\n\n| flag | |\n|---|---|\n${globalFlags.map((g) => `| \`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` ${g.value}` : ''}\` | ${cell(g.choices ? `${g.choices.join(', ')}: ${g.description}` : g.description)} |`).join('\n')}`,
    `## Commands\n\n${table(own)}`,
    ...Object.keys(systems).map((name) => `## ${systems[name]!}\n\nEvery operation can also be called by its id: \`orkit ${name} call <id>\`.\n\n${table(commandsOf(tree.children().get(name)!))}`),
  ].join('\n\n')}\n`
}

const table = (commands: readonly Command[]) => `| command | what it does | scope |\n|---|---|---|\n${commands.map((command) => `| \`${usage(command)}\` | ${cell(command.summary)}${isProvisional(command) ? ' (provisional)' : ''} | ${command.facts?.find(([label]) => label === 'Scope')?.[1] ?? ''} |`).join('\n')}`

export const usage = (command: Command): string =>
  ['orkit', ...command.path, ...command.args.map((arg) => (arg.required ? `<${arg.name}>` : `[${arg.name}]`) + (arg.variadic ? '...' : '')), ...command.flags.filter((f) => f.required).map((f) => `--${f.flag} <${placeholder(f).replaceAll('|', '¦')}>`)].join(' ')

const isProvisional = (command: Command) => command.facts?.some(([label, text]) => label === 'Origin' && text.startsWith('inferred')) === true
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of documents()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
