import { fileJournal } from '../journal.js'
import type { Header } from '../records.js'
import { BatchState } from '../state.js'
import { rowOf, type ReportRow } from '../report.js'
import type { Destination } from '../types.js'
import { asQueueError, connectQueue, type Connection } from './connect.js'
import { QueueError } from './errors.js'
import { Mirror } from './mirror.js'
import { queuedBatches, QueueStore } from './store.js'

/** A batch as the queue has it. */
export interface QueuedBatch {
  /** Its name on the queue. */
  readonly batch: string
  /** How many items it has. */
  readonly items: number
  /** Items by state. */
  readonly states: Readonly<Record<string, number>>
  /** Items that workers have still to send or to settle, and jobs that they follow. */
  readonly open: number
  /** Jobs that workers follow. */
  readonly following: number
  /** Workers that were alive within the last 15 seconds. */
  readonly workers: number
  /** Why nobody works on it, where a worker has stopped it. */
  readonly halted?: string
  /** When it was put there, as ISO 8601. */
  readonly created: string
  /** Host of the submitter. */
  readonly host: string
  /** Where everything goes. */
  readonly destination: Destination
}

/** What is on a queue. Throws `QueueError` when Redis cannot be used. */
export function listQueue(queue: string): Promise<QueuedBatch[]> {
  return withQueue(queue, async (connection) => {
    const batches = await Promise.all((await queuedBatches(connection)).map((id) => describe(new QueueStore(connection, id))))
    return batches.filter((batch) => batch !== undefined)
  })
}

/** A batch of a queue with its items. Throws `QueueError` when there is none of that name. */
export function showQueued(queue: string, batch: string): Promise<{ readonly batch: QueuedBatch; readonly rows: readonly ReportRow[] }> {
  return withQueue(queue, async (connection) => {
    const store = new QueueStore(connection, batch)
    const found = await describe(store)
    if (found === undefined) throw unknownBatch(connection, batch)
    const { numbers } = await store.changes(0, 10_000_000)
    const state = new BatchState()
    const rows: ReportRow[] = []
    for (const stored of await store.items(numbers.toSorted((a, b) => a - b))) {
      if (stored === undefined) continue
      const { fields } = stored
      state.apply({ t: 'item', n: stored.n, path: fields.path, name: fields.name, ...(fields.kind === 'url' ? { kind: 'url' as const } : {}), ...(fields.size === undefined ? {} : { size: fields.size }) })
      for (const record of [stored.sending, stored.accepted, stored.record]) if (record !== undefined) state.apply(record)
      rows.push(rowOf(state.items[stored.n]!))
    }
    return { batch: found, rows }
  })
}

/**
 * Gives up what was not sent of a batch that is on a queue: such items are `skipped` with the code CANCELLED, here and there. What workers have in hand comes to
 * its end. Without a journal the batch is found by its name on the queue.
 */
export function cancelQueued(queue: string, batch: { readonly file: string; readonly header: Header } | string, now: () => number = Date.now): Promise<{ readonly cancelled: number; readonly state: BatchState | undefined }> {
  return withQueue(queue, async (connection) => {
    if (typeof batch === 'string') {
      const store = new QueueStore(connection, batch)
      if ((await store.meta()) === undefined) throw unknownBatch(connection, batch)
      return { cancelled: await store.cancel(now(), 'CANCELLED', CANCELLED), state: undefined }
    }
    const journal = fileJournal(batch.file)
    const state = new BatchState()
    await journal.open(batch.header, (record) => void state.apply(record))
    try {
      if (state.queued === undefined) throw new QueueError(`${batch.file} is not on a queue`, 'unknown', 'Cancel it without naming a queue.')
      const store = new QueueStore(connection, state.queued.id)
      if ((await store.meta()) === undefined) throw unknownBatch(connection, state.queued.id)
      const cancelled = await store.cancel(now(), 'CANCELLED', CANCELLED)
      await new Mirror({ state, emit: () => {}, record: async (record, durable) => {
        await journal.append(record, durable)
        state.apply(record)
      } }, store, { results: false }).sync()
      return { cancelled, state }
    } finally {
      await journal.close()
    }
  })
}

const CANCELLED = 'cancelled before it was sent'

async function withQueue<T>(queue: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connectQueue(queue)
  try {
    return await work(connection)
  } catch (error) {
    throw asQueueError(error, connection.shown)
  } finally {
    await connection.close()
  }
}

async function describe(store: QueueStore): Promise<QueuedBatch | undefined> {
  const [meta, status] = await Promise.all([store.meta(), store.status()])
  if (meta === undefined) return undefined
  const states = Object.fromEntries(Object.entries(status.counts).filter(([, count]) => count > 0))
  return {
    batch: store.id, items: Object.values(states).reduce((sum, count) => sum + count, 0), states, open: status.open, following: status.following, workers: status.workers,
    ...(status.halted === undefined ? {} : { halted: status.halted.message }), created: meta.created, host: meta.host, destination: meta.destination,
  }
}

const unknownBatch = (connection: Connection, batch: string) => new QueueError(`Redis at ${connection.shown} has no batch ${batch}`, 'unknown', 'orkit batch list --queue shows those it has.')
