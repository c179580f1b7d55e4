import type { Clock } from '../core/clock.js'
import type { Item } from './types.js'

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
    this.asks.push({ item, at })
    this.wake()
  }

  /** The next item; those that are due again come before new ones. */
  take(now: number): Item | undefined {
    const due = this.later.findIndex((each) => each.at <= now)
    if (due !== -1) return this.later.splice(due, 1)[0]!.item
    return this.head < this.ready.length ? this.ready[this.head++] : undefined
  }

  /** Every item to ask about, once the last of those that belong together is due: one listing answers for all. */
  takeAsks(now: number): Item[] {
    const due = this.asks.filter((each) => each.at <= now)
    if (due.length === 0) return []
    const soon = this.asks.filter((each) => each.at > now)
    if (soon.some((each) => each.at - now < 2_000)) return []
    this.asks = soon
    return due.map((each) => each.item)
  }

  /** Items that wait to be asked about. */
  get asking(): { readonly items: number; readonly until: number } {
    return { items: this.asks.length, until: Math.max(0, ...this.asks.map((each) => each.at)) }
  }

  wake(): void {
    this.waker?.()
  }

  /** Resolves when something is due or was added. */
  async wait(clock: Clock, now: number, signal: AbortSignal): Promise<void> {
    const next = Math.min(...[...this.later, ...this.asks].map((each) => Math.max(each.at, now + 5)))
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
