import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { systemClock, type Clock } from '../core/clock.js'
import { InvalidArgumentError } from '../core/errors/base.js'
import { version } from '../core/version.js'
import { adapterFor, type Adapter } from './adapters.js'
import { Budget } from './budget.js'
import { Channel } from './channel.js'
import { Claims } from './claims.js'
import { JournalError } from './errors.js'
import { followedId, Follower } from './follow.js'
import { fileJournal, memoryJournal, type Journal } from './journal.js'
import { canonical } from './identity.js'
import { asUrls, listSource } from './listing.js'
import { skipListed } from './existing.js'
import { judge } from './outcome.js'
import { Pacer } from './pacer.js'
import { prepare, type Prepared } from './prepare.js'
import { Queue } from './queue.js'
import { FORMAT, VERSION, type Header, type JournalRecord } from './records.js'
import { Scheduler } from './scheduler.js'
import type { SendHost } from './send-host.js'
import { Sender } from './send.js'
import { BatchState, summarize } from './state.js'
import type { BatchClient, BatchEvent, BatchOptions, Destination, Item, Snapshot, Source, StopReason, Summary } from './types.js'

/** A batch under way. It begins when it is first read, or when its summary is asked for. */
export interface Batch extends AsyncIterable<BatchEvent> {
  /** Resolves when nothing more happens. Rejects when the batch could not begin, or its journal could not be written. */
  summary(): Promise<Summary>
  snapshot(): Snapshot
  /** All items as they stand; those with the same content as another share its fate. */
  items(): readonly Readonly<Item>[]
  fateOf(item: Readonly<Item>): Readonly<Item>
  /** Takes no new items, and lets those under way end. */
  stop(): void
}

/**
 * Sends every item of the source, each one once. Without a source it goes on with what the journal lists. Leaving the loop early stops the
 * batch in good order.
 */
export function uploadBatch(client: BatchClient, source: Source | undefined, options: BatchOptions = {}): Batch {
  return batchOf(new Engine(client, source, options))
}

export function batchOf(engine: Engine): Batch {
  const channel = engine.events
  let running: Promise<Summary> | undefined
  const start = () => (running ??= engine.run())
  return {
    async *[Symbol.asyncIterator]() {
      channel.start()
      start().catch(() => {})
      yield* channel.read(async () => {
        engine.stop({ kind: 'signal' })
        await running?.catch(() => {})
      })
    },
    summary: start,
    snapshot: () => engine.snapshot(),
    items: () => engine.state.items,
    fateOf: (item) => engine.state.fateOf(item as Item),
    stop: () => engine.stop({ kind: 'signal' }),
  }
}

/** The destination of a batch, as its journal names it. */
export function destinationOf(client: BatchClient, adapter: Adapter, path: Destination['path'] = {}, account?: string): Destination {
  return { system: adapter.system, baseUrl: client.baseUrl.replace(/\/+$/, ''), operation: adapter.operation, path, ...(account === undefined ? {} : { account }) }
}

export class Engine implements SendHost {
  readonly state = new BatchState()
  readonly events = new Channel<BatchEvent>()
  readonly clock: Clock
  readonly adapter: Adapter
  readonly destination: Destination
  root: string
  /** Parameters of every item. */
  params: Readonly<Record<string, unknown>>
  readonly scheduler: Scheduler
  readonly claims = new Claims(this.state, (item) => this.queue.add(item))
  private readonly queue = new Queue()
  private readonly data = new Map<number, Uint8Array>()
  readonly path: Destination['path']
  protected readonly journal: Journal
  private readonly pacer: Pacer
  private readonly sender: Sender
  private followers: Follower[] = []
  readonly budget: Budget | undefined
  /** Aborted when no new item is to be taken. */
  private readonly stopping = new AbortController()
  /** Aborted when requests under way are given up. */
  private readonly ending = new AbortController()
  private stopped: StopReason | undefined
  private failures = 0
  private startedAt = 0

