import type { Adapter, Answer, GivenLimit } from '../adapters.js'
import { at } from '../../core/pointer.js'
import { firstText, number, text } from './read.js'

/** The server knows content by its hash: a second request leads to the first job and costs nothing. */
export const flexorch: Adapter = {
  system: 'flexorch',
  name: 'documents',
  operation: 'documents.process',
  file: { part: 'files', many: true },
  again: 'content',
  read: readAnswer,
  follow: {
    list: { operation: 'jobs.list', params: { page_size: 100 }, id: (row) => firstText(row, '/job_id', '/id') },
    get: { operation: 'jobs.get', param: 'job_id' },
    status: (row) => text(row, '/status'),
    success: ['completed'],
    failure: ['failed'],
    reason: (row) => firstText(row, '/failure_reason', '/error'),
  },
  meter: { operation: 'usage.get', used: (answer) => number(answer, '/usage/credits/used') },
  limits: { operation: 'usage.rateLimits', read: readLimit },
}

/** The limit is the plan's: 60 a minute is the smallest, the largest has none. */
function readLimit(answer: unknown): GivenLimit | undefined {
  if (at(answer, '/unlimited') === true) return 'unlimited'
  const [requests, seconds] = [number(answer, '/limit'), number(answer, '/window_seconds')]
  if (requests === undefined || requests < 1 || seconds === undefined || seconds <= 0) return undefined
  return { requests, seconds, remaining: Math.max(0, number(answer, '/remaining') ?? requests), resetMs: (number(answer, '/reset_in_seconds') ?? seconds) * 1_000 }
}

/** One file was sent, so there is one entry: 202 with `jobs` or `rejected`, or one of the older forms. */
function readAnswer(answer: unknown): Answer {
  const refused = at(answer, '/rejected/0')
  if (refused !== undefined) {
    const code = text(refused, '/error') ?? 'REJECTED'
    return { is: 'rejected', code, message: text(refused, '/message') ?? `the server does not take ${text(refused, '/filename') ?? 'this file'}: ${code}` }
  }
  const job = firstText(answer, '/jobs/0/existing_job_id', '/jobs/0/job_id', '/existing_job_id', '/job_id', '/job_ids/0')
  const duplicate = at(answer, '/jobs/0/is_duplicate') === true || at(answer, '/is_duplicate') === true
  const document = firstText(answer, '/jobs/0/existing_document_id', '/jobs/0/document_id', '/existing_document_id', '/document_id')
  if (job === undefined && !(duplicate && document !== undefined)) return { is: 'unclear', message: 'the answer names neither a job nor a rejection' }
  // Content known without a job of its own has nothing to wait for.
  return { is: 'accepted', ...(job === undefined ? { done: true } : { job }), ...(document === undefined ? {} : { document }), duplicate }
}
