import { filename } from '../core/uploads.js'
import type { Owner } from './adapters.js'
import type { JournalRecord } from './records.js'
import { itemStates, type Item, type ItemState, type StopReason, type Summary } from './types.js'

/** Records to states, and nothing else: the same records always give the same batch. */
export class BatchState {
  /** All items, by their number. */
  readonly items: Item[] = []
  /** Identity to the item that is sent for it. */
  readonly leaders = new Map<string, number>()
  /** Whose account everything goes to, once it is known. */
  owner: Owner | undefined
  /** The source was listed to its end. */
  listed = false
  /** The items are on a queue: its name, where it is, and since when (epoch milliseconds). */
  queued: { readonly id: string; readonly queue: string; readonly at: number } | undefined
  private readonly followers = new Map<number, number[]>()

  /** Plays one record; returns the item that it is about, or undefined when it is about none or not known. */
  apply(record: JournalRecord): Item | undefined {
    if (record.t === 'listed') {
      this.listed = true
      return undefined
    }
    if (record.t === 'owner') {
      this.owner = { id: record.id, ...(record.name === undefined ? {} : { name: record.name }) }
      return undefined
    }
    if (record.t === 'queued' || record.t === 'unqueued') {
      this.queued = record.t === 'queued' ? { id: record.id, queue: record.queue, at: record.at } : undefined
      return undefined
    }
    if (record.t === 'item') return this.add(record)
    const item = this.items[record.n]
    if (item === undefined) return undefined
    switch (record.t) {
      case 'sending':
        this.detach(item)
        item.state = 'sending'
        item.id = record.id
        item.sha256 = record.sha
        item.attempts = record.try
        item.sentAt = record.at
        item.size = record.size ?? item.size
        clearOutcome(item)
        this.leaders.set(record.id, item.n)
        break
      case 'same':
        item.id = record.id
        item.sha256 = record.sha
        this.detach(item)
        item.sameAs = record.of
        this.followers.set(record.of, [...(this.followers.get(record.of) ?? []), item.n])
        break
      case 'accepted':
        item.state = record.end === true ? 'done' : 'accepted'
        item.job = record.job
        item.document = record.doc
        item.duplicate = record.dup === true
        item.changed = record.changed === true
        item.endedAt = record.at
        clearOutcome(item)
        break
      case 'done':
        item.state = 'done'
        item.endedAt = record.at
        clearOutcome(item)
        break
      case 'planned':
        item.state = 'planned'
        setOutcome(item, record)
        break
      case 'failed':
      case 'rejected':
      case 'unknown':
      case 'skipped':
        if (record.t === 'failed' && item.state === 'accepted') item.round++
        item.state = record.t
        item.endedAt = record.at
        setOutcome(item, record)
        item.retryable = record.again === true
        break
      default:
        // A record of a later minor version says nothing to this one.
        return undefined
    }
    return item
  }

  /** The item whose fate an item shares: itself, or the one with the same content. */
  fateOf(item: Item): Item {
    return item.sameAs === undefined ? item : (this.items[item.sameAs] ?? item)
  }

  /** The items with the same content, which share the fate of this one. */
  followersOf(item: Item): readonly Item[] {
    return (this.followers.get(item.n) ?? []).map((n) => this.items[n]!)
  }

  /** The item stands for itself again. */
  detach(item: Item): void {
    if (item.sameAs === undefined) return
    this.followers.set(item.sameAs, (this.followers.get(item.sameAs) ?? []).filter((n) => n !== item.n))
    item.sameAs = undefined
  }

  private add(record: Extract<JournalRecord, { t: 'item' }>): Item {
    const item: Item = {
      n: record.n, path: record.path, kind: record.kind ?? 'file', name: filename(record.name ?? record.path, 'file'), size: record.size, mtime: record.mtime, params: record.params, source: record.source, expected: record.expect,
      state: 'planned', id: undefined, sha256: undefined, attempts: 0, round: 0, sentAt: undefined, endedAt: undefined, job: undefined, document: undefined,
      duplicate: false, sameAs: undefined, changed: false, code: undefined, message: undefined, status: undefined, retryable: false,
    }
    this.items[record.n] = item
    return item
  }
}

/** `ends` says of an accepted item whether there is anything more to wait for. */
export function summarize(state: BatchState, ends: (item: Item) => boolean, stopped?: StopReason): Summary {
  const states = Object.fromEntries(itemStates.map((name) => [name, 0])) as Record<ItemState, number>
  const codes: Record<string, number> = {}
  let [bytes, same, duplicates, open] = [0, 0, 0, 0]
  for (const item of state.items) {
    const fate = state.fateOf(item)
    states[fate.state]++
    if (fate.state === 'planned' || fate.state === 'sending' || fate.state === 'unknown' || (fate.state === 'accepted' && !ends(fate))) open++
    bytes += item.size ?? 0
    if (fate !== item) same++
    else if (item.duplicate) duplicates++
    if (fate.code !== undefined && (fate.state === 'failed' || fate.state === 'rejected' || fate.state === 'unknown')) codes[fate.code] = (codes[fate.code] ?? 0) + 1
  }
  return { total: state.items.length, bytes, states, same, duplicates, codes, complete: open === 0 && state.listed, stopped }
}

function setOutcome(item: Item, record: { readonly code?: string; readonly message?: string; readonly http?: number }): void {
  item.code = record.code
  item.message = record.message
  item.status = record.http
}

function clearOutcome(item: Item): void {
  item.code = item.message = item.status = undefined
  item.retryable = false
}
