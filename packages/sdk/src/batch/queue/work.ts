import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { sleep } from '../../core/clock.js'
import { adapterFor, type Adapter } from '../adapters.js'
import { destinationOf } from '../identity.js'
import { ownerOf } from '../owner.js'
import { describeOwner } from '../ownership.js'
import { describeDestination } from '../records.js'
import type { BatchClient, BatchEvent, Destination } from '../types.js'
import { unqueued } from '../unqueued.js'
import { BatchWorker } from './batch-worker.js'
import { asQueueError, connectQueue, type Connection } from './connect.js'
import { redisRateLimitStore } from './limits.js'
import { queuedBatches, QueueStore, type BatchMeta } from './store.js'
import { rootOf } from './worker-host.js'

/** How a worker takes part. */
export interface WorkOptions {
  /** Address of Redis: `redis://host:6379`, `rediss://user:password@host:6379/0`. */
  readonly queue: string
  /** A client for a batch, with this worker's own credentials: none are on the queue. Rejects when there are none. */
  client(destination: Destination): BatchClient | Promise<BatchClient>
  /** Work for batches of another account too. Default: those are refused, as what they hold would go to this worker's. */
  readonly acceptAccount?: boolean
  /** Items in hand at a time, for each batch. Default 16. */
  readonly concurrency?: number
  /** Only batches of these systems. Default: all. */
  readonly systems?: readonly string[]
  /** Where this machine has the files that the submitter's root holds. Default: at the same path. */
  readonly root?: string
  /** Come back when nothing is left to do. Default: wait for more. */
  readonly drain?: boolean
  /** Milliseconds without a sign of life after which another takes over this worker's items. Default 30 000. */
  readonly leaseMs?: number
  /** Takes no new items when aborted, and lets those in hand end. */
  readonly signal?: AbortSignal
  /** Told of everything that this worker does. */
  onEvent?(event: WorkEvent): void
}

/** What a worker does and meets. `event` has what happens in a batch, as `uploadBatch` tells it. */
export type WorkEvent =
  /** Looks for batches now. `warnings`: what the way Redis is set up could cost. */
  | { readonly type: 'ready'; readonly worker: string; readonly queue: string; readonly warnings: readonly string[] }
  | { readonly type: 'redis'; readonly state: 'lost' | 'back'; readonly message?: string }
  | { readonly type: 'batch'; readonly batch: string; readonly state: 'started' | 'ended'; readonly destination: Destination }
  /** This worker cannot take part in the batch, or (`halted`) nobody can for now. */
  | { readonly type: 'batch'; readonly batch: string; readonly state: 'refused' | 'halted'; readonly destination: Destination; readonly reason: string }
  | { readonly type: 'event'; readonly batch: string; readonly event: BatchEvent }

const LOOK = 500
let made = 0

/**
 * Works on the batches of a queue, together with as many others as there are, until the signal is aborted, or with `drain` until nothing is left. Rejects with
 * `QueueError` when Redis cannot be used; when it goes away later it is waited for.
 */
