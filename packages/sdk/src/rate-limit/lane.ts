import type { Clock } from '../core/clock.js'

/** Somebody who waits to send. */
export interface Waiter {
  /** Whose turn it is goes round by this. */
  readonly owner: unknown
  /** Epoch milliseconds; a wait that cannot end before is refused at once. */
  readonly deadlineAt: number
  readonly maxWait: number
  readonly clock: Clock
  readonly go: () => void
  /** The wait would take too long: how long, and against which limit. */
  readonly refuse: (waitMs: number, why: 'deadline' | 'maxWait') => void
}

/** The queue of one category of one credential: fair between owners, first come first served within each. */
export class Lane {
  private readonly queues = new Map<unknown, Waiter[]>()
  private pumping = false
  /** Ends the sleep of the pump, when there is somebody else or something else to look at. */
  private nudge: AbortController | undefined
  inFlight = 0

  /** `take` gives 0 when a request may leave, else the milliseconds to wait. */
  constructor(private readonly concurrent: number, private readonly take: (now: number) => number | Promise<number>) {}

  get queued(): number {
    let count = 0
    for (const queue of this.queues.values()) count += queue.length
    return count
  }

  /** Whether a request may leave at once, without queueing. */
  tryNow(now: number): boolean | Promise<boolean> {
    if (this.pumping || this.queues.size > 0 || this.inFlight >= this.concurrent) return false
    // The place is held while the store thinks: others may come in between.
    this.inFlight++
    const decide = (ms: number) => {
      if (ms > 0) this.leave()
      return ms <= 0
    }
    const wait = this.take(now)
    // A store that fails must not stop the calls: the server still counts.
    return typeof wait === 'number' ? decide(wait) : wait.then(decide, () => true)
  }

  /** Queues; the function returned leaves the queue. */
  join(waiter: Waiter): () => void {
    const queue = this.queues.get(waiter.owner)
    if (queue === undefined) this.queues.set(waiter.owner, [waiter])
    else queue.push(waiter)
    void this.pump()
    return () => {
      this.remove(waiter)
      this.wake()
    }
  }

  /** A request is over. */
  leave(): void {
    this.inFlight--
    if (this.queues.size > 0) void this.pump()
  }

  /** The server said something new. */
  wake(): void {
    this.nudge?.abort()
  }

  private remove(waiter: Waiter): boolean {
    const queue = this.queues.get(waiter.owner)
    const index = queue?.indexOf(waiter) ?? -1
    if (index < 0) return false
    queue!.splice(index, 1)
    // An owner who was served goes to the back.
    this.queues.delete(waiter.owner)
    if (queue!.length > 0) this.queues.set(waiter.owner, queue!)
    return true
  }

  private head(): Waiter | undefined {
    for (const [first] of this.queues.values()) return first
    return undefined
  }

  private async pump(): Promise<void> {
    if (this.pumping) return
    this.pumping = true
    try {
      for (let waiter = this.head(); waiter !== undefined && this.inFlight < this.concurrent; waiter = this.head()) {
        const { clock } = waiter
        let wait: number
        try {
          wait = await this.take(clock.now())
        } catch {
          wait = 0
        }
        // Whoever is first now gets what was taken: the one it was taken for may have left.
        const now = this.head()
        if (now === undefined) return
        if (wait <= 0) {
          this.remove(now)
          this.inFlight++
          now.go()
        } else if (wait > now.maxWait || clock.now() + wait >= now.deadlineAt) {
          this.remove(now)
          now.refuse(wait, wait > now.maxWait ? 'maxWait' : 'deadline')
        } else {
          this.nudge = new AbortController()
          await clock.sleep(wait, this.nudge.signal).catch(() => undefined)
          this.nudge = undefined
        }
      }
    } finally {
      this.pumping = false
    }
  }
}