  constructor(readonly client: BatchClient, private readonly source: Source | undefined, readonly options: BatchOptions) {
    const adapter = options.adapter ?? adapterFor(client.profile.system)
    if (adapter === undefined) throw new InvalidArgumentError(`${client.profile.system} has no batch uploads`)
    this.adapter = adapter
    this.path = options.path ?? {}
    this.checkTarget()
    this.params = options.params ?? {}
    this.clock = { ...systemClock, ...options.clock }
    this.root = resolve(options.root ?? '.')
    this.destination = destinationOf(client, adapter, this.path, options.account)
    this.budget = this.budgetOf(options.maxCredits)
    this.journal = options.journal === undefined ? memoryJournal() : typeof options.journal === 'string' ? fileJournal(options.journal) : options.journal
    const onPause = (reason: string, until: number) => this.events.push({ type: 'pause', reason, until })
    this.scheduler = new Scheduler({ clock: this.clock, max: Math.max(1, options.concurrency ?? 16), onPause })
    this.pacer = new Pacer({ client, clock: this.clock, scheduler: this.scheduler, rate: options.rate ?? 'documented', onWait: onPause })
    this.sender = new Sender(this)
  }

  get settleMs(): number {
    return this.options.settleMs ?? 60_000
  }

  get endSignal(): AbortSignal {
    return this.ending.signal
  }

  get stopSignal(): AbortSignal {
    return this.stopping.signal
  }

  async run(): Promise<Summary> {
    this.startedAt = this.clock.now()
    const release = this.watchSignal()
    try {
      await this.open()
      try {
        await this.list()
        if (this.options.skipExisting === true) await this.skipExisting()
        await this.work()
      } finally {
        await this.journal.close()
      }
      const summary = this.summary()
      this.events.push({ type: 'summary', summary })
      this.events.end()
      return summary
    } catch (error) {
      this.events.end({ reason: error })
      throw error
    } finally {
      release()
    }
  }

  /** What is left to do, here: sends items and follows jobs. */
  protected async work(): Promise<void> {
    if (this.plan() > 0) await this.askLimits()
    const following = this.startFollowing()
    await this.pump()
    for (const follower of this.followers) follower.end()
    await following
  }

  stop(reason: StopReason): void {
    if (this.stopped !== undefined) return
    this.stopped = reason
    this.events.push({ type: 'stop', reason })
    this.stopping.abort(reason.kind === 'error' ? reason.error : reason)
    this.queue.wake()
  }

  /** Writes a record, applies it, and tells. Nothing is told that is not written. */
  async record(record: JournalRecord, durable = false): Promise<void> {
    try {
      await this.journal.append(record, durable)
    } catch (error) {
      this.stop({ kind: 'error', error: error as Error })
      throw error
    }
    const item = this.state.apply(record)
    if (item === undefined || record.t === 'item') return
    this.tell(item)
    for (const follower of this.state.followersOf(item)) this.tell(follower)
    if (item.state !== 'failed' && item.state !== 'rejected') return
    this.failures++
    const { failFast = false, maxFailures = Infinity } = this.options
    if (failFast || this.failures > maxFailures) this.stop({ kind: 'failures', failures: this.failures })
  }

  /** Waits until a request of the operation is in order. */
  permit(operation: string, signal: AbortSignal): Promise<void> {
    return this.pacer.permit(operation, signal)
  }

  prepare(item: Item): Promise<Prepared> {
    return prepare(item, this.root, this.data.get(item.n))
  }

  sendAt(item: Item, at: number): void {
    this.queue.addLater(item, at)
  }

  askAt(item: Item, at: number): void {
    this.queue.addAsk(item, at)
  }

  documents(): ReadonlySet<string> {
    return new Set(this.state.items.flatMap((item) => item.document ?? []))
  }

  /** An accepted item is followed when that was asked for and can be done. */
  follow(item: Item): void {
    this.followers.some((follower) => follower.add(item))
  }

  emit(event: BatchEvent): void {
    this.events.push(event)
  }

  summary(): Summary {
    return summarize(this.state, (item) => this.options.wait !== true || !this.isFollowed(item), this.stopped)
  }

  snapshot(): Snapshot {
    return {
      ...this.summary(),
      sentBytes: this.sender.sentBytes, inFlight: this.scheduler.inFlight, concurrency: this.scheduler.concurrency,
      following: this.followers.reduce((sum, each) => sum + each.size, 0), pause: this.pacer.pause, startedAt: this.startedAt,
    }
  }

