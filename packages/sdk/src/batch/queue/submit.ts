import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Queue } from 'bullmq'
import { InvalidArgumentError } from '../../core/errors/base.js'
import { batchOf, type Batch } from '../batch.js'
import { Engine } from '../engine.js'
import { hashBytes, itemId } from '../identity.js'
import { planOf } from '../plan.js'
import { ItemProblem, prepare } from '../prepare.js'
import type { BatchClient, BatchOptions, Item, Snapshot, Source } from '../types.js'
import { addJobs, type ItemJob } from './batch-worker.js'
import { asQueueError, connectQueue, load, type Connection } from './connect.js'
import { QueueError } from './errors.js'
import { BatchHaltedError } from './halted.js'
import { Mirror } from './mirror.js'
import { QueueStore, type BatchMeta } from './store.js'
import { redactQueueUrl } from './url.js'

/** How a batch goes over a queue: as `BatchOptions`, without a ceiling of credits and without `concurrency`, which is each worker's own. */
export interface QueueBatchOptions extends Omit<BatchOptions, 'maxCredits' | 'concurrency'> {
  /** Address of Redis: `redis://host:6379`, `rediss://user:password@host:6379/0`. */
  readonly queue: string
  /** Come back as soon as everything is on the queue. Default: stay until workers have sent it all, or with `wait` until all jobs have ended. */
  readonly detach?: boolean
}

type Put = Parameters<QueueStore['put']>[0][number]

const CHUNK = 200
const HASHES = 4
const LOOK = 200
const NOBODY = 5_000

/**
 * Puts the items of the source on a queue, where any number of workers (`workQueue`) send them, and brings into the journal what becomes of them. As
 * `uploadBatch` in everything else: it may be stopped or killed at any moment, and goes on when it is called again with the same journal.
 */
export function queueBatch(client: BatchClient, source: Source | undefined, options: QueueBatchOptions): Batch {
  return batchOf(new Submitter(client, source, options))
}

class Submitter extends Engine {
  private connection!: Connection
  private store!: QueueStore
  private bull!: Queue<ItemJob>
  private mirror!: Mirror
  private lost = false
  private doubtful = false
  private counts: { readonly sending: number; readonly following: number; readonly workers: number } = { sending: 0, following: 0, workers: 0 }

  constructor(client: BatchClient, source: Source | undefined, private readonly asked: QueueBatchOptions) {
    super(client, source, asked)
    if ((asked as BatchOptions).maxCredits !== undefined) throw new InvalidArgumentError('a ceiling of credits is not kept over a queue: use it without one')
  }

  protected override get overQueue(): boolean {
    return true
  }

  override snapshot(): Snapshot {
    return { ...super.snapshot(), inFlight: this.counts.sending, concurrency: this.counts.workers, following: this.counts.following }
  }

  protected override async work(): Promise<void> {
    if (this.state.queued === undefined && this.isDone()) return this.told(0)
    this.connection = await connectQueue(this.asked.queue, { onState: (state, error) => this.redisIs(state, error) })
    try {
      for (const warning of this.connection.warnings) this.emit({ type: 'note', message: `Redis at ${this.connection.shown}: ${warning}` })
      await this.join()
      try {
        await this.queueAndFollow()
      } finally {
        await this.bull.close().catch(() => {})
      }
    } catch (error) {
      throw asQueueError(error, this.connection.shown)
    } finally {
      await this.connection.close()
    }
  }

  private async queueAndFollow(): Promise<void> {
    await this.mirror.sync(this.stopSignal)
    const ended = new Set(this.state.items.filter((item) => item.state !== 'planned' && item.state !== 'sending').map((item) => item.n))
    const { send, settle, open } = planOf(this.state, this.options.retry)
    this.told(send.length + settle.length)
    await this.store.unhalt()
    await this.enqueue([...send, ...settle, ...(this.options.wait === true ? open : [])], (item) => ended.has(item.n) && (item.state === 'planned' || (this.options.retry === 'all' && item.state === 'unknown')))
    this.lost = false
    if (this.asked.detach !== true) await this.watch()
    if (this.stopSignal.aborted) await this.haltOthers()
    if (this.summary().complete) await this.leave()
  }