export async function workQueue(options: WorkOptions): Promise<void> {
  const tell = (event: WorkEvent) => options.onEvent?.(event)
  const connection = await connectQueue(options.queue, { onState: (state, error) => tell({ type: 'redis', state, ...(error === undefined ? {} : { message: error.message }) }) })
  const name = `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
  tell({ type: 'ready', worker: name, queue: connection.shown, warnings: connection.warnings })
  const crew = new Crew(options, connection, name, tell)
  try {
    await crew.run()
  } catch (error) {
    throw asQueueError(error, connection.shown)
  } finally {
    await crew.close()
    await connection.close()
  }
}

/** The batches that this process works on. */
class Crew {
  private readonly running = new Map<string, { readonly worker: BatchWorker; readonly meta: BatchMeta }>()
  private readonly refused = new Map<string, string>()
  private readonly halted = new Set<string>()

  constructor(private readonly options: WorkOptions, private readonly connection: Connection, private readonly name: string, private readonly tell: (event: WorkEvent) => void) {}

  async run(): Promise<void> {
    const { signal, drain } = this.options
    while (signal?.aborted !== true) {
      const left = await this.look()
      if (drain === true && left === 0 && this.running.size === 0) return
      await sleep(LOOK, signal).catch(() => {})
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.running.keys()].map((id) => this.end(id)))
  }

  /** Gives how many batches have something left that this worker may do. */
  private async look(): Promise<number> {
    const ids = await queuedBatches(this.connection)
    let left = 0
    for (const id of new Set([...ids, ...this.running.keys()])) {
      const store = new QueueStore(this.connection, id)
      const [meta, { open, following, halted }] = await Promise.all([store.meta(), store.status()])
      const todo = meta !== undefined && halted === undefined && (open > 0 || (meta.wait && following > 0))
      if (halted === undefined) this.halted.delete(id)
      else if (meta !== undefined && !this.halted.has(id)) {
        this.halted.add(id)
        this.tell({ type: 'batch', batch: id, state: 'halted', destination: meta.destination, reason: halted.message })
      }
      if (!todo) await this.end(id)
      else if (this.running.has(id) || (await this.begin(id, store, meta))) left++
    }
    return left
  }

  private async begin(id: string, store: QueueStore, meta: BatchMeta): Promise<boolean> {
    const { systems, leaseMs = 30_000, concurrency = 16 } = this.options
    const { destination } = meta
    if (systems !== undefined && !systems.includes(destination.system)) return false
    const facts = JSON.stringify(meta)
    if (this.refused.get(id) === facts) return false
    const adapter = adapterFor(destination.system, meta.adapter)
    const root = rootOf(meta, this.options.root)
    const client = adapter === undefined ? undefined : await Promise.resolve().then(() => this.options.client(destination)).catch((error: unknown) => error as Error)
    const reason = adapter === undefined || client === undefined ? `this version knows no ${meta.adapter} of ${destination.system}` : client instanceof Error ? client.message : await this.mismatch(client, adapter!, meta, root).catch((error: unknown) => (error as Error).message)
    if (reason !== undefined) {
      this.refused.set(id, facts)
      this.tell({ type: 'batch', batch: id, state: 'refused', destination, reason })
      return false
    }
    const worker = new BatchWorker({
      redis: this.connection.redis, store, meta, root, leaseMs, concurrency, adapter: adapter!, client: unqueued(client as BatchClient), limits: await redisRateLimitStore(this.connection.redis),
      // Each begins a life of its own: what an earlier one left open is not taken for its.
      worker: `${this.name}:${made++}`,
      onEvent: (event) => this.tell({ type: 'event', batch: id, event }),
      onHalt: (error) => void store.halt({ name: error.name, message: error.message, worker: this.name, ...codeOf(error) }).catch(() => {}),
    })
    await worker.start()
    this.running.set(id, { worker, meta })
    this.tell({ type: 'batch', batch: id, state: 'started', destination })
    return true
  }

  private async mismatch(client: BatchClient, adapter: Adapter, meta: BatchMeta, root: string): Promise<string | undefined> {
    const { destination } = meta
    const [a, b] = [describeDestination(destination), describeDestination(destinationOf(client, adapter, destination.path))]
    if (a !== b) return `it goes to ${a}; this worker's profile leads to ${b}`
    const mine = meta.owner === undefined || this.options.acceptAccount === true ? undefined : await ownerOf(client, adapter, this.options.signal)
    if (mine !== undefined && mine.id !== meta.owner!.id) return `it is of the account of ${describeOwner(meta.owner!)}; this worker's credential is that of ${describeOwner(mine)}`
    if (adapter.url !== undefined) return undefined
    const found = await stat(root).catch(() => undefined)
    return found?.isDirectory() === true ? undefined : `its files are under ${root}, which is not a folder here: mount it, or say where it is with the option root`
  }

  private async end(id: string): Promise<void> {
    const known = this.running.get(id)
    if (known === undefined) return
    this.running.delete(id)
    await known.worker.close()
    // BullMQ may have written a name or two after the batch was taken off the queue.
    const store = new QueueStore(this.connection, id)
    if ((await store.meta()) === undefined) await store.remove()
    this.tell({ type: 'batch', batch: id, state: 'ended', destination: known.meta.destination })
  }
}

function codeOf(error: Error): { code?: string } {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? { code } : {}
}
