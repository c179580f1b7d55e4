import type { Seed } from '../../kernel/definition.js'
import { defineSystem, type System } from '../../kernel/system.js'
import type { Json } from '../../kernel/types.js'
import { audit } from './audit.js'
import { auth, proveToken } from './auth.js'
import { buildJob } from './build-job.js'
import { compliance } from './compliance.js'
import { connectors } from './connectors.js'
import { datasetFacts } from './dataset-facts.js'
import { datasetIndex } from './dataset-index.js'
import { datasets } from './datasets.js'
import { documents } from './documents.js'
import { exports } from './exports/behaviours.js'
import { fineTune } from './fine-tune.js'
import { jobs } from './jobs.js'
import { guard } from './plans.js'
import { processJob } from './process-job.js'
import { profile } from './profile.js'
import { document } from './routes.gen.js'
import { schedules } from './schedules.js'
import { search } from './search.js'
import seed from './seed.gen.json' with { type: 'json' }
import { settings } from './settings.js'
import { sync } from './sync.js'
import { team } from './team.js'
import { usage } from './usage.js'
import { delivery, webhooks } from './webhooks.js'

export const flexorch: System = defineSystem({
  document,
  // Lists go by the order of the store, newest first.
  seed: { ...seed, documents: byTime(seed.documents), jobs: byTime(seed.jobs), datasets: byTime(seed.datasets) } satisfies Seed,
  profile,
  guard,
  authenticate: { jwt: proveToken },
  webhooks: delivery,
  resources: [
    documents, processJob, jobs, datasets, buildJob, datasetFacts, datasetIndex, exports, search, connectors, schedules, sync,
    webhooks, usage, compliance, audit, auth, team, settings, fineTune,
  ],
})

function byTime(rows: readonly Json[]): readonly Json[] {
  return rows.toSorted((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0))
}
