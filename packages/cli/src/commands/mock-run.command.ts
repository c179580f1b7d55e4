import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'

/** `mock run -- CMD`: the way to test a script in CI. */
export const mockRunCommand: Command = {
  path: ['mock', 'run'],
  summary: 'Run a command against a fresh reference server',
  description:
    'Starts the server on a free port, runs the command with the base URLs and test credentials of all systems in its environment, and ends with the command’s exit code. Nothing is kept: each run begins from the seed.',
  args: [{ name: 'command', in: 'body', type: 'string', required: true, variadic: true, description: 'the command and its arguments, after --' }],
  flags: [
    flag('seed', 'seed of ids and random values', { default: 'orkit' }),
    flag('rate-limits', 'documented, off, or a number per minute', { default: 'off' }),
    flag('job-duration', 'milliseconds from the start of a job to its end', { type: 'integer', default: 1200 }),
    flag('strict', 'answer 500 when the server’s own answer breaks the document', { type: 'boolean' }),
  ],
  facts: [
    ['Environment', 'ORKIT_MOCK_URL, <SYSTEM>_BASE_URL, the credentials of each system (ORCKAI_API_KEY, ORCA_EMAIL ...), and a configuration of its own, so that no stored sign-in is used'],
    ['Exit code', 'that of the command; 128 + n when signal n ended it; 127 when it cannot be found'],
  ],
  load: async () => (await import('./mock-run.js')).runMockRun,
}
