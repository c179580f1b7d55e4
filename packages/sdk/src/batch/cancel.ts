import { inHandOfWorkers } from './errors.js'
import { fileJournal } from './journal.js'
import type { Header } from './records.js'
import { BatchState } from './state.js'

/**
 * Gives up what was not sent: such items are `skipped` with the code CANCELLED. What the server has, or may have, stays as it is. Takes the
 * journal as a run does; rejects with `JournalLockedError` while one is at work, and with `JournalError` when workers of a queue have it in hand. Returns the batch as it stands then.
 */
export async function cancelBatch(file: string, header: Header, now: () => number = Date.now): Promise<{ state: BatchState; cancelled: number }> {
  const journal = fileJournal(file)
  const state = new BatchState()
  await journal.open(header, (record) => void state.apply(record))
  try {
    if (state.queued !== undefined) throw inHandOfWorkers(file, state.queued.queue)
    const open = state.items.filter((item) => item.state === 'planned' && item.sameAs === undefined)
    const written = open.map((item) => {
      const record = { t: 'skipped' as const, n: item.n, at: now(), code: 'CANCELLED', message: 'cancelled before it was sent' }
      state.apply(record)
      return journal.append(record, true)
    })
    // A list that was not read to its end is not read on.
    if (!state.listed) {
      const record = { t: 'listed' as const, items: state.items.length }
      state.apply(record)
      written.push(journal.append(record, true))
    }
    await Promise.all(written)
    return { state, cancelled: open.length }
  } finally {
    await journal.close()
  }
}
