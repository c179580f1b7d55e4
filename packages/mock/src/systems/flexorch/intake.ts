import type { SystemContext } from '../../kernel/system-context.js'
import type { Members, Row } from '../../kernel/types.js'
import { same } from './answers.js'
import type { PipelineConfig } from './reading/analysis.js'
import { type Content, textContent } from './reading/read.js'
import { charge } from './usage.js'

export interface Incoming extends Content {
  /** Of the bytes: the same content is recognised. */
  hash: string
  size: number
  /** Where a connector had it. */
  source?: { connector_id: string | number; key: string }
}

/** Credits of a document: pictures go through a model. */
export function costOf({ picture }: Pick<Content, 'picture'>): number {
  return picture ? 3 : 1
}

/** The document that had the same content, or came from the same object of a connector, unless its processing failed. */
export function twin(c: SystemContext, { hash, source }: Pick<Incoming, 'hash' | 'source'>): { document: Row; job: Row } | undefined {
  const candidates = [
    ...c.store('_files').all((row) => row['hash'] === hash).map((file) => c.store('documents').get(file.id)),
    ...(source ? c.store('documents').all((row) => row['_source']?.key === source.key && same(row['_source'].connector_id, source.connector_id)) : []),
  ]
  for (const document of candidates) {
    const last = document?.['processing_history'].at(-1)
    const job = last && c.store('jobs').get(last.job_id)
    if (document && job && job['status'] !== 'failed') return { document, job }
  }
  return undefined
}

/** Stores a document and queues its first job. */
export function takeIn(c: SystemContext, incoming: Incoming, config: PipelineConfig, outcome: string): { document: Row; job: Row } {
  const { hash, size, source, ...content } = incoming
  const id = c.world.newId('documents')
  c.store('_files').insert({ id, hash, size, content })
  const document = c.store('documents').insert({
    id, filename: content.name, file_ext: extensionOf(content.name), status: 'processing', storage_path: source ? null : `documents/${id}/${content.name}`, created_at: c.now(),
    processing_count: 0, latest_execution: null, dataset: null, processing_history: [], related_datasets: [], ...(source && { _source: source }),
  })
  return { document, job: queue(c, document, content, config, outcome) }
}

/** Queues a job for a stored document and takes its credits. */
export function queue(c: SystemContext, document: Row, content: Content, config: PipelineConfig, outcome: string): Row {
  const credits = costOf(content)
  const id = c.world.newId('jobs')
  const job = c.store('jobs').insert({
    id, job_id: id, job_type: 'data_process', status: 'queued', error: null, failure_reason: null, document_id: document.id, has_dataset: false,
    created_at: c.now(), completed_at: null, _config: config, _outcome: outcome, _credits: credits,
  })
  const history = [...document['processing_history'], { job_id: id, status: 'queued', quality_grade: null }]
  c.store('documents').update(document.id, { status: 'processing', processing_history: history })
  charge(c, credits, 1)
  const reason = outcome === 'failure' ? 'PROCESSING_FAILED' : content.problem
  c.start('process', String(id), { ...(reason !== null && { fail: { step: 'extract', reason } }) })
  return job
}

/** What was read of a document when it came; seeded ones have no file, their name stands for it. */
export function contentOf(c: SystemContext, document: Row): Content {
  return c.store('_files').get(document.id)?.['content'] ?? synthetic(document['filename'])
}

/** Text of an object that only exists by name. */
export function synthetic(key: string): Content {
  const name = key.slice(key.lastIndexOf('/') + 1)
  const title = name.replace(/\.\w+$/, '').replaceAll(/[_-]+/g, ' ')
  return textContent(name, `${title}\n\nThis is the text of the document ${title}, as it was found in the store of the connector.\n\nReference: ${title}`)
}

export function extensionOf(name: string): string {
  return /\.[a-z0-9]+$/i.exec(name)?.[0].toLowerCase() ?? ''
}

export function publicJob(filename: string, job: Row, document: Row): Members {
  return { filename, job_id: job.id, status: 'queued', document_id: document.id }
}
