import { defineResource, type JobView } from '../../kernel/definition.js'
import type { Context } from '../../kernel/context.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { fileNameOf, notPublic } from './addresses.js'
import { pagesOf } from './document-text.js'
import { rowId } from './environment.js'
import { emit } from './events.js'
import { decide, extract, factsOf, type Feature, review } from './extract.js'
import { caseTypeOf, liveGate } from './gates.js'
import { keyOf, once } from './idempotency.js'
import { orgOf } from './organisation.js'

export const CASE = 'case'

export const processing = defineResource({
  behaviours: {
    'process.create': (c) => {
      const key = keyOf(c)
      liveGate(c)
      const refusal = notPublic(c.body.document_url)
      if (refusal !== undefined) c.fail('invalid_document_url', refusal)
      const type = caseTypeOf(c)
      return once(c, key, () => submit(c, key, type))
    },
  },
})

function submit(c: Context, key: string, type: Row) {
  const { document_url, case_type_id, external_case_id, external_applicant_id, external_customer_id, trace_id } = c.body as Record<string, string>
  const name = fileNameOf(document_url!)
  const case_id = c.id('cases', 'case_')
  const doc_id = c.id('documents', 'doc_')
  const job_id = c.id('_jobs', 'job_')
  const outcome = c.outcome(name)
  // `X-Mock-Outcome: degraded` or such a name makes the document say two things; "reviewed" brings the operator in as well.
  const reviewed = outcome !== 'failure' && /reviewed/i.test(name)
  const ambiguous = outcome === 'degraded' || reviewed || /(?:^|[^a-z])(?:review|ambiguous)(?:[^a-z]|$)/i.test(name)
  c.store('documents').insert({
    id: rowId(c, doc_id), doc_id, case_id, job_id, document_url, _facts: type['facts'], _derived: { evidence: 0, candidates: 0, decisions: 0 }, _pages: pagesOf(c, document_url!, type['name'], type['facts'], ambiguous),
  })
  const row = c.store('cases').insert({
    id: rowId(c, case_id), case_id, org_id: orgOf(c), status: 'processing', case_type_id, external_case_id: external_case_id ?? null, trace_id: trace_id ?? null, review_state: null,
    document_ids: [doc_id], features: {}, facts: {}, documents: [{ doc_id }],
    _external_applicant_id: external_applicant_id ?? null, _external_customer_id: external_customer_id ?? null, _idempotency_key: key, _created_at: c.now(),
  })
  c.start(CASE, String(row.id), {
    data: { doc_id, doubtful: outcome === 'degraded' },
    ...(outcome === 'failure' && { fail: { step: 'reading', reason: `${name} could not be read` } }),
    ...(reviewed && { steps: [{ status: 'reading', share: 2 }, { status: 'deciding', share: 3 }, { status: 'reviewing', share: 3 }] }),
  })
  return { case_id, doc_id, job_id, status: 'queued' }
}

/** Follows the engine: the case changes and tells of it at every step. */
export function follow(c: SystemContext, job: JobView): void {
  const row = c.store('cases').get(job.id)
  if (!row) return
  const change = (members: Record<string, unknown>): Row => c.store('cases').update(row.id, members)
  if (job.outcome === 'failure') {
    emit(c, row, 'document.failed', { doc_id: job.data.doc_id, reason: job.reason })
    emit(c, change({ status: 'failed' }), 'case.failed')
  } else if (job.outcome === 'cancelled') emit(c, change({ status: 'failed' }), 'case.failed')
  else if (job.outcome === 'success') end(c, row, job, change)
  else if (job.status === 'reading') emit(c, row, 'document.uploaded', { doc_id: job.data.doc_id })
  else if (job.status === 'deciding') {
    read(c, job.data.doc_id, change)
    emit(c, row, 'document.processed', { doc_id: job.data.doc_id })
    emit(c, row, 'case.processing')
  } else emit(c, change({ status: 'needs_review', review_state: 'pending' }), 'case.needs_review')
}

/** The values and passages of the document. */
function read(c: SystemContext, docId: string, change: (members: Record<string, unknown>) => Row): void {
  const document = c.store('documents').get(rowId(c, docId))
  if (!document) return
  const features = extract(c, docId, document['_pages'], document['_facts'])
  change({ features })
  count(c, document, features)
}

function end(c: SystemContext, row: Row, job: JobView, change: (members: Record<string, unknown>) => Row): void {
  const features = row['features'] as Record<string, Feature>
  const clear = decide(c, features) && !job.data.doubtful
  const reviewed = row['status'] === 'needs_review'
  if (reviewed) review(c, features)
  const document = c.store('documents').get(rowId(c, job.data.doc_id))
  if (document) count(c, document, features)
  const facts = factsOf(features)
  if (!clear && !reviewed) {
    emit(c, change({ features, facts, status: 'needs_review', review_state: 'pending' }), 'case.needs_review')
    return
  }
  const done = change({ features, facts, status: 'completed', ...(reviewed && { review_state: 'completed' }) })
  if (reviewed) emit(c, done, 'review.completed')
  emit(c, done, 'case.completed')
}

/** What an erasure of the document would delete. */
function count(c: SystemContext, document: Row, features: Record<string, Feature>): void {
  const all = Object.values(features)
  const sum = (of: (feature: Feature) => number): number => all.reduce((total, feature) => total + of(feature), 0)
  c.store('documents').update(document.id, { _derived: { evidence: sum(({ evidence }) => evidence.length), candidates: sum(({ candidates }) => candidates.length), decisions: sum(({ decision }) => (decision ? 1 : 0)) } })
}
