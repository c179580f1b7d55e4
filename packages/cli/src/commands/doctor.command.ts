import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'

export const doctorCommand: Command = {
  path: ['doctor'],
  summary: 'Check Node, network, proxy, clock, key store, and each system',
  description: 'Looks for what keeps commands from working and says what to mend. Exit 3 when a credential is refused, 7 when a system cannot be reached.',
  args: [],
  flags: [flag('system', 'only these systems', { type: 'array', items: 'string', enum: ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] })],
  examples: ['--system orckai'],
  load: async () => (await import('./doctor.js')).runDoctor,
}
