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
    flag('system', 'serve this system alone, on the vendor’s own paths; given several times: these, each under its prefix', { type: 'array', items: 'string', known: ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] }),
    flag('seed', 'seed of ids and random values', { default: 'orkit' }),
    flag('state', 'file that keeps the state between starts, whatever ends the server', {}),
    flag('latency', 'delay of every answer in ms, or a range: 20..80', {}),
    flag('chaos', 'share of requests that fail by chance, 0 to 1; the same ones for a seed', { type: 'number' }),
    flag('rate-limits', 'documented, off, or a number per minute', { default: 'documented' }),
    flag('record-requests', 'file to which each request is added as a line of JSON, secrets hidden', {}),
    flag('strict', 'answer 500 when the server’s own answer breaks the document', { type: 'boolean' }),
  ],
  facts: [
    ['Pages', '/ lists the systems with their credentials and shows requests as they come; /<system>/docs is Swagger UI, /<system>/redoc is ReDoc'],
    ['Control', '/__orkit/...: reset, snapshot, journal, verify, clock, faults; from other machines only with the token that is printed [env ORKIT_MOCK_TOKEN]'],
  ],
  examples: ['--port 4010', '--system orckai --port 0 --rate-limits off'],
  load: async () => (await import('./mock.js')).runMock,
}
