import type { Command, Run } from '../app/command.js'
import { flag } from '../app/settings.js'

const key = { name: 'key', in: 'body', type: 'string', required: true, description: 'profile, output, <system>.base-url or <system>.email' } as const
const name = { name: 'name', in: 'body', type: 'string', required: true, description: 'name of a profile' } as const

const command = (path: readonly string[], summary: string, run: 'path' | 'get' | 'set' | 'unset' | 'list' | 'edit' | 'profiles' | 'use' | 'create' | 'remove', more: Partial<Command> = {}): Command => ({
  path,
  summary,
  args: [],
  flags: [],
  offline: false,
  load: async (): Promise<Run> => (await import('./config.js'))[run],
  ...more,
})

/** `config ...` and `profile ...`. */
export const configCommands: readonly Command[] = [
  command(['config', 'path'], 'Print where the config file is', 'path', { withoutConfig: true, examples: [''] }),
  command(['config', 'list'], 'List every setting and where it comes from', 'list', { examples: [''] }),
  command(['config', 'get'], 'Print one setting', 'get', { args: [key], examples: ['profile'] }),
  command(['config', 'set'], 'Change one setting of the profile', 'set', { args: [key, { name: 'value', in: 'body', type: 'string', required: true, description: 'new value' }], examples: ['output json', 'orca.base-url https://orca.example.com/api/v1'] }),
  command(['config', 'unset'], 'Take one setting out', 'unset', { args: [key], examples: ['output'] }),
  command(['config', 'edit'], 'Open the config file in an editor and check it', 'edit', { withoutConfig: true, flags: [flag('editor', 'program to use [env VISUAL, EDITOR]')] }),
  command(['profile', 'list'], 'List the profiles', 'profiles', { examples: [''] }),
  command(['profile', 'create'], 'Create a profile', 'create', { args: [name], examples: ['staging'] }),
  command(['profile', 'use'], 'Use a profile from now on', 'use', { args: [name], examples: ['default'] }),
  command(['profile', 'delete'], 'Delete a profile and its stored credentials', 'remove', { args: [name], destructive: 'Delete the profile and its credentials?' }),
]
