import type { Adapter } from '../adapters.js'
import { number, ownerFrom, text, time } from './read.js'

/** Documents of a knowledge base; the list has all of them in one answer. */
export const orckai: Adapter = {
  system: 'orckai',
  name: 'documents',
  operation: 'knowledgeBases.documents.upload',
  file: { part: 'file' },
  target: { param: 'id', label: 'knowledge base' },
  again: 'listing',
  owner: { operation: 'organization.get', read: (answer) => ownerFrom(answer, 'organization', '/name') },
  read: (answer) => {
    const document = text(answer, '/id')
    if (document === undefined) return { is: 'unclear', message: 'the answer names no document' }
    const status = text(answer, '/status')
    return { is: 'accepted', document, done: status === 'ready' }
  },
  follow: {
    list: { operation: 'knowledgeBases.documents.list', id: (row) => text(row, '/id') },
    status: (row) => text(row, '/status'),
    success: ['ready'],
    failure: ['failed'],
    reason: (row) => text(row, '/error'),
    by: 'document',
  },
  listing: {
    operation: 'knowledgeBases.documents.list',
    row: (row) => ({ id: text(row, '/id'), name: text(row, '/name'), size: number(row, '/fileSize'), createdAt: time(row, '/createdAt') }),
  },
}
