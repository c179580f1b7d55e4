import type { Job, Queue, Worker } from 'bullmq'
import { givenLimit } from '../account.js'
import { Following } from '../following.js'
import { Sender } from '../send.js'
import type { Item } from '../types.js'
import { load } from './connect.js'
import { moment } from './elapsed.js'
import type { QueueStore } from './store.js'
import { Superseded, WorkerHost, type WorkerHostOptions } from './worker-host.js'
import type { Redis } from 'ioredis'

export interface BatchWorkerOptions extends WorkerHostOptions {
  readonly redis: Redis
}

export interface ItemJob { readonly n: number }

/** Attempts, delays and failures are kept with the item; BullMQ says who has it, and gives it to another when a worker dies. */
const ENDLESS = 1_000_000_000
const ASK_MOST = 500
const ASK_AGAIN = 5_000
/** Milliseconds until a step is tried again that somebody else was in the way of. */
const IN_THE_WAY = 500
const LOOK = 500
const REPAIR = 10_000

/** One worker's part in one batch. */
export class BatchWorker {
  readonly host: WorkerHost
  private readonly sender: Sender
  private readonly store: QueueStore
  private worker: Worker<ItemJob> | undefined
  private queue: Queue<ItemJob> | undefined
  private readonly closing = new AbortController()
  private readonly loops: Promise<void>[] = []
  private asking = false

  constructor(private readonly options: BatchWorkerOptions) {
    this.host = new WorkerHost(options)
    this.sender = new Sender(this.host)
    this.store = options.store
  }

  async start(): Promise<void> {
    const { Worker, Queue, DelayedError } = await load('bullmq', () => import('bullmq'), 'Worker', 'Queue', 'DelayedError')
    const { redis, leaseMs, concurrency, meta, client, adapter } = this.options
    const { name, prefix } = this.store.bull
    await this.beat()
    if (meta.rate === 'documented') {
      const given = await givenLimit({ client, adapter, stopSignal: this.host.stopSignal })
      if (given !== undefined) this.host.pacer.adopt(adapter.operation, given)
    }
    this.queue = new Queue<ItemJob>(name, { connection: redis, prefix, skipMetasUpdate: true })
    this.queue.on('error', () => {})
    this.worker = new Worker<ItemJob>(name, async (job, token) => {
      const ms = await this.step(job)
      if (ms === undefined) return
      await job.moveToDelayed(Date.now() + ms, token)
      throw new DelayedError()
    }, {
      connection: redis, prefix, concurrency, lockDuration: leaseMs, stalledInterval: leaseMs, maxStalledCount: ENDLESS, drainDelay: 1,
      removeOnComplete: { count: 0 }, removeOnFail: { count: 0 },
    })
    // A connection that breaks is made again, and a lock that was lost is another's: both show in what follows.
    this.worker.on('error', () => {})
    this.loops.push(this.every(Math.max(50, leaseMs / 6), () => this.beat()), this.keeper())
    this.watchLease()
  }

  /** Takes no more items; those in hand come to their end, or are given back. */
  async close(): Promise<void> {
    this.host.stop({ kind: 'signal' })
    await this.worker?.close().catch(() => {})
    this.closing.abort()
    await Promise.all(this.loops)
    await this.queue?.close().catch(() => {})
  }

  /** One step of one item. Gives the milliseconds to the next; undefined when BullMQ need not come back to it. */
  private async step({ data: { n } }: Job<ItemJob>): Promise<number | undefined> {
    if (this.host.stopSignal.aborted) return 0
    let item: Item | undefined
    try {
      const taken = await this.host.take(n)
      if (taken === undefined) return undefined
      if ('ms' in taken) return taken.ms
      item = taken.item
      if (taken.open && this.options.adapter.again === 'listing') return await this.ask(item)
      return await this.send(item)
    } catch (error) {
      if (!(error instanceof Superseded)) this.host.stop({ kind: 'error', error: error as Error })
      if (item !== undefined) this.host.forget(item)
      return IN_THE_WAY
    }
  }

  private async send(item: Item): Promise<number | undefined> {
    const { host } = this
    try {
      await host.scheduler.slot(host.stopSignal)
    } catch {
      host.forget(item)
      return 0
    }
    try {
      await this.sender.send(item)
    } finally {
      host.scheduler.leave()
    }
    return host.drop(item)
  }

