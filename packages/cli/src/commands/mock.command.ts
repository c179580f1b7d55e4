import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'

export const mockCommand: Command = {
  path: ['mock'],
  summary: 'Start the reference server of the five systems',
  description:
    'Serves every operation of the five documents from memory: sign-in, scopes, rate limits, jobs, streams and sockets included. Paths are /<system> followed by the vendor’s own; with --system the vendor’s paths alone.',
  args: [],
  flags: [
    flag('port', 'port on the loopback interface; 0 takes a free one', { type: 'integer', default: 4010 }),
    flag('host', 'address to listen on', { default: '127.0.0.1' }),
    flag('system', 'serve one system, without the prefix', { enum: ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] }),
    flag('seed', 'seed of ids and random values', { default: 'orkit' }),
    flag('state', 'file that keeps the state between starts', {}),
    flag('latency', 'delay of every answer in ms, or a range: 20..80', {}),
    flag('rate-limits', 'documented, off, or a number per minute', { default: 'documented' }),
    flag('strict', 'answer 500 when the server’s own answer breaks the document', { type: 'boolean' }),
  ],
  examples: ['--port 4010', '--system orckai --port 0 --rate-limits off'],
  load: async () => (await import('./mock.js')).runMock,
}
