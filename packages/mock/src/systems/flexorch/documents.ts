import type { UploadedFile } from '../../kernel/body.js'
import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Reply } from '../../kernel/reply.js'
import type { Json, Members } from '../../kernel/types.js'
import { sha256Hex } from '../../world/hash.js'
import { accepted, invalid, pageMembers } from './answers.js'
import { contentOf, costOf, extensionOf, type Incoming, publicJob, queue, takeIn, twin } from './intake.js'
import { PLANS, planOf } from './plans.js'
import { pull, type Rejected } from './pull.js'
import type { PipelineConfig } from './reading/analysis.js'
import { EXTENSIONS, readContent } from './reading/read.js'
import { creditsLeft } from './usage.js'

export const documents = defineResource({
  collections: {
    documents: { newestFirst: true, page: pageMembers, summary: ({ processing_history: _, related_datasets: __, ...row }) => row },
    executions: {},
  },
  behaviours: {
    'documents.process': async (c) => {
      const body = (c.body ?? {}) as Members
      const files = c.files['files'] ?? []
      const source = parsed(c, body['source'], 'source')
      if (files.length === 0 && source === undefined) return c.error('MISSING_INPUT', 'Send at least one file in `files`, or a `source`')
      const config = configOf(c, parsed(c, body['pipeline_config'], 'pipeline_config'), body['locale'])
      const rejected: Rejected[] = []
      const taken = files.filter((file) => !refused(c, file, files.length === 1, rejected))
      const incoming: Incoming[] = []
      for (const file of taken) incoming.push({ ...(await readContent(file)), hash: sha256Hex(file.bytes), size: file.size })
      if (source !== undefined) incoming.push(...pull(c, source, rejected))
      return answer(c, incoming, rejected, config)
    },
    'documents.reprocess': (c) => {
      const document = c.store('documents').get(c.path['id']!)
      if (!document) return c.error('DOCUMENT_NOT_FOUND', `Document ${c.path['id']} was not found`)
      if (document['_source']) return c.error('REPROCESS_NOT_SUPPORTED', 'Documents pulled through a connector cannot be reprocessed')
      if (document['_fileGone']) return c.error('DOCUMENT_FILE_NOT_AVAILABLE', 'The file of the document is no longer stored')
      const content = contentOf(c, document)
      affordable(c, costOf(content))
      const job = queue(c, document, content, configOf(c, c.body?.pipeline_config, undefined), c.outcome(document['filename']))
      return accepted(c, { job_id: job.id, job_type: 'data_process', status: 'queued', document_id: document.id }, job.id)
    },
  },
})

function answer(c: Context, incoming: readonly Incoming[], rejected: readonly Rejected[], config: PipelineConfig): Reply {
  const fresh = incoming.filter((one, i) => !twin(c, one) && incoming.findIndex((other) => other.hash === one.hash) === i)
  affordable(c, fresh.reduce((sum, one) => sum + costOf(one), 0))
  const jobs = incoming.map((one): Members => {
    const found = twin(c, one)
    if (!found) {
      const { document, job } = takeIn(c, one, config, c.outcome(one.name))
      return publicJob(one.name, job, document)
    }
    const existing = { is_duplicate: true, existing_document_id: found.document.id, existing_job_id: found.job.id }
    return { filename: one.name, job_id: found.job.id, status: found.job['status'], document_id: found.document.id, ...existing }
  })
  const { is_duplicate, existing_document_id, existing_job_id } = jobs[0] ?? {}
  const alone = jobs.length === 1 && rejected.length === 0 && is_duplicate === true
  return accepted(c, { accepted: jobs.filter((job) => !job['is_duplicate']).length, rejected, jobs, ...(alone && { is_duplicate, existing_document_id, existing_job_id }) }, jobs[0]?.['job_id'])
}

/** A file alone is refused with an error, one among others is only listed. */
function refused(c: Context, file: UploadedFile, alone: boolean, rejected: Rejected[]): boolean {
  const limit = PLANS[planOf(c)].maxFile
  const extension = extensionOf(file.name)
  const error = !EXTENSIONS.has(extension.slice(1)) ? 'UNSUPPORTED_FILE' : file.size > limit ? 'FILE_TOO_LARGE' : undefined
  if (error === undefined) return false
  if (alone) return c.fail(error, error === 'FILE_TOO_LARGE' ? `${file.name} is larger than ${limit / 1024 / 1024} MB` : `${extension || 'Nameless'} files are not supported`)
  rejected.push({ filename: file.name, error })
  return true
}

function affordable(c: Context, credits: number): void {
  if (credits > 0 && credits > creditsLeft(c)) c.fail('QUOTA_EXCEEDED', 'All credits of the billing period are used')
}

/** Members of a form come as JSON text. */
function parsed(c: Context, value: Json, name: string): Json {
  if (typeof value !== 'string') return value
  try {
    const found = JSON.parse(value)
    if (found !== null && typeof found === 'object' && !Array.isArray(found)) return found
  } catch {
    // Said below.
  }
  return invalid(c, `${name} must be a JSON object`)
}

function configOf(c: Context, config: Json, locale: Json): PipelineConfig {
  const { mask_pii = true, document_type_hint = null } = config ?? {}
  if (typeof mask_pii !== 'boolean') return invalid(c, 'pipeline_config.mask_pii must be true or false')
  if (document_type_hint !== null && typeof document_type_hint !== 'string') return invalid(c, 'pipeline_config.document_type_hint must be a text')
  return { mask: mask_pii, hint: document_type_hint, locale: locale || 'und' }
}
