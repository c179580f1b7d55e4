import { hostname } from 'node:os'
import { version } from '../core/version.js'
import { JournalError } from './errors.js'
import { canonical } from './identity.js'
import type { Journal } from './journal.js'
import { FORMAT, VERSION, type Header } from './records.js'
import type { BatchState } from './state.js'
import type { BatchOptions, Destination } from './types.js'

/** Opens the journal and plays what it holds; its header says what everything of this batch is sent with. */
export async function openBatch(journal: Journal, state: BatchState, facts: { readonly root: string; readonly destination: Destination; readonly createdAt: number }, { params, note = {} }: Pick<BatchOptions, 'params' | 'note'>): Promise<Header> {
  const { root, destination, createdAt } = facts
  const header: Header = { format: FORMAT, version: VERSION, tool: `orkit ${version}`, created: new Date(createdAt).toISOString(), host: hostname(), root, destination, params: params ?? {}, note }
  const found = await journal.open(header, (record) => void state.apply(record))
  if (params !== undefined && canonical(found.params) !== canonical(params)) {
    await journal.close()
    throw new JournalError(`${journal.name} was begun with other parameters: ${canonical(found.params)}; asked for were ${canonical(params)}`, 'destination', 'Give another journal for other parameters.')
  }
  return found
}
