import { defineResource, type JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Members, Row } from '../../kernel/types.js'
import { log } from './audit.js'
import { contentOf } from './intake.js'
import { analyse, type Analysis, type PipelineConfig } from './reading/analysis.js'
import { charge, countQuality } from './usage.js'
import { notify } from './webhooks.js'

const STAGES = ['queued', 'extract', 'privacy', 'quality', 'dataset']
const DEFAULT_CONFIG: PipelineConfig = { mask: true, hint: null, locale: 'und' }

export const processJob = defineResource({
  jobs: {
    process: {
      steps: [{ status: 'queued' }, { status: 'extract', share: 3 }, { status: 'privacy', share: 2 }, { status: 'quality', share: 2 }, { status: 'dataset' }],
      success: 'completed',
      failure: 'failed',
      enter(c, view) {
        const job = c.store('jobs').get(view.id)
        if (!job) return
        if (view.outcome === 'success') complete(c, job)
        else if (view.outcome === 'failure') fail(c, job, view)
        else advance(c, job, view.status)
      },
    },
  },
})

/** A seeded job that is under way already does not go back. */
function advance(c: SystemContext, job: Row, stage: string): void {
  const before = job['result_meta']?.pipeline_stage ?? 'queued'
  if (STAGES.indexOf(stage) <= STAGES.indexOf(before)) return
  c.store('jobs').update(job.id, { status: 'running', result_meta: { pipeline_stage: stage } })
  const document = c.store('documents').get(job['document_id'])
  if (document) c.store('documents').update(document.id, { processing_history: historyWith(document, job, 'running', null) })
}

function complete(c: SystemContext, job: Row): void {
  const document = c.store('documents').get(job['document_id'])
  if (!document) return
  const content = contentOf(c, document)
  const degraded = job['_outcome'] === 'degraded'
  const confidence = content.picture ? 0.6 + c.world.random(`ocr/${document['filename']}`).integer(0, 38) / 100 : null
  const result = analyse(degraded ? { ...content, rows: [] } : content, job['_config'] ?? DEFAULT_CONFIG, confidence)
  const execution = c.store('executions').insert(executionOf(document, result, job, degraded))
  c.store('jobs').update(job.id, { status: 'completed', result_meta: null, completed_at: c.now(), ...summaries(execution, result) })
  c.store('documents').update(document.id, {
    status: 'processed',
    processing_count: document['processing_count'] + 1,
    latest_execution: { id: execution.id, status: 'completed', degraded },
    // The dataset of an earlier run is no longer that of the newest.
    dataset: null,
    related_datasets: [...document['related_datasets'], ...(document['dataset'] ? [document['dataset']] : [])],
    processing_history: historyWith(document, job, 'completed', result.grade),
  })
  countQuality(c, result.score, result.grade, result.fillRate)
  log(c, 'job.completed', 'success', document.id)
  notify(c, 'job.completed', { job_id: job.id, status: 'completed', quality_grade: result.grade, pii_findings_count: result.findingsCount })
}

function fail(c: SystemContext, job: Row, view: JobView): void {
  const document = c.store('documents').get(job['document_id'])
  const reason = view.reason ?? 'PROCESSING_FAILED'
  const error = reason === 'EMPTY_DOCUMENT' ? 'The document holds no text' : reason === 'UNSUPPORTED_FILE' ? 'The file is not what its name says' : 'The document could not be processed'
  const privacy = { pii_findings_count: 0, privacy_applied: false, masked_record_count: 0 }
  const execution = c.store('executions').insert({
    document_id: job['document_id'], status: 'failed', degraded: false, document_type: null,
    result_meta: { document_type: null, detected_language: null, grade: null, score: null, warnings: [], privacy_applied: false, pii_findings_count: 0, step_failures: [] },
    privacy, output_summary: { row_count: 0, column_count: 0, columns: [], pii_type_summary: {} }, records: [], dataset: null,
  })
  c.store('jobs').update(job.id, {
    status: 'failed', result_meta: null, error, failure_reason: reason, completed_at: c.now(),
    execution_summary: { execution_id: execution.id, status: 'failed', degraded: false, failure_reason: reason, privacy: { ...privacy, pii_type_summary: {} } },
  })
  if (document) {
    const ok = document['latest_execution']?.status === 'completed'
    c.store('documents').update(document.id, {
      status: ok ? 'processed' : 'failed', processing_count: document['processing_count'] + 1, processing_history: historyWith(document, job, 'failed', null),
      ...(!ok && { latest_execution: { id: execution.id, status: 'failed', degraded: false } }),
    })
  }
  // Only what was processed costs credits.
  charge(c, -(job['_credits'] ?? 0), 0)
  log(c, 'job.failed', 'failure', job['document_id'])
  notify(c, 'job.failed', { job_id: job.id, status: 'failed', failure_reason: reason })
}

function executionOf(document: Row, result: Analysis, job: Row, degraded: boolean): Members {
  const masked = (job['_config'] ?? DEFAULT_CONFIG).mask
  return {
    document_id: document.id, status: 'completed', degraded, document_type: result.kind,
    result_meta: {
      document_type: result.kind, detected_language: result.language, grade: result.grade, score: result.score, warnings: result.warnings, privacy_applied: masked, pii_findings_count: result.findingsCount,
      step_failures: degraded ? [{ step: 'extract', error_type: 'Timeout', error: 'Table extraction took too long' }] : [],
    },
    privacy: { pii_findings_count: result.findingsCount, privacy_applied: masked, masked_record_count: result.maskedRecords },
    output_summary: { row_count: result.records.length, column_count: result.columns.length, columns: result.columns, pii_type_summary: result.findings },
    records: result.records, dataset: null, _job_id: job.id, _filename: document['filename'],
  }
}

function summaries(execution: Row, result: Analysis): Members {
  const { score, grade, warnings, findingsCount, findings } = result
  const { privacy, degraded, document_id } = execution
  return {
    quality: { grade, score }, detected_language: result.language, pii_findings_count: findingsCount, privacy_applied: privacy.privacy_applied,
    processing_summary: {
      execution_id: execution.id, document_id, quality: { grade, score, warnings, field_fill_rate: result.fillRate, ocr_confidence: result.confidence }, privacy,
      row_count: result.records.length, has_dataset: false, fields: result.fields, pii_type_summary: findings,
    },
    execution_summary: { execution_id: execution.id, status: 'completed', degraded, failure_reason: null, privacy: { ...privacy, pii_type_summary: findings } },
  }
}

function historyWith(document: Row, job: Row, status: string, grade: string | null): Members[] {
  return document['processing_history'].map((entry: Members) => (entry['job_id'] === job.id ? { ...entry, status, quality_grade: grade } : entry))
}
