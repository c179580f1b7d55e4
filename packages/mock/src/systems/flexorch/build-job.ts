import { defineResource, type JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { same } from './answers.js'
import { log } from './audit.js'
import { filesOf } from './exports/formats.js'
import { columnsOf } from './reading/analysis.js'
import { notify, notifyReady } from './webhooks.js'

export const buildJob = defineResource({
  jobs: {
    build: {
      steps: [{ status: 'queued' }, { status: 'dataset', share: 3 }],
      success: 'completed',
      failure: 'failed',
      factor: 0.5,
      enter(c, view) {
        const job = c.store('jobs').get(view.id)
        const dataset = job && c.store('datasets').get(job['_dataset_id'])
        if (!job || !dataset) return
        if (view.outcome === 'success') complete(c, job, dataset)
        else if (view.outcome === 'failure') fail(c, job, dataset, view)
        else if (view.status === 'dataset') c.store('jobs').update(job.id, { status: 'running', result_meta: { pipeline_stage: 'dataset' } })
      },
    },
  },
})

function complete(c: SystemContext, job: Row, before: Row): void {
  const executions: Row[] = job['_execution_ids'].map((id: Json) => c.store('executions').get(id)).filter(Boolean)
  const rows: Members[] = executions.flatMap((execution) => execution['records'] ?? [])
  const columns = columnsOf(rows)
  const dataset = c.store('datasets').update(before.id, {
    status: 'ready', row_count: rows.length, format_summary: { files: filesOf(before, columns, rows) }, _rows: rows, _columns: columns, _profile: null,
    // A new version is not in the index yet.
    _chunks: [], _index: { status: 'not_indexed', chunks_indexed: 0, total_chunks: 0 },
  })
  const ref = { id: dataset.id, name: dataset['name'], slug: dataset['slug'], status: 'ready', row_count: rows.length }
  for (const execution of executions) {
    c.store('executions').update(execution.id, { dataset: ref })
    linkDocument(c, execution, ref)
    linkJob(c, execution)
  }
  c.store('jobs').update(job.id, {
    status: 'completed', result_meta: null, has_dataset: true, completed_at: c.now(),
    dataset_summary: { dataset_id: dataset.id, name: dataset['name'], slug: dataset['slug'], status: 'ready', version: dataset['_version'] ?? 1, row_count: rows.length },
  })
  log(c, 'dataset.built', 'success')
  notify(c, 'job.completed', { job_id: job.id, status: 'completed', quality_grade: null, pii_findings_count: 0 })
  notifyReady(c, dataset, { dataset_id: dataset.id, job_id: job.id, status: 'ready' })
}

function fail(c: SystemContext, job: Row, dataset: Row, view: JobView): void {
  const reason = view.reason ?? 'PROCESSING_FAILED'
  c.store('datasets').update(dataset.id, { status: 'failed' })
  c.store('jobs').update(job.id, { status: 'failed', result_meta: null, error: reason, failure_reason: reason, completed_at: c.now() })
  log(c, 'dataset.built', 'failure')
  notify(c, 'job.failed', { job_id: job.id, status: 'failed', failure_reason: reason })
}

/** The dataset of its newest run, or one more that its rows are in. */
function linkDocument(c: SystemContext, execution: Row, ref: Members): void {
  const document = c.store('documents').get(execution['document_id'])
  if (!document) return
  const others = document['related_datasets'].filter((one: Members) => !same(one['id'], ref['id']))
  const newest = same(document['latest_execution']?.id, execution.id)
  const own = newest && (document['dataset'] === null || same(document['dataset'].id, ref['id']))
  c.store('documents').update(document.id, own ? { dataset: ref } : { related_datasets: [...others, ref] })
}

function linkJob(c: SystemContext, execution: Row): void {
  const job = c.store('jobs').find((row) => same(row['processing_summary']?.execution_id, execution.id))
  if (job) c.store('jobs').update(job.id, { has_dataset: true, processing_summary: { ...job['processing_summary'], has_dataset: true } })
}
