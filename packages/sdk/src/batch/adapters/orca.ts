import type { Adapter, Listing } from '../adapters.js'
import { number, text, time } from './read.js'

const listing: Listing = {
  operation: 'files.list',
  params: { limit: 100 },
  row: (row) => ({ id: text(row, '/file_id'), name: text(row, '/file_name'), size: number(row, '/size_bytes'), createdAt: time(row, '/created_at') }),
}

/** The public surface: each upload starts a job of its own and costs tokens. Its jobs are read one by one. */
export const orca: Adapter = {
  system: 'orca',
  name: 'public',
  operation: 'public.upload',
  file: { part: 'file' },
  again: 'listing',
  read: (answer) => {
    const job = text(answer, '/job_id')
    return job === undefined ? { is: 'unclear', message: 'the answer names no job' } : { is: 'accepted', job }
  },
  follow: {
    get: { operation: 'public.jobs.get', param: 'job_id' },
    status: (row) => text(row, '/status'),
    success: ['completed', 'complete', 'partial'],
    failure: ['failed', 'error', 'cancelled', 'canceled'],
    reason: (row) => text(row, '/error'),
  },
  listing,
  meter: { operation: 'billing.tokenStatus', used: (answer) => number(answer, '/used') },
  // The job of a lost answer cannot be found again, but the file knows how far it is.
  followFound: {
    list: { operation: 'files.list', params: { limit: 100 }, id: (row) => text(row, '/file_id') },
    get: { operation: 'files.get', param: 'file_id' },
    status: (row) => text(row, '/status'),
    success: ['completed', 'complete'],
    failure: ['failed', 'error'],
    reason: () => undefined,
    by: 'document',
  },
}

/** The dashboard: files are stored, jobs are started on them afterwards. */
export const orcaFiles: Adapter = {
  system: 'orca',
  name: 'files',
  operation: 'files.upload',
  file: { part: 'file' },
  again: 'listing',
  read: (answer) => {
    const document = text(answer, '/file_id')
    return document === undefined ? { is: 'unclear', message: 'the answer names no file' } : { is: 'accepted', document, done: true }
  },
  listing,
}
