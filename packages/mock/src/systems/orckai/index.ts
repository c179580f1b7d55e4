import { defineSystem } from '../../kernel/system.js'
import { agents } from './agents.js'
import { chat } from './chat.js'
import { knowledgeBases } from './knowledge-bases.js'
import { mcpServers } from './mcp-servers.js'
import { organization } from './organization.js'
import { profile } from './profile.js'
import { document } from './routes.gen.js'
import seed from './seed.gen.json' with { type: 'json' }
import { templates } from './templates.js'
import { EXECUTION, workflows } from './workflows.js'

export const orckai = defineSystem({
  document,
  seed,
  profile,
  resources: [agents, workflows, knowledgeBases, templates, mcpServers, chat, organization],
  // Runs that the seed shows under way can be cancelled; they move only by hand.
  start(c) {
    for (const run of c.everyone(EXECUTION).all((row) => row['status'] === 'queued' || row['status'] === 'running')) {
      c.as(run['_org'] ?? 'main').start(EXECUTION, String(run.id), { from: run['status'] })
    }
  },
})
