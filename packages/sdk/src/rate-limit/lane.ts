import type { Clock } from '../core/clock.js'
import { Meter, type RateWindow } from './meter.js'

/** Somebody who waits to send. */
export interface Waiter {
  readonly windows: readonly RateWindow[]
  /** How many may be under way at once. */
  readonly concurrent: number
  /** Epoch milliseconds; a wait that cannot end before is refused at once. */
  readonly deadlineAt: number
  readonly maxWait: number
  readonly clock: Clock
  readonly go: () => void
  /** The wait would take too long: how long, and which limit of the caller's it breaks. */
  readonly refuse: (waitMs: number, why: 'deadline' | 'maxWait') => void
}

/** What `queue.ts` does, once there is a reason to load it. */
export interface LaneQueue {
  /** A request is over, or somebody left the queue. */
  _move(): void
  /** The server said something new. */
  _wake(): void
  readonly _length: number
}

/** One budget: what all clients of one credential have sent against one category of one host, and what of it is under way. */
export class Lane {
  readonly meter = new Meter()
  inFlight = 0
  /** Calls on their way to the queue; whoever comes later must not overtake them. */
  arriving = 0
  queue: LaneQueue | undefined
  usedAt = 0
  /** No longer the one that new clients find. */
  dropped = false
  /** Epoch milliseconds from when on headers are worth reading again. */
  lookAt = 0

  constructor(readonly key: string) {}

  /** Whether anybody waits. */
  get busy(): boolean {
    return this.arriving > 0 || (this.queue !== undefined && this.queue._length > 0)
  }

  get queued(): number {
    return this.arriving + (this.queue?._length ?? 0)
  }

  /** A request is over. */
  leave(): void {
    this.inFlight--
    this.queue?._move()
  }
}

/** More than this many lanes, and those that nobody has used for a day are forgotten. */
const MANY = 1_000
const DAY = 86_400_000

const lanes = /* @__PURE__ */ new Map<string, Lane>()

/** The lane of a key, the same for every client in the process. */
export function sharedLane(key: string, now: number): Lane {
  let lane = lanes.get(key)
  if (lane === undefined) {
    if (lanes.size >= MANY) forget(now)
    lanes.set(key, lane = new Lane(key))
    lane.usedAt = now
  }
  return lane
}

function forget(now: number): void {
  for (const [key, lane] of lanes) {
    if (lane.inFlight > 0 || lane.busy || lane.usedAt > now - DAY) continue
    lane.dropped = true
    lanes.delete(key)
  }
}
