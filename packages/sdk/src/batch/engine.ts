import { resolve } from 'node:path'
import { systemClock, type Clock } from '../core/clock.js'
import { InvalidArgumentError } from '../core/errors/base.js'
import { budgetOf, givenLimit } from './account.js'
import { adapterFor, type Adapter } from './adapters.js'
import type { Budget } from './budget.js'
import { Channel } from './channel.js'
import { Claims } from './claims.js'
import { inHandOfWorkers, JournalError } from './errors.js'
import { skipListed } from './existing.js'
import { Following } from './following.js'
import { destinationOf } from './identity.js'
import { fileJournal, memoryJournal, type Journal } from './journal.js'
import { asUrls, listSource, toFetch } from './listing.js'
import { openBatch } from './opening.js'
import { needsServer, Ownership } from './ownership.js'
import { Pacer, type Permit } from './pacer.js'
import { planOf } from './plan.js'
import { prepare, type Prepared } from './prepare.js'
import { Queue } from './queue.js'
import { Recorder } from './recorder.js'
import type { JournalRecord } from './records.js'
import { Scheduler } from './scheduler.js'
import type { SendHost, Unsettled } from './send-host.js'
import { Sender } from './send.js'
import { BatchState, summarize } from './state.js'
import { Stopper } from './stopper.js'
import type { BatchClient, BatchEvent, BatchOptions, Destination, Item, Snapshot, Source, StopReason, Summary } from './types.js'
import { unqueued } from './unqueued.js'

/** One process with one journal: lists, plans, sends, settles and follows. */
export class Engine implements SendHost {
  readonly state = new BatchState()
  /** Items that earlier runs have brought to an end, or to a job. */
  private earlier = 0
  readonly events = new Channel<BatchEvent>()
  readonly client: BatchClient
  readonly clock: Clock
  readonly adapter: Adapter
  readonly destination: Destination
  readonly scheduler: Scheduler
  readonly budget: Budget | undefined
  readonly claims = new Claims(this.state, (item) => this.queue.add(item))
  root: string
  params: Readonly<Record<string, unknown>>
  private readonly queue = new Queue()
  private readonly stopper = new Stopper((reason) => this.events.push({ type: 'stop', reason }))
  private readonly data = new Map<number, Uint8Array>()
  protected readonly journal: Journal
  private readonly recorder: Recorder
  private readonly pacer: Pacer
  private readonly sender: Sender
  private readonly following: Following
  private readonly ownership: Ownership
  private open: readonly Item[] = []
  private startedAt = 0

  constructor(given: BatchClient, private readonly source: Source | undefined, readonly options: BatchOptions) {
    const client = this.client = unqueued(given)
    const adapter = options.adapter ?? adapterFor(client.profile.system)
    if (adapter === undefined) throw new InvalidArgumentError(`${client.profile.system} has no batch uploads`)
    this.adapter = adapter
    this.destination = destinationOf(client, adapter, options.path)
    this.checkTarget()
    this.params = options.params ?? {}
    this.clock = { ...systemClock, ...options.clock }
    this.root = resolve(options.root ?? '.')
    this.budget = budgetOf(this, options.maxCredits)
    this.journal = options.journal === undefined ? memoryJournal() : typeof options.journal === 'string' ? fileJournal(options.journal) : options.journal
    this.recorder = new Recorder(this.journal, this.state, this.events, this.stopper, options)
    const onPause = (reason: string, until: number) => this.events.push({ type: 'pause', reason, until })
    this.scheduler = new Scheduler({ clock: this.clock, max: Math.max(1, options.concurrency ?? 16), onPause })
    this.pacer = new Pacer({ client, clock: this.clock, scheduler: this.scheduler, rate: options.rate ?? 'documented', onWait: onPause })
    this.sender = new Sender(this)
    this.ownership = new Ownership(this, options)
    this.following = new Following(this, this.pacer, options, (item, outcome) => this.sender.finisher.ended(item, outcome))
  }

  get stopSignal(): AbortSignal {
    return this.stopper.stopSignal
  }

  /** Whether the items are sent by others. */
  protected get overQueue(): boolean {
    return false
  }

  get settleMs(): number {
    return this.options.settleMs ?? 60_000
  }

  get path(): Destination['path'] {
    return this.destination.path
  }

  get endSignal(): AbortSignal {
    return this.stopper.endSignal
  }

