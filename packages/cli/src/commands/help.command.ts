import type { Command, Result } from '../app/command.js'
import type { CommandNode } from '../app/tree.js'
import { UsageError } from '../app/usage-error.js'

/** `orkit help [topic or command]`. */
export const helpCommand = (root: () => CommandNode): Command => ({
  path: ['help'],
  // It says how to mend the config file.
  withoutConfig: true,
  summary: 'Help for a command or a topic',
  args: [{ name: 'topic', in: 'body', type: 'array', items: 'string', variadic: true, description: 'exit-codes, environment, flags, formatting, auth, or the words of a command' }],
  flags: [],
  offline: false,
  examples: ['exit-codes', 'environment', 'formatting', 'auth', 'orckai agents list'],
  load: async () => async ({ io, settings }, input): Promise<Result> => {
    const [{ topics }, { helpOf }, { writeHelp }, { locate }] = await Promise.all([import('../app/topics.js'), import('../app/help.js'), import('../app/run.js'), import('../app/tree.js')])
    const show = async (text: string): Promise<Result> => {
      await writeHelp(text, io.stdout, io, !settings.color)
      return { kind: 'none' }
    }
    const words = (input.values['topic'] as string[] | undefined) ?? []
    const topic = words.length === 1 && Object.hasOwn(topics, words[0]!) ? topics[words[0]!] : undefined
    if (topic) return show(topic.text())
    const { node, words: found, rest } = locate(root(), words)
    if (rest.length > 0) throw new UsageError(`there is no help for '${words.join(' ')}'`, `Topics: ${Object.keys(topics).join(', ')}.`)
    return show(helpOf(node, found, settings.verbose))
  },
})

/** `orkit commands`: every command as data. */
export const commandsCommand = (root: () => CommandNode): Command => ({
  path: ['commands'],
  summary: 'List every command, with -o json as data',
  args: [],
  flags: [],
  offline: false,
  examples: ['-o jsonl --max 3'],
  load: async () => async (): Promise<Result> => ({ kind: 'rows', rows: listed(root()), columns: ['command', 'summary'] }),
})

function* listed(node: CommandNode): Generator<Record<string, unknown>> {
  if (node.command && !node.command.hidden) {
    const { path, aliases = [], summary, args, flags, body, destructive } = node.command
    yield { command: ['orkit', ...path].join(' '), summary, aliases, args, flags, body: body ?? null, destructive: destructive !== undefined }
  }
  // `call` repeats every operation under its id.
  for (const child of node.children().values()) if (child.name !== 'call') yield* listed(child)
}
