import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'

/** `orkit api <system> <METHOD> <path>`: any call, signed in as the profile is. */
export const apiCommand: Command = {
  path: ['api'],
  summary: 'Call any path of a system',
  description: 'Sends a request of your own with the credentials, retries and errors of the chosen system. A path of the document may be given with its values filled in.',
  args: [
    { name: 'system', in: 'body', type: 'string', required: true, description: 'orca, orckai, flexorch, klarefi or orbiter', enum: ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] },
    { name: 'method', in: 'body', type: 'string', required: true, description: 'GET, POST, PUT, PATCH or DELETE', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] },
    { name: 'path', in: 'body', type: 'string', required: true, description: 'path after the base URL, with its query: /agents?limit=5' },
  ],
  flags: [flag('paginate', 'follow the pages of a list, print its items', { type: 'boolean' }), flag('header', "'Name: value' to send along", { type: 'array', items: 'string' })],
  body: 'json',
  dryRun: true,
  examples: ['orckai GET /agents', 'orckai GET /agents --paginate -o jsonl', "orckai POST /agents --body '{\"name\": \"Sales Assistant\"}'"],
  load: async () => (await import('./api.js')).runApi,
}
