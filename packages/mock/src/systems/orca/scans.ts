import { defineResource, type JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Row } from '../../kernel/types.js'
import { charge, price } from './billing.js'
import { checkContracts } from './monitoring.js'
import { percent, resume } from './progress.js'
import { sampleProfile } from './samples.js'

const SCAN = 'scan'
const STEPS = [{ status: 'queued', share: 1 }, { status: 'processing', share: 4 }] as const

/** Scans of one table of a connected source. */
export const scans = defineResource({
  collections: { 'public.scans': { label: 'Scan', present: show }, sources: { id: 'integer', label: 'Source' } },
  jobs: { [SCAN]: { steps: STEPS, success: 'completed', enter: entered } },
  behaviours: {
    'public.scans.trigger': (c) => {
      const { source_id, table_name } = c.body as { source_id: number; table_name: string }
      const source = c.store('sources').need(source_id)
      if (!source['_tables'].includes(table_name)) c.missing('Table')
      const tokens = estimate(c, source_id, table_name)
      charge(c, tokens)
      const scan = c.store('public.scans').insert({ status: 'queued', progress: 0, source_id, table_name, _estimated_tokens: tokens })
      const outcome = c.outcome(table_name)
      c.start(SCAN, String(scan.id), { data: { partial: outcome === 'degraded' }, ...(outcome === 'failure' && { fail: { reason: `${table_name} could not be read` } }) })
      return { scan_id: scan.id, status: 'queued', estimated_tokens: tokens }
    },
    'public.scans.get': (c) => {
      const id = c.path['scan_id']!
      const row = c.store('public.scans').need(id, 'Scan')
      if (row['status'] === 'processing' && !c.job(SCAN, id)) resume(c, 'public.scans', row, SCAN, STEPS.slice(1))
      c.world.jobs.poll(SCAN, id)
      return c.show('public.scans', c.store('public.scans').need(id))
    },
  },
})

/** What an earlier scan of the table cost, else what its columns cost. */
function estimate(c: SystemContext, source: number, table: string): number {
  const before = c.store('public.scans').find((row) => row['source_id'] === source && row['table_name'] === table)
  const columns: number = before?.['_columns'] ?? before?.['_estimated_tokens'] ?? sampleProfile(table).columns.length
  return columns * price(c, 'column')
}

function show(row: Row, c: SystemContext): Json {
  const live = c.job(SCAN, String(row.id))
  const { id, status, source_id, table_name, error } = row
  return { scan_id: id, status, progress: live && !live.done ? percent(row, live) : row['progress'], source_id, table_name, ...(error && { error }) }
}

function entered(c: SystemContext, job: JobView): void {
  const rows = c.store('public.scans')
  const row = rows.get(job.id)
  if (!row) return
  if (job.outcome === 'success') {
    rows.update(row.id, { status: job.data?.partial ? 'partial' : 'completed', progress: 100 })
    checkContracts(c, 'table', row['table_name'], sampleProfile(row['table_name']))
  } else if (job.outcome !== undefined) rows.update(row.id, { status: 'failed', progress: percent(row, job), error: job.reason ?? 'The scan failed' })
  else rows.update(row.id, { status: job.status, progress: percent(row, job) })
}