  /** There is something to wait for once the item is accepted. */
  isFollowed(item: Item): boolean {
    return followedId(this.adapter.follow, item) !== undefined || followedId(this.adapter.followFound, item) !== undefined
  }

  private checkTarget(): void {
    const { target } = this.adapter
    if (target !== undefined && this.path[target.param] === undefined) throw new InvalidArgumentError(`a ${target.label} is needed: path.${target.param}`)
  }

  private async open(): Promise<void> {
    const header: Header = {
      format: FORMAT, version: VERSION, tool: `orkit ${version}`, created: new Date(this.clock.now()).toISOString(), host: hostname(), root: this.root,
      destination: this.destination, params: this.params, note: this.options.note ?? {},
    }
    const found = await this.journal.open(header, (record) => void this.state.apply(record))
    if (this.options.params !== undefined && canonical(found.params) !== canonical(this.params)) {
      await this.journal.close()
      throw new JournalError(`${this.journal.name} was begun with other parameters: ${canonical(found.params)}; asked for were ${canonical(this.params)}`, 'destination', 'Give another journal for other parameters.')
    }
    this.params = found.params
    if (this.options.root === undefined) this.root = found.root
  }

  private async list(): Promise<void> {
    if (this.source === undefined) {
      if (!this.state.listed) throw new JournalError(`${this.journal.name} was stopped before all items were listed`, 'io', 'Run the upload again with the same arguments and the same journal.')
    } else {
      for await (const { n, record, data } of listSource(this.adapter.url === undefined ? this.source : asUrls(this.source), this.state, this.root, this.clock.now)) {
        if (data !== undefined) this.data.set(n, data)
        if (record !== undefined) await this.listedRecord(record)
        if (this.stopSignal.aborted) return
      }
      await this.listedRecord({ t: 'listed', items: this.state.items.length })
    }
  }

  /** Listing is not news: no event for each item, and no sync. */
  private async listedRecord(record: JournalRecord): Promise<void> {
    const written = this.journal.append(record)
    const item = this.state.apply(record)
    // The pace of the disk is only kept now and then.
    if (item === undefined || item.n % 256 === 0 || record.t !== 'item') await written
    else written.catch((error: unknown) => this.stop({ kind: 'error', error: error as Error }))
    if (item !== undefined && record.t !== 'item') this.tell(item)
  }

  private async skipExisting(): Promise<void> {
    const { listing } = this.adapter
    if (listing === undefined || this.stopSignal.aborted) return
    const rows = this.client.request<AsyncIterable<unknown>>(listing.operation, { path: this.path, params: listing.params ?? {} }, { signal: this.stopSignal })
    for await (const item of skipListed(this.state.items, rows, listing)) {
      await this.record({ t: 'skipped', n: item.n, at: this.clock.now(), code: 'EXISTS', message: 'the server lists a document of this name and size' })
    }
  }

  private budgetOf(max: number | undefined): Budget | undefined {
    if (max === undefined) return undefined
    const { meter, system } = this.adapter
    if (meter === undefined) throw new InvalidArgumentError(`${system} has no meter of credits: maxCredits cannot be kept`)
    return new Budget(max, async () => {
      await this.permit(meter.operation, this.stopSignal)
      const used = meter.used(await this.client.request<PromiseLike<unknown>>(meter.operation, {}, { signal: this.stopSignal }))
      if (used === undefined) throw new InvalidArgumentError(`${system} does not say how many credits were used: maxCredits cannot be kept`)
      return used
    })
  }

  /** Puts what is left to do in order; says how many items may need the server. */
  private plan(): number {
    const { retry } = this.options
    let [left, open] = [0, 0]
    for (const item of this.state.items) {
      // Content that its leader was never sent with has to be sent for itself.
      if (item.sameAs !== undefined && this.state.fateOf(item).id !== item.id) this.state.detach(item)
      if (item.sameAs !== undefined) continue
      const again = (retry !== undefined && item.state === 'failed') || (retry === 'all' && (item.state === 'rejected' || item.state === 'unknown' || item.code === 'CANCELLED'))
      if (again) {
        item.state = 'planned'
        item.attempts = 0
      }
      if (item.state === 'planned') this.queue.add(item)
      else if (item.state === 'sending' || item.state === 'unknown') this.sender.settleLater(item, false)
      else {
        if (item.state === 'accepted') open++
        continue
      }
      left++
    }
    this.pacer.seed(this.adapter.operation, this.state.items.flatMap((item) => item.sentAt ?? []))
    this.events.push({ type: 'listed', items: this.state.items.length, bytes: this.state.items.reduce((sum, item) => sum + (item.size ?? 0), 0), left })
    return left + open
  }