  /** Asks the listing about every item whose turn has come. One worker at a time, as two could take one entry for two items. */
  private async ask(item: Item): Promise<number | undefined> {
    const { store, host } = this
    const { worker, leaseMs } = this.options
    if (this.asking || !(await store.role('asking', worker, leaseMs * 2))) {
      host.askAt(item, host.clock.now())
      return host.drop(item)
    }
    this.asking = true
    const items = [item]
    try {
      for (const n of await store.dueAsks(ASK_MOST)) {
        if (n === item.n) continue
        const taken = await host.take(n, true)
        if (taken !== undefined && 'item' in taken) {
          if (taken.open) items.push(taken.item)
          else host.forget(taken.item)
        }
      }
      // What the listing did not say now it may say later.
      if (!(await this.sender.settler.ask(items))) for (const each of items) host.askAt(each, host.clock.now() + ASK_AGAIN)
    } catch (error) {
      for (const each of items) host.forget(each)
      throw error
    } finally {
      this.asking = false
      await store.leaveRole('asking', worker)
    }
    // The jobs of the others come by themselves.
    const [ms] = await Promise.all(items.map((each) => host.drop(each)))
    return ms
  }

  private async beat(): Promise<void> {
    const { worker, leaseMs } = this.options
    const began = moment()
    await this.store.beat(worker)
    if (this.asking) await this.store.role('asking', worker, leaseMs * 2)
    this.host.heard(began)
  }

  private watchLease(): void {
    const timer = setInterval(() => {
      try {
        this.host.checkLease()
      } catch {
        // Requests under way were told.
      }
    }, Math.max(20, this.options.leaseMs / 20))
    this.closing.signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  /** One worker at a time follows the jobs of the batch, and sees to it that every open item has its job in BullMQ. */
  private async keeper(): Promise<void> {
    const { worker, leaseMs } = this.options
    let following: { readonly stop: () => void; readonly done: Promise<void>; readonly known: Set<number>; readonly each: Following } | undefined
    let repairedAt = performance.now()
    await this.every(LOOK, async () => {
      if (!(await this.store.role('keeper', worker, leaseMs * 2))) {
        following?.stop()
        following = undefined
        return
      }
      if (this.options.meta.wait) {
        following ??= this.follow()
        await this.addFollowed(following.each, following.known)
      }
      if (performance.now() - repairedAt < REPAIR) return
      repairedAt = performance.now()
      await this.repair()
    })
    following?.stop()
    await following?.done
    await this.store.leaveRole('keeper', worker).catch(() => {})
  }

  private follow() {
    const ended = new AbortController()
    const known = new Set<number>()
    this.host.stopSignal.addEventListener('abort', () => ended.abort(), { once: true })
    const host = Object.create(this.host, { stopSignal: { value: ended.signal } }) as WorkerHost
    const { meta } = this.options
    const each = new Following(host, this.host.pacer, { wait: true, ...(meta.pollIntervalMs === undefined ? {} : { pollIntervalMs: meta.pollIntervalMs }) }, async (item, outcome) => {
      try {
        await this.sender.finisher.ended(item, outcome)
      } catch (error) {
        if (!(error instanceof Superseded)) throw error
        // Another follows the jobs now, and has written what became of this one; if not, it is read anew.
        known.delete(item.n)
      }
      this.host.forget(item)
    })
    const done = each.run([]).catch((error: unknown) => this.host.stop({ kind: 'error', error: error as Error }))
    return { each, known, done, stop: () => ended.abort() }
  }

  private async addFollowed(following: Following, known: Set<number>): Promise<void> {
    const numbers = await this.store.following()
    const fresh = numbers.filter((n) => !known.has(n))
    known.clear()
    for (const n of numbers) known.add(n)
    for (const stored of await this.store.items(fresh)) if (stored?.state === 'accepted') following.add(this.host.restore(stored))
  }

  /** A crash between two systems, or records that Redis has lost, can leave an item without a job. */
  private async repair(): Promise<void> {
    const counts = await this.queue!.getJobCounts('wait', 'active', 'delayed', 'prioritized')
    const open = await this.store.open()
    if (Object.values(counts).reduce((sum, count) => sum + count, 0) < open.length) await addJobs(this.queue!, open)
  }

  private async every(ms: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.closing
    while (!signal.aborted) {
      try {
        await work()
      } catch (error) {
        if (signal.aborted) return
        this.options.onEvent({ type: 'pause', reason: `Redis: ${(error as Error).message}`, until: Date.now() + 1_000 })
      }
      await this.host.clock.sleep(ms, signal).catch(() => {})
    }
  }
}

/** Puts items on BullMQ; those that are there stay as they are. */
export async function addJobs(queue: Queue<ItemJob>, numbers: readonly number[]): Promise<void> {
  for (let start = 0; start < numbers.length; start += 500) {
    await queue.addBulk(numbers.slice(start, start + 500).map((n) => ({ name: 'item', data: { n }, opts: { jobId: `i${n}`, removeOnComplete: true, removeOnFail: true } })))
  }
}
