import { waitFor } from '../core/deadline.js'
import { RateLimitError } from '../core/errors/api.js'
import { TimeoutError } from '../core/errors/network.js'
import { CLIENT_RATE_LIMIT, type Call } from '../core/pipeline.js'
import { infoOf } from '../core/policies.js'
import type { Lane, LaneQueue, Waiter } from './lane.js'
import type { Limiter, Spot } from './limiter.js'
import type { RateWindow, Sighting } from './meter.js'

/** Waiting for a turn. Loaded when a call first finds no room, or when the counts are kept outside the process. */

/** How the first in line asks for room: 0, or the milliseconds to wait. */
export type Take = (windows: readonly RateWindow[], now: number) => number | Promise<number>

/** First come, first served. Whoever is first holds up the rest, so that nobody is starved by those who ask for less. */
export class Queue implements LaneQueue {
  private readonly _waiters: Waiter[] = []
  private _pumping = false
  /** Ends the sleep of the pump, when there is somebody else or something else to look at. */
  private _nudge: AbortController | undefined

  constructor(private readonly _lane: Lane, private readonly _take: Take) {}

  get _length(): number {
    return this._waiters.length
  }

  /** Queues; the function returned leaves the queue, and says whether the waiter was still in it. */
  join(waiter: Waiter): () => boolean {
    this._waiters.push(waiter)
    void this._pump()
    return () => {
      const index = this._waiters.indexOf(waiter)
      if (index < 0) return false
      this._waiters.splice(index, 1)
      this._wake()
      return true
    }
  }

  _move(): void {
    if (this._waiters.length > 0) void this._pump()
  }

  _wake(): void {
    this._nudge?.abort()
  }

  private async _pump(): Promise<void> {
    if (this._pumping) return
    this._pumping = true
    // What was slept counts as passed, whatever the clock says: a clock that stands still must not make this loop spin.
    let slept = 0
    try {
      for (let waiter = this._waiters[0]; waiter !== undefined && this._lane.inFlight < waiter.concurrent; waiter = this._waiters[0]) {
        const now = Math.max(waiter.clock.now(), slept)
        const asked = this._asked(waiter, now)
        const wait = typeof asked === 'number' ? asked : await asked
        // Whoever is first now gets what was taken: the one it was taken for may have left.
        const first = this._waiters[0]
        if (first === undefined) return
        if (wait <= 0) {
          this._waiters.shift()
          this._lane.inFlight++
          first.go()
        } else if (wait > first.maxWait || now + wait >= first.deadlineAt) {
          this._waiters.shift()
          first.refuse(wait, wait > first.maxWait ? 'maxWait' : 'deadline')
        } else slept = await this._sleep(first, wait) ? now + wait : slept
      }
    } finally {
      this._pumping = false
    }
  }

  /** A store that fails must not stop the calls: the server still counts. */
  private _asked({ windows }: Waiter, now: number): number | Promise<number> {
    try {
      const wait = this._take(windows, now)
      return typeof wait === 'number' ? wait : wait.catch(() => 0)
    } catch {
      return 0
    }
  }

  /** Whether it slept to the end. */
  private async _sleep({ clock }: Waiter, ms: number): Promise<boolean> {
    const nudge = this._nudge = new AbortController()
    try {
      await clock.sleep(ms, nudge.signal)
      return true
    } catch {
      return false
    } finally {
      this._nudge = undefined
    }
  }
}

/** Resolves when the call may be sent; it holds a place then. */
export async function waitForTurn(limiter: Limiter, call: Call, spot: Spot): Promise<void> {
  const { lane, windows, concurrent } = spot
  const { _clock: clock, _maxWait: maxWait } = limiter
  const { store } = limiter._options
  let name = spot.name ?? ''
  const queue = (lane.queue ??= new Queue(lane, store === undefined ? (some, now) => lane.meter.take(some, now) : (some, now) => store.take(name, some, now))) as Queue
  let ahead = 0
  if (store !== undefined) {
    name = await nameIn(limiter, spot)
    // A store of others is asked by many at once while nobody waits, so that its round trip is not paid one after the other.
    if (queue._length === 0 && lane.inFlight < concurrent) {
      ahead = await takeNow(lane, () => store.take(name, windows, clock.now()))
      if (ahead <= 0) return
    }
  }
  const now = clock.now()
  if (store === undefined) ahead = lane.meter.wait(windows, now, queue._length + 1)
  if (ahead > maxWait || now + ahead >= call.deadlineAt) throw tooLong(call, spot, ahead, ahead > maxWait ? 'maxWait' : 'deadline')
  if (maxWait === 0) throw tooLong(call, spot, ahead, 'maxWait')
  const until = Math.min(now + maxWait, call.deadlineAt)
  const told = ahead > 0 ? limiter._client.hooks?.onWait?.({ ...infoOf(call), category: spot.category, delayMs: ahead }) : undefined
  let quit: (() => boolean) | undefined
  const entered = new Promise<void>((resolve, reject) => {
    quit = queue.join({ windows, concurrent, maxWait, clock, deadlineAt: call.deadlineAt, go: resolve, refuse: (wait, why) => reject(tooLong(call, spot, wait, why)) })
  })
  let refused = false
  entered.catch(() => { refused = true })
  try {
    await told
    await waitFor(entered, until === call.deadlineAt ? call : { ...call, deadlineAt: until }, clock.now)
  } catch (error) {
    // It may have been let in at the very moment it left.
    await Promise.resolve()
    if (!quit!() && !refused) lane.leave()
    throw error instanceof TimeoutError && until < call.deadlineAt ? tooLong(call, spot, 0, 'maxWait') : error
  }
}

/** Passes on to a store what an answer said. */
export async function tellStore(limiter: Limiter, spot: Spot, seen: Sighting, now: number): Promise<void> {
  await limiter._options.store!.learn(await nameIn(limiter, spot), spot.windows, seen, now)
}

/** The lane's key outside the process: it names the credential by its digest, which tells nobody the secret. */
async function nameIn(limiter: Limiter, spot: Spot): Promise<string> {
  return spot.name ??= limiter._key(spot, await digest(limiter._who()))
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(`orkit rate limit ${text}`)))
  return Array.from(bytes.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** 0 when there is room, and a place is held then; the milliseconds to wait otherwise. */
async function takeNow(lane: Lane, take: () => number | Promise<number>): Promise<number> {
  // The place is held while the store thinks: others may come in between.
  lane.inFlight++
  let wait = 0
  try {
    wait = await take()
  } catch {
    // A store that fails must not stop the calls.
  }
  if (wait > 0) lane.leave()
  return wait
}

function tooLong(call: Call, { category }: Spot, retryAfterMs: number, why: 'deadline' | 'maxWait'): RateLimitError {
  return new RateLimitError({
    system: call.profile.name, operation: call.op.id, status: 429, code: CLIENT_RATE_LIMIT, attempts: call.attempt - 1,
    message: `the ${category} limit leaves no room ${why === 'deadline' ? `before the deadline of ${call.deadline} ms` : 'within rateLimit.maxWait'}; nothing was sent`,
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
    ...(call.idempotencyKey === undefined ? {} : { idempotencyKey: call.idempotencyKey }),
  })
}
