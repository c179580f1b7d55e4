import type { Adapter, Answer, GivenLimit, NamedAnswer } from '../adapters.js'
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
  // How many the vendor takes is not documented: ten, and together no more than the smallest plan takes as one file.
  together: { most: 10, bytes: 10_000_000, read: readNamed },
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
  if (refused !== undefined) return rejection(refused)
  return acceptance({ job_id: at(answer, '/job_ids/0'), ...(answer as object), ...(at(answer, '/jobs/0') as object | undefined) })
}

/** The newer form has an entry with the name of each file; a name that occurs twice says nothing. */
function readNamed(answer: unknown): ReadonlyMap<string, NamedAnswer> | undefined {
  const entries = [...rows(at(answer, '/jobs'), acceptance), ...rows(at(answer, '/rejected'), rejection)]
  const named = new Map<string, NamedAnswer>()
  for (const { name, ...entry } of entries) {
    if (name === undefined || named.has(name)) return undefined
    named.set(name, entry)
  }
  return named.size === 0 ? undefined : named
}

function rows(list: unknown, read: (row: unknown) => Answer): (NamedAnswer & { readonly name: string | undefined })[] {
  return Array.isArray(list) ? list.map((row: unknown) => ({ name: text(row, '/filename'), answer: read(row), row })) : []
}

function rejection(row: unknown): Answer {
  const code = text(row, '/error') ?? 'REJECTED'
  return { is: 'rejected', code, message: text(row, '/message') ?? `the server does not take ${text(row, '/filename') ?? 'this file'}: ${code}` }
}

function acceptance(row: unknown): Answer {
  const job = firstText(row, '/existing_job_id', '/job_id')
  const duplicate = at(row, '/is_duplicate') === true
  const document = firstText(row, '/existing_document_id', '/document_id')
  if (job === undefined && !(duplicate && document !== undefined)) return { is: 'unclear', message: 'the answer names neither a job nor a rejection' }
  // Content known without a job of its own has nothing to wait for.
  return { is: 'accepted', ...(job === undefined ? { done: true } : { job }), ...(document === undefined ? {} : { document }), duplicate }
}
