import type { Adapter } from '../adapters.js'
import { number, ownerFrom, text, time } from './read.js'

/** Documents of a knowledge base; the server answers when it has read them. */
export const orbiter: Adapter = {
  system: 'orbiter',
  name: 'documents',
  operation: 'knowledgeBases.documents.upload',
  file: { part: 'file' },
  target: { param: 'knowledge_base_id', label: 'knowledge base' },
  again: 'listing',
  owner: { operation: 'auth.me', read: (answer) => ownerFrom(answer, 'user', '/email') },
  read: (answer) => {
    const document = text(answer, '/id')
    if (document === undefined) return { is: 'unclear', message: 'the answer names no document' }
    return { is: 'accepted', document, done: text(answer, '/status') === 'completed' }
  },
  follow: {
    list: { operation: 'knowledgeBases.documents.list', params: { limit: 100 }, id: (row) => text(row, '/id') },
    status: (row) => text(row, '/status'),
    success: ['completed'],
    failure: ['failed'],
    reason: (row) => text(row, '/error'),
    by: 'document',
  },
  listing: {
    operation: 'knowledgeBases.documents.list',
    params: { limit: 100 },
    row: (row) => ({ id: text(row, '/id'), name: text(row, '/filename'), size: number(row, '/file_size'), createdAt: time(row, '/created_at') }),
  },
}
