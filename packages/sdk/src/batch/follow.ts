import type { Clock } from '../core/clock.js'
import { NotFoundError } from '../core/errors/api.js'
import type { Adapter, Follow } from './adapters.js'
import { JOB_LOST, type JobOutcome } from './finish.js'
import type { BatchClient, Item } from './types.js'

export interface FollowerOptions {
  readonly client: BatchClient
  readonly adapter: Adapter
  readonly path: Readonly<Record<string, string | number>>
  readonly clock: Clock
  /** Ends the following; jobs stay open. */
  readonly signal: AbortSignal
  /** Waits until one request of the operation is in order. */
  permit(operation: string): Promise<void>
  /** Milliseconds to the next look, after one that took so many requests. */
  interval(requests: number): number
  /** How many jobs one look reads by themselves at most. */
  readonly singles: number
  readonly timeoutMs: number | undefined
  /** The job of the item ended. */
  ended(item: Item, outcome: JobOutcome): Promise<void>
  failed(error: unknown): void
  /** What became of these items could not be taken in, after so many tries: they stay open for a later run. */
  leave(items: readonly Item[], error: unknown): void
}

/** How many pages one look turns at most; the rest is read one by one or by the next look. */
const PAGES = 10
const AT_ONCE = 10
/** Looks in a row in which a whole list has not had a job that cannot be read by itself; then it is lost. What is new may be listed late. */
const LOST_AFTER = 5
/** Tries to take in how a job ended. */
const TRIES = 5
/** Ends that could not be taken in, after which a look is broken off: what is wrong is not the one job. */
const BROKEN_OFF = 3

/** One poller for all open jobs. */
export class Follower {
  /** By id of the job: content that the server knew leads several items to one job. */
  private readonly open = new Map<string, Item[]>()
  private readonly follow: Follow
  private ending = false
  private wake: (() => void) | undefined
  private turn = 0
  private pausing: AbortController | undefined
  /** By id: looks in which the list did not have it, and ends that could not be taken in. */
  private readonly absences = new Map<string, number>()
  private readonly failures = new Map<string, number>()
  /** Ends that could not be taken in by this look. */
  private troubles: unknown[] = []

  constructor(private readonly options: FollowerOptions, follow: Follow) {
    this.follow = follow
  }

  get size(): number {
    let count = 0
    for (const items of this.open.values()) count += items.length
    return count
  }

  /** False when the item has nothing to follow. */
  add(item: Item): boolean {
    const id = followedId(this.follow, item)
    if (id === undefined) return false
    this.open.set(id, [...(this.open.get(id) ?? []), item])
    this.wake?.()
    return true
  }

  /** No more items come. */
  end(): void {
    this.ending = true
    this.wake?.()
    this.pausing?.abort()
  }

  /** Resolves when every job has ended after `end`, or the signal is aborted. */
  async run(): Promise<void> {
    const { signal, interval, singles } = this.options
    while (!signal.aborted) {
      if (this.open.size === 0) {
        if (this.ending) return
        await this.idle()
        continue
      }
      let requests = 1
      this.troubles = []
      try {
        requests = this.follow.list === undefined ? await this.readEach(singles) : await this.readList(this.follow.list)
        this.giveUpLate()
        if (this.troubles.length > 0) throw this.troubles[0]
      } catch (error) {
        if (!signal.aborted) this.options.failed(error)
      }
      if (this.open.size > 0 && !signal.aborted) await this.pause(interval(requests))
    }
  }

  private async readList(list: NonNullable<Follow['list']>): Promise<number> {
    const { client, path, permit, signal } = this.options
    const wanted = new Set(this.open.keys())
    let [rows, pages] = [0, 1]
    await permit(list.operation)
    const size = Number(list.params?.['page_size'] ?? list.params?.['limit'] ?? Infinity)
    for await (const row of client.request<AsyncIterable<unknown>>(list.operation, { path, params: list.params ?? {} }, { signal })) {
      const id = list.id(row)
      if (id !== undefined && wanted.delete(id)) {
        this.absences.delete(id)
        await this.settle(id, row)
      }
      if (wanted.size === 0) break
      if (++rows % size === 0) {
        // Where jobs cannot be read by themselves the list is read to its end.
        if (++pages > PAGES && this.follow.get !== undefined) break
        await permit(list.operation)
      }
    }
    // Read to its end.
    if (this.follow.get === undefined) for (const id of wanted) await this.missed(id)
    // What the list does not have (any more) is read by itself.
    return wanted.size > 0 && this.follow.get !== undefined ? pages + (await this.readEach(this.options.singles, [...wanted])) : pages
  }

