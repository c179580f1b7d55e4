import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { resolve } from 'node:path'
import { systemClock } from '../../core/clock.js'
import type { RateLimitStore } from '../../rate-limit/store.js'
import type { Adapter } from '../adapters.js'
import { followedId } from '../follow.js'
import { prepare, ItemProblem, type Prepared } from '../prepare.js'
import { prepareRemote } from '../remote-file.js'
import type { JournalRecord } from '../records.js'
import { Scheduler } from '../scheduler.js'
import type { ContentClaims, SendHost, Unsettled } from '../send-host.js'
import { BatchState } from '../state.js'
import { Stopper } from '../stopper.js'
import type { BatchClient, BatchEvent, Item, ItemState, StopReason } from '../types.js'
import { moment, since, type Moment } from './elapsed.js'
import { guarded } from './guarded.js'
import { SharedPacer } from './pace.js'
import type { BatchMeta, QueueStore, StoredItem } from './store.js'

/** Somebody else has the item in hand now: whatever this worker knew of it, it may write no more. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}

/** An item in hand. */
interface Hold {
  readonly item: Item
  readonly token: string
  /** Attempts that Redis knows of. */
  tries: number
  readonly sha: string
  readonly source: string | undefined
  /** Milliseconds until it is due again, and whether the listing is asked then. */
  next: { readonly ms: number; readonly ask: boolean } | undefined
  result: string | undefined
}

/** `open`: it may have been sent. */
export interface Taken {
  readonly item: Item
  readonly open: boolean
}

/** Milliseconds until an item is looked at again that this worker has in hand already. */
const IN_HAND = 500

export interface WorkerHostOptions {
  readonly client: BatchClient
  readonly adapter: Adapter
  readonly store: QueueStore
  readonly limits: RateLimitStore
  readonly meta: BatchMeta
  /** Folder that paths are relative to, on this machine. */
  readonly root: string
  readonly worker: string
  readonly leaseMs: number
  readonly concurrency: number
  onEvent(event: BatchEvent): void
  /** This batch cannot go on, for anybody. */
  onHalt(error: Error): void
}

/** Share of a lease without a sign of life after which requests are given up. */
const SILENT = 0.8

/** An answer of Redis that took longer says that others may believe this worker dead: what it allowed is not done any more. */
const TRUSTED = 0.5

/** The batch as one worker sees it: the items it has in hand, with Redis as the place where records are kept. */
export class WorkerHost implements SendHost {
  readonly clock = systemClock
  readonly budget = undefined
  readonly state = new BatchState()
  readonly scheduler: Scheduler
  readonly pacer: SharedPacer
  readonly options: SendHost['options']
  /** Content that occurs twice was sorted out before it was queued. */
  readonly claims: ContentClaims = { leaderOf: () => undefined, take: () => {}, release: () => {} }
  private readonly holds = new Map<number, Hold>()
  /** Numbers that are being taken in hand. */
  private readonly taking = new Set<number>()
  private readonly stopper = new Stopper(() => {})
  private ending = new AbortController()
  private heardAt = moment()

  constructor(private readonly given: WorkerHostOptions) {
    // Every item in hand waits with it.
    setMaxListeners(0, this.stopper.stopSignal)
    const { client, meta, limits, adapter, concurrency } = given
    const onPause = (reason: string, until: number) => {
      given.onEvent({ type: 'pause', reason, until })
      if (until > this.clock.now()) void this.pacer.pauseAll(adapter.operation, until - this.clock.now()).catch(() => {})
    }
    this.scheduler = new Scheduler({ clock: this.clock, max: concurrency, onPause })
    const { system, baseUrl } = meta.destination
    this.pacer = new SharedPacer({ client, clock: this.clock, scheduler: this.scheduler, rate: meta.rate, onWait: (reason, until) => given.onEvent({ type: 'pause', reason, until }) }, limits, [system, baseUrl, meta.owner?.id ?? ''].join('|'))
    this.options = {
      results: meta.results, maxAttempts: meta.maxAttempts, maxPauseMs: meta.maxPauseMs, ...(meta.timeout === undefined ? {} : { timeout: meta.timeout }),
      onResult: (item, result) => this.keepResult(item.n, result),
    }
  }

  get client() { return this.given.client }
  get adapter() { return this.given.adapter }
  get destination() { return this.given.meta.destination }
  get path() { return this.given.meta.destination.path }
  get params() { return this.given.meta.params }
  get settleMs() { return this.given.meta.settleMs }
  get stopSignal() { return this.stopper.stopSignal }
  get endSignal() { return this.ending.signal }

  /** What others must wait before they believe that a request of a dead worker is over. */
  get deadMs(): number {
    return this.adapter.again === 'key' ? 0 : this.settleMs
  }

