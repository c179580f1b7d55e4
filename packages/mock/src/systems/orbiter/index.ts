import { defineSystem } from '../../kernel/system.js'
import type { Json } from '../../kernel/types.js'
import type { Seed } from '../../kernel/definition.js'
import { agents } from './agents.js'
import { alerts } from './alerts.js'
import { apiKeys } from './api-keys.js'
import { auth } from './auth.js'
import { ci } from './ci.js'
import { conversations } from './conversations.js'
import { deployments } from './deployments.js'
import { isActive, resumeRun, RUNS } from './execution.js'
import { authenticate, guard } from './gates.js'
import { knowledgeBases } from './knowledge-bases.js'
import { monitoring } from './monitoring.js'
import { profile } from './profile.js'
import { projects } from './projects.js'
import { providers } from './providers.js'
import { document } from './routes.gen.js'
import { runs } from './runs.js'
import { search } from './search.js'
import seed from './seed.gen.json' with { type: 'json' }
import { tools } from './tools.js'
import { workflows } from './workflows.js'

export const orbiter = defineSystem({
  document,
  seed: chronological(seed),
  profile,
  authenticate,
  guard,
  resources: [auth, projects, agents, workflows, tools, knowledgeBases, deployments, runs, monitoring, alerts, conversations, search, providers, apiKeys, ci],
  start(c) {
    for (const run of c.everyone(RUNS).all(isActive)) resumeRun(c.as(String(run['_user_id'])), run)
  },
  credentials(seeded) {
    const user = seeded['_users']![0]
    const deployment = seeded['deployments']!.find((row) => row._key && row.status === 'active')
    return { email: user.email, password: user._password, ciKey: seeded['_keys']![0].key, deploymentId: deployment.id, deploymentKey: deployment._key }
  },
})

/** Lists go by the time of creation, conversations by that of their last change, so the seed is told in that order. */
function chronological(rows: Seed): Seed {
  const order = (name: string, row: Json): string => (name === 'conversations' ? row.updated_at : row.created_at) ?? ''
  const sorted = (name: string, list: readonly Json[]): readonly Json[] => list.toSorted((a, b) => (order(name, a) < order(name, b) ? -1 : order(name, a) > order(name, b) ? 1 : 0))
  return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, Array.isArray(list) ? sorted(name, list) : list]))
}
