/** How much of a category's windows is used. Pure: time comes in, nothing is scheduled here. */

export interface RateWindow {
  readonly requests: number
  readonly seconds: number
}

/** What an answer said about a category. Times are epoch milliseconds. */
export interface Sighting {
  readonly limit?: number
  readonly remaining?: number
  /** When the window that the headers are about begins anew. */
  readonly resetAt?: number
  /** Nothing may be sent before: a refusal said so. */
  readonly notBefore?: number
}

export interface WindowState extends RateWindow {
  /** Requests counted in the window, those of others that the server told of included. */
  readonly used: number
}

interface Span {
  /** When the latest of them was sent. */
  at: number
  readonly since: number
  count: number
}

/** Two requests may take different times on their way, so windows are kept this much longer, in milliseconds. */
const SLACK = 250
/** A window keeps at most about this many numbers, however many requests pass. */
const GRAIN = 64

/**
 * Counts sent requests in windows that slide: in no stretch of a window's length do more than its limit pass, so it is right for servers
 * that count in fixed windows as well as for those that slide. What the server says goes before what its document says.
 */
export class Meter {
  private spans: Span[] = []
  private notBefore = 0
  /** What others have used of the window that the headers are about, and until when that holds. */
  private others = { count: 0, until: 0 }
  /** The headers' own limit, where it is not the documented one: plans differ. */
  private limit: number | undefined

  /** Milliseconds to wait; 0 when one was taken from every window. From none otherwise. */
  take(documented: readonly RateWindow[], now: number): number {
    const windows = this.effective(documented)
    this.prune(windows, now)
    let wait = Math.max(0, this.notBefore - now)
    windows.forEach((window, index) => { wait = Math.max(wait, this.waitFor(window, index === 0, now)) })
    if (wait > 0) return wait
    this.count(windows, now)
    return 0
  }

  /** Takes what an answer said. `headers` describe the first window, or the one whose limit they name. */
  learn(documented: readonly RateWindow[], { limit, remaining, resetAt, notBefore }: Sighting, now: number): void {
    if (notBefore !== undefined) this.notBefore = Math.max(this.notBefore, notBefore)
    if (limit === undefined || limit <= 0 || documented.length === 0) return
    // A refusal by a longer window names that window's limit.
    const about = documented.find((each) => each.requests === limit)
    if (about !== undefined && about !== documented[0]) {
      if (remaining === 0 && resetAt !== undefined) this.notBefore = Math.max(this.notBefore, resetAt)
      return
    }
    this.limit = about === undefined ? limit : undefined
    if (remaining === undefined) return
    const [window] = this.effective(documented)
    const until = resetAt ?? now + window!.seconds * 1000
    if (until <= now) return
    this.others = { count: Math.max(0, limit - remaining - this.used(window!, now)), until }
  }

  state(documented: readonly RateWindow[], now: number): WindowState[] {
    return this.effective(documented).map((window, index) => ({ ...window, used: this.used(window, now) + (index === 0 ? this.foreign(now) : 0) }))
  }

  /** Until when nothing may be sent, as epoch milliseconds; 0 where nothing forbids it. */
  blockedUntil(): number {
    return this.notBefore
  }

  toJSON(): unknown {
    return { spans: this.spans, notBefore: this.notBefore, others: this.others, limit: this.limit }
  }

  /** From what `toJSON` gave: for stores outside this process. */
  static from(json: unknown): Meter {
    const meter = new Meter()
    const { spans = [], notBefore = 0, others = { count: 0, until: 0 }, limit } = (json ?? {}) as { spans?: Span[]; notBefore?: number; others?: { count: number; until: number }; limit?: number }
    Object.assign(meter, { spans: spans.map((each) => ({ ...each })), notBefore, others: { ...others }, limit })
    return meter
  }

  private effective(documented: readonly RateWindow[]): readonly RateWindow[] {
    return this.limit === undefined ? documented : documented.map((window, index) => (index === 0 ? { ...window, requests: this.limit! } : window))
  }

  private foreign(now: number): number {
    return now < this.others.until ? this.others.count : 0
  }

  private used({ seconds }: RateWindow, now: number): number {
    const from = now - lengthOf(seconds)
    let count = 0
    for (let i = this.spans.length - 1; i >= 0 && this.spans[i]!.at > from; i--) count += this.spans[i]!.count
    return count
  }

  /** Milliseconds until one more fits. */
  private waitFor({ requests, seconds }: RateWindow, first: boolean, now: number): number {
    const foreign = first ? this.foreign(now) : 0
    let over = this.used({ requests, seconds }, now) + foreign + 1 - requests
    if (over <= 0) return 0
    let wait = foreign > 0 ? this.others.until - now : Infinity
    const from = now - lengthOf(seconds)
    for (const { at, count } of this.spans) {
      if (at <= from) continue
      over -= count
      if (over <= 0) {
        wait = Math.min(wait, at + lengthOf(seconds) - now)
        break
      }
    }
    // A limit of nothing: ask again when the window has passed.
    return Math.max(1, wait === Infinity ? seconds * 1000 : wait)
  }

  private count(windows: readonly RateWindow[], now: number): void {
    if (windows.length === 0) return
    const shortest = Math.min(...windows.map((each) => each.seconds))
    const last = this.spans.at(-1)
    // A span ends with its latest request, so joining requests into one only ever counts them longer. Old spans are joined more coarsely.
    if (last !== undefined && now - last.since < (shortest * 1000) / GRAIN) {
      last.at = Math.max(last.at, now)
      last.count++
    } else this.spans.push({ at: now, since: now, count: 1 })
    if (this.spans.length > GRAIN * 8) this.compact(windows, now)
  }

  private compact(windows: readonly RateWindow[], now: number): void {
    const joined: Span[] = []
    for (const span of this.spans) {
      const last = joined.at(-1)
      // Within a grain of the shortest window that can still see it.
      const seeing = windows.map((each) => lengthOf(each.seconds)).filter((ms) => ms > now - span.at).toSorted((a, b) => a - b)[0] ?? 0
      if (last !== undefined && span.at - last.since < seeing / GRAIN) {
        last.at = span.at
        last.count += span.count
      } else joined.push({ ...span })
    }
    this.spans = joined
  }

  private prune(windows: readonly RateWindow[], now: number): void {
    const longest = windows.reduce((ms, each) => Math.max(ms, lengthOf(each.seconds)), 0)
    let gone = 0
    while (gone < this.spans.length && this.spans[gone]!.at <= now - longest) gone++
    if (gone > 0) this.spans.splice(0, gone)
  }
}

function lengthOf(seconds: number): number {
  return seconds * 1000 + SLACK
}