  /** Takes an item in hand; undefined when there is nothing to do for it. `ms`: not yet. */
  async take(n: number, asking = false): Promise<Taken | { readonly ms: number } | undefined> {
    // Who asks the listing takes items of which the jobs may just come.
    if (this.holds.has(n) || this.taking.has(n)) return { ms: IN_HAND }
    this.taking.add(n)
    return this.claim(n, asking ? 'ask' : this.adapter.again === 'listing' ? 'list' : 'send').finally(() => this.taking.delete(n))
  }

  private async claim(n: number, how: 'send' | 'list' | 'ask'): Promise<Taken | { readonly ms: number } | undefined> {
    const { store, worker, leaseMs } = this.given
    const token = randomUUID()
    const claimed = await store.claim(n, worker, token, leaseMs, this.deadMs, how)
    if (claimed.is === 'wait') return { ms: claimed.ms }
    if (claimed.is === 'halted') return { ms: 1_000 }
    if (claimed.is !== 'yours') return undefined
    const stored = await store.item(n)
    if (stored === undefined) return undefined
    const item = this.restore(stored)
    this.holds.set(n, { item, token, tries: stored.try, sha: stored.sha, source: stored.fields.source, next: undefined, result: undefined })
    if (claimed.doubtAt !== undefined) item.sentAt = Math.min(item.sentAt ?? Infinity, claimed.doubtAt)
    const open = claimed.doubtAt !== undefined || claimed.state !== 'planned'
    if (open) item.state = 'unknown'
    return { item, open }
  }

  /** The item of a job that is followed; nobody has it in hand. */
  restore(stored: StoredItem): Item {
    const { fields, n } = stored
    this.state.apply({ t: 'item', n, path: fields.path, ...(fields.source === undefined ? {} : { source: fields.source }), name: fields.name, ...(fields.kind === 'url' ? { kind: 'url' as const } : {}), ...(fields.size === undefined ? {} : { size: fields.size }), ...(fields.mtime === undefined ? {} : { mtime: fields.mtime }), ...(fields.params === undefined ? {} : { params: fields.params }) })
    for (const record of [stored.sending, stored.accepted, stored.record]) if (record !== undefined) this.state.apply(record)
    const item = this.state.items[n]!
    item.state = stored.state
    item.attempts = stored.try
    item.id ??= stored.id === '' ? undefined : stored.id
    item.round = fields.round ?? 0
    item.sentAt ??= fields.since
    item.job ??= fields.job
    item.document ??= fields.document
    return item
  }

  /** Gives an item out of hand: what was told of when it is due again is written, and returned. */
  async drop(item: Item): Promise<number | undefined> {
    const hold = this.holds.get(item.n)
    if (hold?.item !== item) return undefined
    this.forget(item)
    const { store } = this.given
    if (hold.next !== undefined) {
      await store.due(item.n, hold.token, hold.next.ms, hold.next.ask)
      return hold.next.ms
    }
    if (item.state === 'planned') return 0
    if (item.state === 'unknown') await store.rest(item.n, hold.token)
    return undefined
  }

  forget(item: Item): void {
    if (this.holds.get(item.n)?.item === item) this.holds.delete(item.n)
    // Whoever follows jobs may have read the item anew.
    if (this.state.items[item.n] === item) delete this.state.items[item.n]
    if (item.id !== undefined) this.state.leaders.delete(item.id)
  }

  async prepare(item: Item): Promise<Prepared> {
    const hold = this.holds.get(item.n)
    const remote = hold?.source !== undefined && this.adapter.url === undefined
    const expected = hold?.sha !== undefined && hold.sha !== '' ? hold.sha : undefined
    const prepared = remote
      ? await prepareRemote({ source: hold.source!, name: item.name, ...(expected === undefined ? {} : { sha256: expected }), ...(item.size === undefined ? {} : { size: item.size }) })
      : await prepare(item, this.given.root, undefined)
    if (expected !== undefined && prepared.sha256 !== expected) throw new ItemProblem('CHANGED', `${item.path} is not the file that was queued: ${prepared.size} bytes here, ${item.size ?? '?'} then, or other content; give the upload again to queue it as it is now`)
    return prepared.upload === undefined ? prepared : { ...prepared, upload: guarded(prepared.upload, () => this.checkLease()) }
  }

  /** Redis has taken down that this worker lived at this moment. */
  heard(at: Moment): void {
    this.heardAt = at
  }

  /** Whoever cannot say that it lives gives up its requests before the others may take it for dead. Throws when it has come to that. */
  checkLease(): void {
    if (since(this.heardAt) <= this.given.leaseMs * SILENT) return
    const error = new Error('Redis has not been heard of for too long')
    this.abortRequests(error)
    throw error
  }

