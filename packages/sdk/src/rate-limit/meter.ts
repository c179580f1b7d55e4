/** How much of a category's windows is used. Pure: time comes in, nothing is scheduled here. */

/** So many requests in so many seconds. */
export interface RateWindow {
  /** The most requests in the window. */
  readonly requests: number
  /** Length of the window. */
  readonly seconds: number
  /** The caller's own limit: what the server says may lower it and never raises it. */
  readonly fixed?: boolean
  /** A guess: it counts for nothing until the server names its limit. */
  readonly assumed?: boolean
}

/** What an answer said about a category. Times are epoch milliseconds. */
export interface Sighting {
  /** Requests that the window allows. */
  readonly limit?: number | undefined
  /** Requests left in the window. */
  readonly remaining?: number | undefined
  /** When the window that the headers are about begins anew. */
  readonly resetAt?: number | undefined
  /** Nothing may be sent before: a refusal said so. */
  readonly notBefore?: number | undefined
}

/** How full a window is. */
export interface WindowState {
  /** The most requests in the window, as the server or the document says; `Infinity` while there is only a guess. */
  readonly requests: number
  /** Length of the window. */
  readonly seconds: number
  /** Requests counted in the window, those of others that the server told of included. */
  readonly used: number
}

/** `at`: when the latest of them was sent; `since`: the first. */
interface Span { at: number; readonly since: number; count: number }

interface CounterJson { readonly seconds: number; readonly spans: readonly Span[]; readonly limit?: number; readonly others?: number; readonly until?: number }

/** Two requests may take different times on their way, so windows are kept this much longer, in milliseconds. */
const SLACK = 250
/** Requests that are remembered one by one; beyond, neighbours within this fraction of the window are counted as one. */
const EXACT = 128
/** A refusal silences a category for no longer than its longest window, or this. */
const MIN_SILENCE = 60_000

/** The requests of one length of time, in little memory: every operation takes constant time on average. */
class Counter {
  readonly _ms: number
  _used = 0
  /** What the server says the limit is. */
  _limit: number | undefined
  /** What others have used, and until when that holds. */
  _others = 0
  _until = 0
  private _spans: Span[] = []
  private _head = 0

  constructor(readonly _seconds: number) {
    this._ms = _seconds * 1000 + SLACK
  }

  _prune(now: number): void {
    const spans = this._spans
    const gone = now - this._ms
    while (this._head < spans.length && spans[this._head]!.at <= gone) this._used -= spans[this._head++]!.count
    if (this._head > EXACT) {
      spans.splice(0, this._head)
      this._head = 0
    }
  }

  _add(now: number): void {
    this._used++
    const { length } = this._spans
    const last = this._spans[length - 1]
    // A span ends with its latest request, so joining requests into one only ever counts them longer.
    if (length - this._head >= EXACT && now - last!.since < this._ms / EXACT) {
      last!.at = Math.max(last!.at, now)
      last!.count++
    } else this._spans.push({ at: now, since: now, count: 1 })
  }

  _foreign(now: number): number {
    return now < this._until ? this._others : 0
  }

  /** Milliseconds until `places` more fit. */
  _wait(requests: number, now: number, places: number): number {
    this._prune(now)
    let others = this._foreign(now)
    if (this._used + others + places <= requests) return 0
    if (requests < 1) return this._ms
    // What does not fit into one window takes whole windows before it.
    const whole = Math.floor((places - 1) / requests)
    let over = this._used + others + places - whole * requests - requests
    let wait = 0
    const gone = (count: number, at: number) => {
      over -= count
      if (at > now) wait = at - now
    }
    for (let i = this._head; over > 0 && i < this._spans.length; i++) {
      const { at, count } = this._spans[i]!
      if (others > 0 && this._until <= at + this._ms) {
        gone(others, this._until)
        others = 0
        if (over <= 0) break
      }
      gone(count, at + this._ms)
    }
    if (over > 0 && others > 0) gone(others, this._until)
    return Math.max(whole > 0 ? 0 : 1, wait) + whole * this._ms
  }

  _json(): CounterJson {
    return { seconds: this._seconds, spans: this._spans.slice(this._head), others: this._others, until: this._until, ...(this._limit === undefined ? {} : { limit: this._limit }) }
  }

  static _from({ seconds, spans, limit, others = 0, until = 0 }: CounterJson): Counter {
    const counter = new Counter(seconds)
    counter._spans = spans.map((each) => ({ ...each }))
    counter._used = spans.reduce((sum, { count }) => sum + count, 0)
    counter._limit = limit
    counter._others = others
    counter._until = until
    return counter
  }
}

