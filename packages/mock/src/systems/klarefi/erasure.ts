import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { rowId } from './environment.js'
import type { Feature } from './extract.js'
import { CASE } from './processing.js'

const BATCH = 100
const KINDS = ['evidence', 'candidates', 'decisions'] as const

export const erasure = defineResource({
  collections: { documents: { label: 'Document' } },
  behaviours: {
    'documents.erase': (c) => {
      const document = c.store('documents').need(rowId(c, c.path['doc_id']!))
      forget(c, document)
      const left: Record<string, number> = { ...document['_derived'] }
      let budget = BATCH
      const deleted = Object.fromEntries(KINDS.map((kind) => {
        const now = Math.min(left[kind] ?? 0, budget)
        left[kind] = (left[kind] ?? 0) - now
        budget -= now
        return [`deleted_${kind}`, now]
      }))
      const completed = KINDS.every((kind) => left[kind] === 0)
      if (completed) c.store('documents').remove(document.id)
      else c.store('documents').update(document.id, { _derived: left })
      const gone = completed ? 1 : 0
      return c.reply(completed ? 200 : 202, {
        erasure_receipt: {
          doc_id: document['doc_id'], audit_id: c.id('_audit', 'audit_'), completed, ...deleted, deleted_document: completed, deleted_case_documents: gone, deleted_artifacts: gone,
          deleted_uploads: 0, deleted_storage_objects: gone, batch_count: BATCH - budget, batch_limit: BATCH, remaining_budget: budget, timestamp: c.now(),
        },
      })
    },
  },
})

/** From the first batch on the case shows nothing of the document; what was still at work on it is stopped. */
function forget(c: SystemContext, document: Row): void {
  const docId: string = document['doc_id']
  const row = c.store('cases').get(rowId(c, document['case_id']))
  if (!row || !row['document_ids'].includes(docId)) return
  c.world.jobs.cancel(CASE, String(row.id))
  const features: Record<string, Feature> = {}
  const facts = { ...row['facts'] }
  for (const [id, feature] of Object.entries(row['features'] as Record<string, Feature>)) {
    const kept = without(feature, docId)
    if (kept.candidates.length > 0) features[id] = kept
    if (!kept.decision) delete facts[id]
  }
  c.store('cases').update(row.id, {
    features, facts, document_ids: row['document_ids'].filter((id: string) => id !== docId), documents: row['documents'].filter((one: { doc_id: string }) => one.doc_id !== docId),
  })
}

function without({ decision, candidates, evidence }: Feature, docId: string): Feature {
  const passages = evidence.filter((passage) => passage.doc_id !== docId)
  const ids = new Set(passages.map((passage) => passage.evidence_id))
  const values = candidates.map((candidate) => ({ ...candidate, evidence_ids: candidate.evidence_ids.filter((id) => ids.has(id)) })).filter((candidate) => candidate.evidence_ids.length > 0)
  const stands = decision && values.some((candidate) => candidate.candidate_id === decision.selected_candidate_id)
  return { ...(stands && { decision }), candidates: values, evidence: passages }
}