  /** The documented limit is the smallest plan's; who can be asked knows this account's. */
  private async askLimits(): Promise<void> {
    const { limits } = this.adapter
    if (limits === undefined || (this.options.rate ?? 'documented') !== 'documented' || this.stopSignal.aborted) return
    try {
      const given = limits.read(await this.client.request<PromiseLike<unknown>>(limits.operation, {}, { signal: this.stopSignal, timeout: 10_000, maxRetries: 1 }))
      if (given !== undefined) this.pacer.adopt(this.adapter.operation, given)
    } catch {
      // Who does not say is taken at the documented word; what is wrong shows with the first item.
    }
  }

  private async pump(): Promise<void> {
    const flights = new Set<Promise<void>>()
    const { signal } = this.stopping
    while (!signal.aborted) {
      const now = this.clock.now()
      const asks = this.queue.takeAsks(now)
      if (asks.length > 0) this.launch(flights, this.sender.ask(asks))
      const item = this.queue.take(now)
      if (item !== undefined) {
        try {
          await this.scheduler.slot(signal)
        } catch {
          break
        }
        this.launch(flights, this.sender.send(item).finally(() => this.scheduler.leave()))
      } else if (asks.length === 0) {
        if (flights.size === 0 && this.queue.empty) break
        await this.queue.wait(this.clock, now, signal)
      }
    }
    await Promise.all(flights)
  }

  private launch(flights: Set<Promise<void>>, work: Promise<void>): void {
    const flight = work.catch((error: unknown) => this.stop({ kind: 'error', error: error as Error })).then(() => {
      flights.delete(flight)
      this.queue.wake()
    })
    flights.add(flight)
  }

  private async startFollowing(): Promise<void> {
    const { adapter, client, clock, options } = this
    if (options.wait !== true) return
    const { signal } = this.stopping
    this.followers = [adapter.follow, adapter.followFound].flatMap((follow) => (follow === undefined ? [] : new Follower({
      client, adapter, path: this.path, clock, signal, timeoutMs: options.waitTimeoutMs,
      permit: (operation) => this.permit(operation, signal),
      interval: (requests) => options.pollIntervalMs ?? this.pacer.interval((follow.list ?? follow.get)!.operation, requests),
      singles: follow.get === undefined ? 0 : this.pacer.looksAtOnce(follow.get.operation),
      ended: (item, outcome) => this.sender.ended(item, outcome),
      failed: (error) => this.followFailed(error),
    }, follow)))
    for (const item of this.state.items) if (item.state === 'accepted' && item.sameAs === undefined) this.follow(item)
    await Promise.all(this.followers.map((follower) => follower.run()))
  }

  private followFailed(error: unknown): void {
    const verdict = judge(error)
    if (error instanceof JournalError || verdict.kind === 'stop') this.stop({ kind: 'error', error: error as Error })
    else this.scheduler.pushedBack((error as Error).message, this.clock.now(), verdict.kind === 'again' || verdict.kind === 'open' ? verdict.afterMs : undefined)
  }

  private tell(item: Item): void {
    this.events.push({ type: 'item', item, state: this.state.fateOf(item).state })
  }

  /** The caller's signal stops taking; after the grace the requests under way are given up. Returns how to forget it all. */
  private watchSignal(): () => void {
    const { signal, graceMs = 30_000, maxDurationMs } = this.options
    const timers: NodeJS.Timeout[] = []
    const stop = () => this.stop({ kind: 'signal', reason: signal?.reason as unknown })
    this.stopping.signal.addEventListener('abort', () => {
      timers.push(setTimeout(() => this.ending.abort(new Error('given up after the stop')), graceMs))
    }, { once: true })
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
    if (maxDurationMs !== undefined) timers.push(setTimeout(() => this.stop({ kind: 'duration' }), maxDurationMs))
    return () => {
      signal?.removeEventListener('abort', stop)
      for (const timer of timers) clearTimeout(timer)
    }
  }
}