/**
 * Counts sent requests in windows that slide: in no stretch of a window's length do more than its limit pass, so it is right for servers
 * that count in fixed windows as well as for those that slide. What the server says goes before what its document says.
 */
export class Meter {
  private _counters: Counter[] = []
  private _notBefore = 0
  /** How far a plan is above the documented one: its longer windows are taken to be as much larger. */
  private _scale = 1

  /** Milliseconds to wait; 0 when one was taken from every window. From none otherwise. */
  take(windows: readonly RateWindow[], now: number): number {
    const wait = this.wait(windows, now)
    if (wait === 0) this.count(windows, now)
    return wait
  }

  /** Counts a request that is sent whether there is room or not. */
  count(windows: readonly RateWindow[], now: number): void {
    for (const { seconds } of windows) this._counter(seconds)
    for (const counter of this._counters) {
      counter._prune(now)
      counter._add(now)
    }
  }

  /** Milliseconds until so many more fit, when nobody else sends. Takes nothing. */
  wait(windows: readonly RateWindow[], now: number, places = 1): number {
    let wait = this._notBefore > now ? this._notBefore - now : 0
    for (const window of windows) {
      const ms = this._counter(window.seconds)._wait(this._limit(window), now, places)
      if (ms > wait) wait = ms
    }
    return wait
  }

  /** Takes what an answer said. Headers describe the first window, or the one whose limit they name. */
  learn(windows: readonly RateWindow[], { limit, remaining, resetAt, notBefore }: Sighting, now: number): void {
    if (notBefore !== undefined) {
      const longest = windows.reduce((ms, { seconds }) => Math.max(ms, seconds * 1000), MIN_SILENCE)
      this._notBefore = Math.max(this._notBefore, Math.min(notBefore, now + longest))
    }
    const [first] = windows
    if (limit === undefined || limit <= 0 || first === undefined) return
    const named = windows.find((each) => each.requests === limit)
    const later = resetAt !== undefined && resetAt - now > first.seconds * 1000 + SLACK
    // A refusal by a longer window whose limit is not the documented one: how long to wait is all that it tells.
    if (named === undefined && later && notBefore !== undefined) return
    const about = named !== undefined && (later || notBefore !== undefined) ? named : first
    const counter = this._counter(about.seconds)
    counter._limit = limit
    if (about === first) this._scale = Math.max(1, limit / first.requests)
    if (remaining === undefined) return
    const until = Math.min(resetAt ?? Infinity, now + about.seconds * 1000)
    if (until <= now) return
    counter._prune(now)
    counter._others = Math.max(0, limit - remaining - counter._used)
    counter._until = until
  }

  /** How full each window is at `now`, in epoch milliseconds. Takes nothing. */
  state(windows: readonly RateWindow[], now: number): WindowState[] {
    return windows.map((window) => {
      const counter = this._counter(window.seconds)
      counter._prune(now)
      return { requests: this._limit(window), seconds: window.seconds, used: counter._used + counter._foreign(now) }
    })
  }

  /** Whether a window is more than half used, so that what the server says matters now. */
  tight(windows: readonly RateWindow[], now: number): boolean {
    return this.state(windows, now).some(({ requests, used }) => used * 2 > requests)
  }

  toJSON(): unknown {
    return { counters: this._counters.map((each) => each._json()), notBefore: this._notBefore, scale: this._scale }
  }

  /** From what `toJSON` gave: for stores outside this process. */
  static from(json: unknown): Meter {
    const { counters = [], notBefore = 0, scale = 1 } = (json ?? {}) as { counters?: readonly CounterJson[]; notBefore?: number; scale?: number }
    const meter = new Meter()
    meter._counters = counters.map((each) => Counter._from(each))
    meter._notBefore = notBefore
    meter._scale = scale
    return meter
  }

  private _limit({ requests, seconds, fixed, assumed }: RateWindow): number {
    const said = this._counter(seconds)._limit
    if (fixed === true) return Math.min(requests, said ?? requests)
    return said ?? (assumed === true ? Infinity : requests * this._scale)
  }

  private _counter(seconds: number): Counter {
    for (const counter of this._counters) if (counter._seconds === seconds) return counter
    const made = new Counter(seconds)
    this._counters.push(made)
    return made
  }
}
