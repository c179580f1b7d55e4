import { defineResource, type JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Row } from '../../kernel/types.js'
import { charge, price } from './billing.js'
import { keep, profileOf, taken } from './files.js'
import { checkContracts } from './monitoring.js'
import { percent, resume } from './progress.js'
import { sampleProfile } from './samples.js'

const JOB = 'public.job'
const STEPS = [{ status: 'queued', share: 1 }, { status: 'reading', share: 2 }, { status: 'classifying', share: 5 }] as const

/** The surface for integrations, minus scans. */
export const publicSurface = defineResource({
  collections: {
    'public.jobs': { label: 'Job', present: show },
    'public.alerts': {
      id: 'integer',
      newestFirst: true,
      filters: { since: (row, value: string) => String(row['created_at']).slice(0, 10) >= value },
      page: ({ offset, limit }) => ({ error: null, meta: { page: Math.floor(offset / limit) + 1 } }),
    },
  },
  jobs: { [JOB]: { steps: STEPS, success: 'completed', enter: entered } },
  behaviours: {
    'public.health': () => ({ status: 'ok', version: '1.0.0' }),
    'public.upload': async (c) => {
      const upload = await taken(c)
      const { columns, error } = upload.profile
      // Who cannot pay leaves no file behind.
      charge(c, columns.length * price(c, 'column'))
      const file = keep(c, upload)
      const job = c.store('public.jobs').insert({ status: 'queued', progress: 0, file_id: file.id })
      const reason = error ?? (c.outcome(file['file_name']) === 'failure' ? 'The file could not be classified' : undefined)
      const partial = c.outcome(file['file_name']) === 'degraded'
      c.start(JOB, String(job.id), { data: { partial }, ...(reason !== undefined && { fail: { step: 'reading', reason } }) })
      return { job_id: job.id, file_name: file['file_name'], status: 'queued' }
    },
    'public.jobs.get': (c) => {
      const id = c.path['job_id']!
      const row = c.store('public.jobs').need(id, 'Job')
      if (!c.job(JOB, id) && (row['status'] === 'queued' || row['status'] === 'processing')) resume(c, 'public.jobs', row, JOB, row['status'] === 'queued' ? STEPS : STEPS.slice(2))
      c.world.jobs.poll(JOB, id)
      return c.show('public.jobs', c.store('public.jobs').need(id))
    },
  },
})

function show(row: Row, c: SystemContext): Json {
  const live = row['status'] === 'queued' || row['status'] === 'processing' ? c.job(JOB, String(row.id)) : undefined
  return {
    job_id: row.id, status: row['status'], progress: live && !live.done ? percent(row, live) : row['progress'], file_id: row['file_id'],
    ...(row['columns'] && { columns: row['columns'] }), ...(row['error'] && { error: row['error'] }),
  }
}

function entered(c: SystemContext, job: JobView): void {
  const rows = c.store('public.jobs')
  const row = rows.get(job.id)
  if (!row) return
  const file = c.store('files').get(row['file_id'])
  const profile = file ? profileOf(file) : sampleProfile('orders')
  if (job.outcome === 'success') {
    rows.update(row.id, { status: job.data?.partial ? 'partial' : 'completed', progress: 100, columns: profile.columns.map(({ name, classification, confidence }) => ({ name, classification, confidence })) })
    if (file) checkContracts(c, 'file', file['file_name'], profile)
  } else if (job.outcome !== undefined) rows.update(row.id, { status: 'failed', progress: percent(row, job), error: job.reason ?? 'The file could not be classified' })
  else rows.update(row.id, { status: job.status === 'queued' ? 'queued' : 'processing', progress: percent(row, job) })
  if (file) c.store('files').update(file.id, { status: { success: 'completed', failure: 'failed', cancelled: 'uploaded' }[job.outcome as string] ?? (job.status === 'queued' ? 'uploaded' : 'processing') })
}
