import type { Clock } from '../core/clock.js'
import type { Item } from './types.js'

const TOGETHER = 1_000

/** What is to be done: items in order, items to send again later, and items to ask the server about later. */
export class Queue {
  private ready: Item[] = []
  private head = 0
  private later: { readonly item: Item; readonly at: number }[] = []
  private asks: { readonly item: Item; readonly at: number }[] = []
  private waker: (() => void) | undefined

  get empty(): boolean {
    return this.head >= this.ready.length && this.later.length === 0 && this.asks.length === 0
  }

  add(item: Item): void {
    this.ready.push(item)
  }

  addLater(item: Item, at: number): void {
    this.later.push({ item, at })
    this.wake()
  }

  addAsk(item: Item, at: number): void {
    // Rounded up, so that those that belong together are asked about together.
    this.asks.push({ item, at: Math.ceil(at / TOGETHER) * TOGETHER })
    this.wake()
  }

  /** How many items wait to be sent. */
  get waiting(): number {
    return this.ready.length - this.head + this.later.length
  }

  /** The next item, with those after it that may go together with it. */
  takeGroup(now: number, joins: (group: readonly Item[], next: Item, waiting: number) => boolean): Item[] {
    const first = this.take(now)
    if (first === undefined) return []
    const group = [first]
    for (let next = this.peek(now); next !== undefined && joins(group, next, this.waiting); next = this.peek(now)) group.push(this.take(now)!)
    return group
  }

  private peek(now: number): Item | undefined {
    return this.later.find((each) => each.at <= now)?.item ?? this.ready[this.head]
  }

  /** The next item; those that are due again come before new ones. */
  take(now: number): Item | undefined {
    const due = this.later.findIndex((each) => each.at <= now)
    if (due !== -1) return this.later.splice(due, 1)[0]!.item
    return this.head < this.ready.length ? this.ready[this.head++] : undefined
  }

  /** Every item that is due to be asked about: one listing answers for all. */
  takeAsks(now: number): Item[] {
    if (!this.asks.some((each) => each.at <= now)) return []
    const due = this.asks.filter((each) => each.at <= now)
    this.asks = this.asks.filter((each) => each.at > now)
    return due.map((each) => each.item)
  }

  /** The item is to be asked about. */
  asksFor(item: Item): boolean {
    return this.asks.some((each) => each.item === item)
  }

  wake(): void {
    this.waker?.()
  }

  /** Resolves when something is due or was added. */
  async wait(clock: Clock, now: number, signal: AbortSignal): Promise<void> {
    const next = [...this.later, ...this.asks].reduce((least, each) => Math.min(least, Math.max(each.at, now + 5)), Infinity)
    const timer = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.waker = resolve
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true, signal: timer.signal })
    })
    const slept = Number.isFinite(next) ? clock.sleep(next - now, timer.signal).catch(() => {}) : new Promise<void>(() => {})
    await Promise.race([woken, slept])
    timer.abort()
    this.waker = undefined
  }
}