  /** Finds the batch on the queue, or begins one. What the journal has queued and Redis does not have was lost. */
  private async join(): Promise<void> {
    const known = this.state.queued
    const id = known?.id ?? `${this.adapter.system}-${randomBytes(6).toString('hex')}`
    if (known === undefined) await this.record({ t: 'queued', id, queue: redactQueueUrl(this.asked.queue), at: this.clock.now() }, true)
    this.store = new QueueStore(this.connection, id)
    this.mirror = new Mirror({ state: this.state, record: (record, durable) => this.record(record, durable), emit: (event) => this.emit(event), ...(this.options.onResult === undefined ? {} : { onResult: this.options.onResult }) }, this.store)
    const created = await this.store.create(this.meta())
    this.lost = known !== undefined && created === 'new'
    if (this.lost) this.emit({ type: 'note', message: `Redis at ${this.connection.shown} does not have this batch any more: what may have been sent is settled first` })
    const { Queue } = await load('bullmq', () => import('bullmq'), 'Queue')
    const { name, prefix } = this.store.bull
    // Without what BullMQ would note of itself: written late, it would outlive the batch.
    this.bull = new Queue<ItemJob>(name, { connection: this.connection.redis, prefix, skipMetasUpdate: true })
    this.bull.on('error', () => {})
  }

