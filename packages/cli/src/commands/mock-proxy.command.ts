import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'

export const mockProxyCommand: Command = {
  path: ['mock', 'proxy'],
  summary: 'Forward to a real service and report where it departs from its document',
  description:
    'Clients talk to the proxy instead of the service. Nothing is changed on the way; requests and answers are held against the document: unknown and missing fields, wrong types and values, undocumented statuses, media types, parameters and operations. Credentials never get into the report.',
  args: [{ name: 'system', in: 'body', type: 'string', required: true, description: 'whose document to hold it against', enum: ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] }],
  flags: [
    flag('target', 'base URL of the service, as a client would be given it', { required: true }),
    flag('report', 'file for the report, rewritten with each new finding; without it the report is printed at the end', {}),
    flag('port', 'port on the loopback interface; 0 takes a free one', { type: 'integer', default: 4020 }),
  ],
  facts: [['Exit code', '0 when nothing departs, 8 when something does']],
  examples: ['orckai --target https://api.example.com/api/v1 --report drift.json'],
  load: async () => (await import('./mock-proxy.js')).runMockProxy,
}
