import type { BatchState } from '../state.js'
import type { JournalRecord } from '../records.js'
import type { BatchEvent, Item, ItemState } from '../types.js'
import type { QueueStore, StoredItem } from './store.js'

export interface MirrorHost {
  readonly state: BatchState
  record(record: JournalRecord, durable?: boolean): Promise<void>
  emit(event: BatchEvent): void
  onResult?(item: Readonly<Item>, result: unknown): Promise<void> | void
}

const AT_ONCE = 250
const ENDED: ReadonlySet<ItemState> = new Set(['done', 'failed', 'rejected', 'skipped'])

/**
 * Brings into the journal what workers have written into Redis. It compares states, so it can begin anew at any time: what the journal has is not
 * written again, and a result is handed over before its item is marked done here and its copy in Redis is dropped.
 */
export class Mirror {
  private after = 0

  /** `results: false` leaves results, and items that are done, to whoever collects them. */
  constructor(private readonly host: MirrorHost, private readonly store: QueueStore, private readonly options: { readonly results: boolean } = { results: true }) {}

  /** Takes everything that is new. Gives how many items had changed. */
  async sync(signal?: AbortSignal): Promise<number> {
    for (let total = 0; ;) {
      const { numbers, upTo } = await this.store.changes(this.after, AT_ONCE)
      const taken: number[] = []
      for (const stored of await this.store.items(numbers)) {
        if (signal?.aborted) return total
        if (stored !== undefined && (await this.take(stored))) taken.push(stored.n)
      }
      await this.store.dropResults(taken)
      this.after = upTo
      total += numbers.length
      if (numbers.length < AT_ONCE) return total
    }
  }

  /** Redis was begun anew: its counts too. */
  reset(): void {
    this.after = 0
  }

  /** True when the item is at its end, and its result is not needed any more. */
  private async take(stored: StoredItem): Promise<boolean> {
    const { host } = this
    const item = host.state.items[stored.n]
    if (item === undefined) return true
    if (ENDED.has(item.state)) return true
    const behind = item.state === 'accepted' && !['accepted', 'done', 'failed'].includes(stored.state)
    if (behind) return false
    const { sending, accepted, record, state } = stored
    if (sending !== undefined && (item.sentAt !== sending.at || item.attempts !== sending.try) && item.state !== 'accepted') await host.record(sending)
    if (item.id === undefined && stored.id !== '') item.id = stored.id
    if (state === 'done') return this.options.results ? this.done(item, stored) : false
    if (state === 'accepted' && item.state !== 'accepted' && accepted !== undefined) await host.record(accepted)
    if (state === 'failed' && item.state !== 'accepted' && accepted !== undefined) await host.record(accepted)
    if (isNews(item, record)) await host.record(record, ENDED.has(state))
    return ENDED.has(state)
  }

  private async done(item: Item, { n, accepted, record }: StoredItem): Promise<true> {
    const { host, store } = this
    const ends = record.t === 'accepted'
    if (!ends && item.state !== 'accepted' && accepted !== undefined) await host.record({ ...accepted, end: undefined })
    if (ends) {
      item.job = record.job ?? item.job
      item.document = record.doc ?? item.document
    }
    const result = await store.result(n)
    if (result !== undefined) await host.onResult?.(item, result)
    await host.record(record, true)
    if (result !== undefined) host.emit({ type: 'result', item, result })
    return true
  }
}

/** Whether a record says more than the item shows. */
function isNews(item: Item, record: JournalRecord): boolean {
  switch (record.t) {
    case 'unknown': case 'failed': case 'rejected': case 'skipped':
      return item.state !== record.t || item.code !== record.code || item.message !== record.message
    case 'planned':
      return item.state !== 'planned' || (record.code !== undefined && (item.code !== record.code || item.message !== record.message))
    default:
      return false
  }
}
