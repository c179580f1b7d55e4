import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'

export const doctorCommand: Command = {
  path: ['doctor'],
  summary: 'Check what keeps commands from working, and say what to mend',
  description: 'Looks at Node, the config file, the key store, proxies, certificates, and of each system the network, the clock and the sign-in. Exit 3 when a credential is refused, 7 when a system cannot be reached.',
  // It is what says that the config file is wrong.
  withoutConfig: true,
  args: [],
  flags: [flag('system', 'only these systems', { type: 'array', items: 'string', enum: ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] })],
  examples: ['--system orckai'],
  load: async () => (await import('./doctor.js')).runDoctor,
}