  async run(): Promise<Summary> {
    this.startedAt = this.clock.now()
    const forget = this.stopper.watch(this.options)
    try {
      await this.openJournal()
      try {
        if (this.source !== undefined || this.state.items.some(needsServer)) await this.ownership.compare(this.journal.name, this.state.owner)
        await this.list()
        if (this.options.skipExisting === true) await this.skipExisting()
        if (this.journal.kept !== false && this.state.items.some(needsServer)) await this.ownership.learn(this.state.owner)
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
      forget()
    }
  }

  /** What is left to do, here: sends items and follows jobs. */
  protected async work(): Promise<void> {
    if (this.plan() > 0) await this.askLimits()
    const followed = this.following.run(this.open)
    await this.pump()
    this.following.end()
    await followed
  }

  stop(reason: StopReason): void {
    this.stopper.stop(reason)
    this.queue.wake()
  }

  record(record: JournalRecord, durable = false): Promise<void> {
    return this.recorder.record(record, durable)
  }

  permit(operation: string, signal: AbortSignal): Promise<Permit | void> {
    return this.pacer.permit(operation, signal)
  }

  sendAt(item: Item, at: number): void {
    this.queue.addLater(item, at)
  }

  askAt(item: Item, at: number): void {
    this.queue.addAsk(item, at)
  }

  async prepare(item: Item): Promise<Prepared> {
    if (item.source !== undefined) return (await import('./remote-file.js')).prepareRemote({ ...item, source: item.source, sha256: item.expected })
    return prepare(item, this.root, this.data.get(item.n))
  }

  documents(): ReadonlySet<string> {
    return new Set(this.state.items.flatMap((item) => item.document ?? []))
  }

  unsettled(): readonly Unsettled[] {
    const items = this.state.items.filter((item) => item.sameAs === undefined && (item.state === 'sending' || item.state === 'unknown'))
    return items.map((item) => ({ n: item.n, name: item.name, size: item.size, open: item.state === 'sending' || this.queue.asksFor(item) }))
  }

  isFollowed(item: Item): boolean {
    return this.following.isFollowed(item)
  }

  follow(item: Item): void {
    this.following.add(item)
  }

  emit(event: BatchEvent): void {
    this.events.push(event)
  }

  summary(): Summary {
    return summarize(this.state, (item) => this.options.wait !== true || !this.isFollowed(item), this.stopper.reason)
  }

  snapshot(): Snapshot {
    return {
      ...this.summary(),
      sentBytes: this.sender.sentBytes, inFlight: this.scheduler.inFlight, concurrency: this.scheduler.concurrency,
      following: this.following.size, pause: this.pacer.pause, startedAt: this.startedAt,
    }
  }

  private checkTarget(): void {
    const { target } = this.adapter
    if (target !== undefined && this.path[target.param] === undefined) throw new InvalidArgumentError(`a ${target.label} is needed: path.${target.param}`)
  }

  private async openJournal(): Promise<void> {
    const { root, destination, clock, options } = this
    const found = await openBatch(this.journal, this.state, { root, destination, createdAt: clock.now() }, options)
    this.params = found.params
    this.earlier = this.state.items.filter(({ state }) => state !== 'planned' && state !== 'sending' && state !== 'unknown').length
    if (options.root === undefined) this.root = found.root
    const { queued } = this.state
    if (queued !== undefined && !this.overQueue) {
      await this.journal.close()
      throw inHandOfWorkers(this.journal.name, queued.queue)
    }
  }

  private async list(): Promise<void> {
    if (this.source === undefined) {
      if (!this.state.listed) throw new JournalError(`${this.journal.name} was stopped before all items were listed`, 'io', 'Run the upload again with the same arguments and the same journal.')
      return
    }
    const source = this.adapter.url === undefined ? toFetch(this.source) : asUrls(this.source)
    for await (const { n, record, data } of listSource(source, this.state, this.root, this.clock.now)) {
      if (data !== undefined) this.data.set(n, data)
      if (record !== undefined) await this.recorder.listed(record)
      if (this.stopSignal.aborted) return
    }
    await this.recorder.listed({ t: 'listed', items: this.state.items.length })
  }

  private async skipExisting(): Promise<void> {
    const { listing } = this.adapter
    if (listing === undefined || this.stopSignal.aborted) return
    const rows = this.client.request<AsyncIterable<unknown>>(listing.operation, { path: this.path, params: listing.params ?? {} }, { signal: this.stopSignal })
    for await (const item of skipListed(this.state.items, rows, listing)) {
      await this.record({ t: 'skipped', n: item.n, at: this.clock.now(), code: 'EXISTS', message: 'the server lists a document of this name and size' })
    }
  }

  /** Puts what is left to do in order; says how many items may need the server. */
  private plan(): number {
    const { items } = this.state
    const { send, settle, open } = planOf(this.state, this.options.retry)
    this.open = open
    for (const item of send) this.queue.add(item)
    for (const item of settle) this.sender.settler.later(item, { answered: false })
    this.pacer.seed(this.adapter.operation, items.flatMap((item) => item.sentAt ?? []))
    const left = send.length + settle.length
    this.told(left)
    return left + open.length
  }

  protected told(left: number): void {
    const { items } = this.state
    this.events.push({ type: 'listed', items: items.length, bytes: items.reduce((sum, item) => sum + (item.size ?? 0), 0), left, earlier: Math.min(this.earlier, items.length - left) })
  }

  private async askLimits(): Promise<void> {
    if ((this.options.rate ?? 'documented') !== 'documented') return
    const given = await givenLimit(this)
    if (given !== undefined) this.pacer.adopt(this.adapter.operation, given)
  }

  private async pump(): Promise<void> {
    const flights = new Set<Promise<void>>()
    const { stopSignal: signal } = this
    while (!signal.aborted) {
      const now = this.clock.now()
      const asks = this.queue.takeAsks(now)
      if (asks.length > 0) this.launch(flights, this.sender.settler.ask(asks).then(() => {}))
      const group = this.queue.takeGroup(now, (taken, next, waiting) => this.sender.grouping.joins(taken, next, waiting, this.pacer.isLimited(this.adapter.operation) ? 1 : this.scheduler.concurrency))
      if (group.length > 0) {
        try {
          await this.scheduler.slot(signal)
        } catch {
          break
        }
        this.launch(flights, this.sender.send(...group).finally(() => this.scheduler.leave()))
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
}