  private async readEach(most: number, ids = [...this.open.keys()]): Promise<number> {
    const { client, path, permit, signal } = this.options
    const { get } = this.follow
    if (get === undefined) return 0
    const start = ids.length > most ? this.turn % ids.length : 0
    const chosen = [...ids.slice(start), ...ids.slice(0, start)].slice(0, most)
    this.turn += most
    const left = chosen.values()
    const read = async (id: string) => {
      if (!this.open.has(id)) return
      await permit(get.operation)
      try {
        await this.settle(id, await client.request<PromiseLike<unknown>>(get.operation, { path: { ...path, [get.param]: id } }, { signal }))
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error
        await this.close(id, LOST)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (const id of left) await read(id)
    }))
    return chosen.length
  }

  private async settle(id: string, row: unknown): Promise<void> {
    const status = this.follow.status(row)
    if (status === undefined) return
    if (this.follow.success.includes(status)) await this.close(id, { ok: true, status, row })
    else if (this.follow.failure.includes(status)) {
      const reason = this.follow.reason(row)
      await this.close(id, { ok: false, status, row, ...(reason === undefined ? {} : { reason }) })
    }
  }

  private async missed(id: string): Promise<void> {
    const count = (this.absences.get(id) ?? 0) + 1
    this.absences.set(id, count)
    if (count >= LOST_AFTER) await this.close(id, LOST)
  }

  /** What takes too long stays open in the journal and is left alone in this run. */
  private giveUpLate(): void {
    const { timeoutMs, clock } = this.options
    if (timeoutMs === undefined) return
    const now = clock.now()
    for (const [id, items] of this.open) {
      const left = items.filter((item) => now - (item.endedAt ?? now) < timeoutMs)
      if (left.length === 0) this.open.delete(id)
      else this.open.set(id, left)
    }
  }

  private async close(id: string, outcome: JobOutcome): Promise<void> {
    const items = this.open.get(id) ?? []
    this.open.delete(id)
    for (const [index, item] of items.entries()) {
      try {
        await this.options.ended(item, outcome)
      } catch (error) {
        this.keep(id, items.slice(index), error)
        if (this.troubles.length >= BROKEN_OFF) throw error
        return
      }
    }
    this.absences.delete(id)
    this.failures.delete(id)
  }

  /** One job whose end cannot be taken in keeps no other waiting. */
  private keep(id: string, items: Item[], error: unknown): void {
    this.troubles.push(error)
    const count = (this.failures.get(id) ?? 0) + 1
    this.failures.set(id, count)
    if (count < TRIES) this.open.set(id, items)
    else this.options.leave(items, error)
  }

  /** Until the next look; cut short when the last item has been sent, as looks may then come more often. */
  private async pause(ms: number): Promise<void> {
    const { clock, signal } = this.options
    const pausing = (this.pausing = new AbortController())
    const stop = () => pausing.abort()
    signal.addEventListener('abort', stop, { once: true })
    await clock.sleep(ms, pausing.signal).catch(() => {})
    signal.removeEventListener('abort', stop)
    this.pausing = undefined
  }

  private idle(): Promise<void> {
    const { signal } = this.options
    return new Promise((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', go)
        this.wake = undefined
        resolve()
      }
      this.wake = go
      signal.addEventListener('abort', go, { once: true })
      if (signal.aborted || this.ending || this.open.size > 0) go()
    })
  }
}

const LOST: JobOutcome = { ok: false, status: 'lost', ...JOB_LOST, row: undefined }

/** The id by which an item is followed. */
export function followedId(follow: Follow | undefined, item: Item): string | undefined {
  if (follow === undefined) return undefined
  return follow.by === 'document' ? item.document : item.job
}