  async record(record: JournalRecord): Promise<void> {
    if (!('n' in record)) return
    const item = this.state.items[record.n]
    if (item === undefined) throw new Superseded()
    const hold = this.holds.get(record.n)
    const state = stateAfter(record)
    const tries = record.t === 'sending' ? record.try : item.attempts
    const began = moment()
    const answer = await this.given.store.write(record.n, {
      token: hold?.token ?? '*', was: hold?.tries ?? 0, try: tries, state, record, worker: this.given.worker,
      dueMs: state === 'unknown' ? this.settleMs : 0, follow: this.given.meta.wait && this.isFollowed(withNames(item, record)), at: 'at' in record ? record.at : this.clock.now(),
      from: hold === undefined ? ['accepted'] : ['planned', 'sending', 'unknown'],
      ...documentOf(record, item), ...(hold?.result === undefined ? this.followedResult(record.n) : { result: hold.result }),
    })
    if (answer !== 'ok') throw new Superseded()
    if (hold !== undefined) hold.tries = tries
    if (record.t === 'sending' && since(began) > this.given.leaseMs * TRUSTED) return this.takeBack(item, record)
    this.state.apply(record)
    this.given.onEvent({ type: 'item', item, state: item.state })
  }

  permit(operation: string, signal: AbortSignal): Promise<void> {
    return this.pacer.permit(operation, signal)
  }

  stop(reason: StopReason): void {
    if (reason.kind === 'error' && reason.error instanceof Superseded) return
    if (this.stopper.reason === undefined && reason.kind === 'error') this.given.onHalt(reason.error)
    this.stopper.stop(reason)
  }

  /** Gives up requests under way: this worker may be believed dead. New ones may begin when it is known again to live. */
  private abortRequests(error: Error): void {
    this.ending.abort(error)
    this.ending = new AbortController()
  }

  emit(event: BatchEvent): void {
    this.given.onEvent(event)
  }

  /** Who follows reads the accepted items from Redis. */
  follow(): void {}

  isFollowed(item: Item): boolean {
    return followedId(this.adapter.follow, item) !== undefined || followedId(this.adapter.followFound, item) !== undefined
  }

  sendAt(item: Item, at: number): void {
    this.later(item, at, false)
  }

  askAt(item: Item, at: number): void {
    // Rounded up, so that those that belong together are asked about together.
    this.later(item, Math.ceil(at / 1_000) * 1_000, true)
  }

  documents(): Promise<ReadonlySet<string>> {
    return this.given.store.documents()
  }

  async unsettled(): Promise<readonly Unsettled[]> {
    const { store } = this.given
    const { open, rest } = await store.unsettled()
    const items = await store.items([...open, ...rest])
    return items.flatMap((item, index) => (item === undefined ? [] : [{ n: item.n, name: item.fields.name, size: item.sending?.size ?? item.fields.size, open: index < open.length }]))
  }

  private later(item: Item, at: number, ask: boolean): void {
    const hold = this.holds.get(item.n)
    if (hold !== undefined) hold.next = { ms: Math.max(0, at - this.clock.now()), ask }
  }

  private readonly results = new Map<number, string>()

  private keepResult(n: number, result: unknown): void {
    const hold = this.holds.get(n)
    const text = JSON.stringify(result ?? null)
    if (hold !== undefined) hold.result = text
    else this.results.set(n, text)
  }

  private followedResult(n: number): { result?: string } {
    const result = this.results.get(n)
    this.results.delete(n)
    return result === undefined ? {} : { result }
  }

  /** The intent was written too late to be acted on. */
  private async takeBack(item: Item, record: Extract<JournalRecord, { t: 'sending' }>): Promise<never> {
    this.state.apply(record)
    await this.record({ t: 'planned', n: item.n, at: this.clock.now() })
    throw new Superseded()
  }
}

const stateAfter = (record: JournalRecord): ItemState => {
  switch (record.t) {
    case 'accepted': return record.end === true ? 'done' : 'accepted'
    case 'item': case 'listed': case 'same': return 'planned'
    default: return record.t as ItemState
  }
}

const withNames = (item: Item, record: JournalRecord): Item => (record.t === 'accepted' ? { ...item, job: record.job ?? item.job, document: record.doc ?? item.document } : item)

/** A document that only the listing names must not be another item's. */
function documentOf(record: JournalRecord, item: Item): { document?: string; onlyNew?: boolean } {
  if (record.t !== 'accepted' || record.doc === undefined) return {}
  return { document: record.doc, onlyNew: item.state === 'unknown' && record.job === undefined && record.dup === undefined }
}

/** Where the files of a batch are on this machine. */
export const rootOf = (meta: BatchMeta, root: string | undefined) => resolve(root ?? meta.root)
