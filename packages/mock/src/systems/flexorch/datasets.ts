import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Reply } from '../../kernel/reply.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Row } from '../../kernel/types.js'
import { accepted, invalid, pageMembers, same } from './answers.js'
import { snake } from './reading/tables.js'

interface Build {
  name: string
  slug?: string | undefined
  description?: string | undefined
  executions: readonly Row[]
  /** Put the rows in place of those of this one. */
  replace?: Row | undefined
}

export const datasets = defineResource({
  collections: {
    datasets: {
      newestFirst: true,
      page: pageMembers,
      filters: {
        source_execution_id: (row, id) => list(row['_execution_ids']).some((one) => same(one, id)),
        source_document_id: (row, id) => list(row['_document_ids']).some((one) => same(one, id)),
        job_id: (row, id, c) => same(row['_job_id'], id) || list(row['_execution_ids']).some((one) => same(one, c.store('jobs').get(id)?.['processing_summary']?.execution_id)),
        q: (row, text) => `${row['name']} ${row['slug']} ${row['description'] ?? ''}`.toLowerCase().includes(String(text).toLowerCase()),
      },
    },
  },
  behaviours: {
    'datasets.create': (c) => {
      const { name, execution_ids = [], job_ids = [] } = c.body
      if (execution_ids.length === 0 && job_ids.length === 0) return invalid(c, 'Give execution_ids or job_ids')
      if (named(c, name)) return invalid(c, `name: there is a dataset called ${name} already`)
      const wanted = [...execution_ids, ...job_ids.map((id: Json) => executionOfJob(c, id))]
      const executions = [...new Set(wanted.map(String))].map((id) => c.store('executions').get(id) ?? invalid(c, `Execution ${id} was not found`))
      return build(c, { name, executions })
    },
    'datasets.buildFromExecution': (c) => {
      const execution = c.store('executions').need(c.path['execution_id']!)
      const { name, slug, description, force_rebuild = false, replace_existing = false } = c.body ?? {}
      const existing = c.store('datasets').all((row) => row['_execution_ids']?.length === 1 && same(row['_execution_ids'][0], execution.id)).at(-1)
      if (existing && !force_rebuild && !replace_existing) return again(c, existing)
      const replace = replace_existing ? existing : undefined
      const taken = name === undefined ? undefined : named(c, name)
      if (taken && !same(taken.id, replace?.id)) return invalid(c, `name: there is a dataset called ${name} already`)
      return build(c, { name: name ?? replace?.['name'] ?? freeName(c, `dataset_execution_${execution.id}`), slug: slug ?? replace?.['slug'], description, executions: [execution], replace })
    },
  },
})

/** Starts the job that builds a dataset. */
function build(c: Context, { name, slug, description, executions, replace }: Build): Reply {
  const unfinished = executions.find((execution) => execution['status'] !== 'completed')
  if (unfinished) return c.error('NO_OUTPUT_DATA', `Execution ${unfinished.id} has not completed`)
  if (executions.every((execution) => list(execution['records']).length === 0)) return c.error('NO_OUTPUT_DATA', `Execution ${executions[0]!.id} produced no rows`)
  const id = c.world.newId('jobs')
  const sources = { _execution_ids: executions.map((execution) => execution.id), _document_ids: executions.map((execution) => execution['document_id']), _job_id: id }
  const changes = { name, slug: slug ?? snake(name).replaceAll('_', '-'), description: description ?? null, status: 'building', ...sources }
  const dataset = replace
    ? c.store('datasets').update(replace.id, { ...changes, _version: (replace['_version'] ?? 1) + 1 })
    : c.store('datasets').insert({ row_count: 0, created_at: c.now(), format_summary: { files: {} }, ...changes, _version: 1, _index: { status: 'not_indexed', chunks_indexed: 0, total_chunks: 0 }, _columns: [], _rows: [], _chunks: [] })
  c.store('jobs').insert({
    id, job_id: id, job_type: 'dataset_build', status: 'queued', error: null, failure_reason: null, document_id: null, has_dataset: false, created_at: c.now(), completed_at: null,
    _dataset_id: dataset.id, _execution_ids: sources._execution_ids,
  })
  c.start('build', String(id), c.outcome(name) === 'failure' ? { fail: { reason: 'The rows could not be written' } } : {})
  return accepted(c, { job_id: id, job_type: 'dataset_build', status: 'queued', reference_id: dataset.id }, id)
}

/** Nothing is built twice unless asked for: the answer is the job of the first time. */
function again(c: Context, dataset: Row): Reply {
  const job = dataset['_job_id'] === undefined ? undefined : c.store('jobs').get(dataset['_job_id'])
  if (!job || job['status'] === 'failed') return build(c, { name: dataset['name'], slug: dataset['slug'], executions: list(dataset['_execution_ids']).map((id) => c.store('executions').need(id)), replace: dataset })
  return accepted(c, { job_id: job.id, job_type: 'dataset_build', status: job['status'], reference_id: dataset.id }, job.id)
}

function executionOfJob(c: Context, id: Json): Json {
  const job = c.store('jobs').get(id) ?? invalid(c, `Job ${id} was not found`)
  return job['processing_summary']?.execution_id ?? invalid(c, `Job ${id} has no result to build from`)
}

function named(c: SystemContext, name: string): Row | undefined {
  return c.store('datasets').find((row) => row['name'] === name)
}

function freeName(c: SystemContext, name: string): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}_${i}`
    if (!named(c, candidate)) return candidate
  }
}

function list(value: Json): Json[] {
  return Array.isArray(value) ? value : []
}
