import type { Adapter } from '../adapters.js'
import { at } from '../../core/pointer.js'
import { text } from './read.js'

/** Documents are given by address; an idempotency key makes every repeated request harmless. */
export const klarefi: Adapter = {
  system: 'klarefi',
  name: 'process',
  operation: 'process.create',
  url: { member: 'document_url', protocols: ['https:'] },
  required: ['case_type_id'],
  again: 'key',
  owner: {
    operation: 'me.get',
    read: (answer) => {
      const [organization, environment] = [text(answer, '/org_id'), text(answer, '/environment')]
      return organization === undefined ? undefined : { id: `organization ${organization}${environment === undefined ? '' : `, ${environment}`}` }
    },
  },
  read: (answer) => {
    const job = text(answer, '/case_id')
    if (job === undefined) return { is: 'unclear', message: 'the answer names no case' }
    const document = text(answer, '/doc_id')
    return { is: 'accepted', job, ...(document === undefined ? {} : { document }), duplicate: at(answer, '/idempotent_replay') === true }
  },
  follow: {
    get: { operation: 'cases.get', param: 'case_id' },
    status: (row) => text(row, '/status'),
    success: ['completed', 'complete', 'needs_review'],
    failure: ['failed'],
    reason: () => undefined,
  },
}