  private meta(): BatchMeta {
    const { owner } = this.state
    const { options, adapter, destination, root, params, settleMs } = this
    return {
      destination, ...(owner === undefined ? {} : { owner }), adapter: adapter.name, root, params, wait: options.wait === true, results: options.results === true, settleMs, rate: options.rate ?? 'documented',
      maxAttempts: options.maxAttempts ?? 5, maxPauseMs: options.maxPauseMs ?? 600_000, created: new Date(this.clock.now()).toISOString(), host: hostname(),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }), ...(options.pollIntervalMs === undefined ? {} : { pollIntervalMs: options.pollIntervalMs }),
    }
  }

  private async enqueue(items: readonly Item[], isRetried: (item: Item) => boolean): Promise<void> {
    for (let start = 0; start < items.length && !this.stopSignal.aborted; start += CHUNK) {
      const chunk = items.slice(start, start + CHUNK)
      const there = await this.store.items(chunk.map((item) => item.n))
      const puts: Put[] = []
      const left = chunk.entries()
      await Promise.all(Array.from({ length: HASHES }, async () => {
        for (const [index, item] of left) {
          const put = await this.entryOf(item, there[index]?.id, isRetried(item))
          if (put !== undefined) puts.push(put)
        }
      }))
      await this.store.put(puts)
      await this.addJobs(puts.filter(({ state }) => state !== 'accepted').map(({ n }) => n).toSorted((a, b) => a - b))
    }
  }

  /** BullMQ puts many at once, which a connection that breaks under way gives up: adding them again does no harm. */
  private async addJobs(numbers: readonly number[]): Promise<void> {
    for (;;) {
      try {
        return await addJobs(this.bull, numbers)
      } catch (error) {
        if ((error as Error).name === 'ReplyError' || this.stopSignal.aborted) throw error
        await this.clock.sleep(LOOK, this.stopSignal).catch(() => {})
      }
    }
  }

  /** What the queue needs of an item; undefined when it is not sent: it cannot be read, or another has the same content. */
  private async entryOf(item: Item, knownId: string | undefined, retried: boolean): Promise<Put | undefined> {
    // What workers could not settle is sent when that is asked for; they settle what is still open, or new to them: Redis knows which is which.
    const given = retried && item.state === 'unknown' && knownId !== undefined
    const open = (item.state !== 'planned' && !given) || this.lost
    const since = item.sentAt ?? (this.lost ? this.state.queued?.at : undefined)
    let [sha, size, id] = ['', item.size, knownId ?? '']
    if (item.state !== 'accepted' && (knownId === undefined || knownId === '' || retried)) {
      try {
        ;({ sha, size } = await this.contentOf(item))
      } catch (error) {
        if (!(error instanceof ItemProblem)) throw error
        // Whether it was sent shows without its content; only where nothing was is it known that it failed.
        if (!open) await this.record({ t: 'failed', n: item.n, at: this.clock.now(), code: error.code, message: error.message, again: true })
        if (!open) return undefined
        sha = item.sha256 ?? ''
      }
      id = sha === '' ? '' : itemId(this.destination, { ...this.params, ...item.params }, sha)
    }
    if (id !== '' && item.state !== 'accepted') {
      const leader = this.claims.leaderOf(id)
      if (leader !== undefined && leader !== item.n) {
        await this.record({ t: 'same', n: item.n, of: leader, id, sha })
        return undefined
      }
      this.claims.take(id, item)
    }
    const state = item.state === 'accepted' ? 'accepted' : open ? 'unknown' : 'planned'
    const at = this.clock.now()
    return {
      n: item.n, state, id, sha, again: retried, follow: state === 'accepted' && this.isFollowed(item), dueMs: state === 'unknown' ? this.settleMs : 0,
      record: state === 'accepted' ? { t: 'accepted', n: item.n, at: item.endedAt ?? at, ...(item.job === undefined ? {} : { job: item.job }), ...(item.document === undefined ? {} : { doc: item.document }) } : state === 'unknown' ? { t: 'unknown', n: item.n, at, code: item.code ?? 'OUTCOME_UNKNOWN', message: item.message ?? 'its outcome is not known' } : { t: 'planned', n: item.n, at },
      fields: {
        path: item.path, kind: item.kind === 'url' ? 'url' : 'file', name: item.name,
        ...(item.source === undefined ? {} : { source: item.source }), ...(size === undefined ? {} : { size }), ...(item.mtime === undefined ? {} : { mtime: item.mtime }), ...(item.params === undefined ? {} : { params: item.params }),
        ...(since === undefined ? {} : { since }), ...(item.round === 0 ? {} : { round: item.round }), ...(item.job === undefined ? {} : { job: item.job }), ...(item.document === undefined ? {} : { document: item.document }),
      },
    }
  }

  private async contentOf(item: Item): Promise<{ sha: string; size: number | undefined }> {
    if (item.kind === 'data') throw new ItemProblem('NOT_SHARED', `${item.path} has its bytes in memory: a queue takes files on a shared path, or addresses`)
    if (item.kind === 'url' && this.adapter.url === undefined) return { sha: item.expected ?? '', size: item.size }
    if (item.kind === 'url') return { sha: hashBytes(Buffer.from(`url:${item.path}`)), size: item.size }
    const { sha256, size } = await prepare(item, this.root, undefined)
    return { sha: sha256, size }
  }

  /** Until workers have done what there is. */
  private async watch(): Promise<void> {
    let [aloneSince, told] = [this.clock.now(), false]
    while (!this.stopSignal.aborted) {
      if (this.doubtful) await this.lookForLosses()
      const status = await this.store.status()
      this.counts = status
      const changed = await this.mirror.sync(this.stopSignal)
      if (status.halted !== undefined) return this.stop({ kind: 'error', error: new BatchHaltedError(status.halted) })
      if (changed === 0 && status.open === 0 && (this.options.wait !== true || status.following === 0)) {
        if ((await this.store.run()) !== undefined) return
        this.doubtful = true
        continue
      }
      if (status.workers > 0) [aloneSince, told] = [this.clock.now(), false]
      else if (!told && this.clock.now() - aloneSince > NOBODY) {
        told = true
        this.emit({ type: 'note', message: `no worker is at work: orkit batch work --queue ${this.connection.shown}` })
      }
      if (changed === 0) await this.clock.sleep(LOOK, this.stopSignal).catch(() => {})
    }
  }

  /** Redis is back after a while: items that it does not have any more are given to it anew, as ones that may have been sent. */
  private async lookForLosses(): Promise<void> {
    this.doubtful = false
    const open = this.state.items.filter((item) => item.sameAs === undefined && (item.state === 'planned' || item.state === 'sending' || item.state === 'unknown' || (item.state === 'accepted' && this.options.wait === true)))
    const created = await this.store.create(this.meta())
    if (created === 'new') this.mirror.reset()
    const missing: Item[] = []
    for (let start = 0; start < open.length; start += CHUNK) {
      const chunk = open.slice(start, start + CHUNK)
      const there = await this.store.items(chunk.map((item) => item.n))
      missing.push(...chunk.filter((_, index) => there[index] === undefined))
    }
    if (missing.length === 0) return
    this.emit({ type: 'note', message: `Redis has lost ${missing.length} of ${open.length} open items: what may have been sent is settled first` })
    this.lost = true
    await this.enqueue(missing, () => false)
    this.lost = false
  }

  /** Ctrl-C ends only this process; a reason that concerns the batch holds for its workers too. */
  private async haltOthers(): Promise<void> {
    const { stopped } = this.summary()
    if (stopped === undefined || stopped.kind === 'signal') return
    if (stopped.kind === 'error' && (stopped.error instanceof BatchHaltedError || stopped.error instanceof QueueError)) return
    const message = stopped.kind === 'error' ? stopped.error.message : stopped.kind === 'failures' ? `stopped after ${stopped.failures} failures` : 'its time was up'
    await this.store.halt({ name: stopped.kind, message, worker: `${hostname()} (submitter)` })
  }

  private async leave(): Promise<void> {
    await this.record({ t: 'unqueued', at: this.clock.now() }, true)
    await this.store.remove()
  }

  private redisIs(state: 'lost' | 'back', error?: Error): void {
    if (state === 'back') this.doubtful = true
    this.emit({ type: 'note', message: state === 'back' ? `Redis at ${this.connection.shown} is back` : `Redis at ${this.connection.shown} is away${error === undefined ? '' : ` (${error.message})`}: waiting for it` })
  }

  private isDone(): boolean {
    const { send, settle, open } = planOf(this.state, this.options.retry)
    return send.length + settle.length === 0 && (this.options.wait !== true || open.length === 0)
  }
}
