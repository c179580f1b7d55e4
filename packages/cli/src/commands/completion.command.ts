import type { Command, Result } from '../app/command.js'
import type { CommandNode } from '../app/tree.js'

/** `completion <shell>`, and what its scripts call. */
export const completionCommands = (root: () => CommandNode): readonly Command[] => [
  {
    path: ['completion'],
    withoutConfig: true,
    summary: 'Print the completion script of a shell',
    description: 'bash: source <(orkit completion bash). zsh: orkit completion zsh > "${fpath[1]}/_orkit". fish: orkit completion fish > ~/.config/fish/completions/orkit.fish. PowerShell: orkit completion powershell | Out-String | Invoke-Expression.',
    args: [{ name: 'shell', in: 'body', type: 'string', required: true, description: 'bash, zsh, fish or powershell', enum: ['bash', 'zsh', 'fish', 'powershell'] }],
    flags: [],
    offline: false,
    examples: ['bash', 'zsh', 'fish', 'powershell'],
    load: async () => async (_context, input): Promise<Result> => {
      const { scripts } = await import('./completion-scripts.js')
      const text = scripts[input.values['shell'] as keyof typeof scripts]
      return { kind: 'bytes', stream: (async function* () { yield Buffer.from(text) })() }
    },
  },
  {
    path: ['__complete'],
    hidden: true,
    // A TAB has no place to say what is wrong with a file.
    withoutConfig: true,
    summary: 'Words that may stand at the end of a command line',
    args: [{ name: 'words', in: 'body', type: 'array', items: 'string', variadic: true, description: 'the words so far, the last one unfinished' }],
    flags: [],
    load: async () => {
      const { complete } = await import('./complete.js')
      return async (context, input): Promise<Result> => {
        const found = await complete(root(), (input.values['words'] as string[] | undefined) ?? [''], context.io)
        return { kind: 'bytes', stream: (async function* () { if (found.length > 0) yield Buffer.from(`${found.map(([word, about]) => `${word}\t${about}`).join('\n')}\n`) })() }
      }
    },
  },
  {
    path: ['__ids'],
    hidden: true,
    summary: 'Fills the cache of ids for completion',
    args: [{ name: 'system', in: 'body', type: 'string', required: true, description: 'system' }, { name: 'operation', in: 'body', type: 'string', required: true, description: 'operation that lists' }, { name: 'file', in: 'body', type: 'string', required: true, description: 'cache file' }],
    flags: [],
    load: async () => (await import('./completion-ids.js')).fill,
  },
]
