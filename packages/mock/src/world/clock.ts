export interface ClockState {
  /** Milliseconds added to the real time; the whole time while frozen. */
  offset: number
  frozen: boolean
}

export interface Alarm {
  cancel(): void
}

interface Pending {
  at: number
  order: number
  background: boolean
  run: () => void
}

const MAX_DELAY = 2_000_000_000

/**
 * The only source of time in a world. Real by default; frozen it moves only by `advance`, which runs what falls due in order.
 * One host timer at a time drives it, and none is left when nothing is pending.
 */
export class Clock {
  private pending: Pending[] = []
  private order = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private state: ClockState = { offset: 0, frozen: false }) {}

  now(): number {
    return this.state.frozen ? this.state.offset : Date.now() + this.state.offset
  }

  get frozen(): boolean {
    return this.state.frozen
  }

  freeze(at: number = this.now()): void {
    instant(at)
    this.state = { offset: at, frozen: true }
    this.arm()
  }

  /** Real time again, going on from where the clock stands. */
  resume(): void {
    this.state = { offset: this.now() - Date.now(), frozen: false }
    this.arm()
  }

  /** Moves time on; every alarm on the way rings at its own time. */
  async advance(ms: number): Promise<void> {
    const target = instant(this.now() + ms)
    for (;;) {
      const next = this.pending[0]
      if (!next || next.at > target) break
      this.pending.shift()
      this.moveTo(next.at)
      next.run()
      await settle()
    }
    this.moveTo(target)
    this.arm()
    await settle()
  }

  /** A `background` alarm does not keep a process alive. */
  at(time: number, run: () => void, background = false): Alarm {
    const entry: Pending = { at: time, order: this.order++, background, run }
    let i = this.pending.length
    while (i > 0 && this.pending[i - 1]!.at > time) i--
    this.pending.splice(i, 0, entry)
    if (i === 0 || !background) this.arm()
    return {
      cancel: () => {
        const index = this.pending.indexOf(entry)
        if (index < 0) return
        this.pending.splice(index, 1)
        if (index === 0) this.arm()
      },
    }
  }

  /** Resolves `ms` later on this clock, or at once when `closed` says that nobody waits any more. */
  sleep(ms: number, closed?: { onClose(run: () => void): () => void }): Promise<void> {
    if (ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const alarm = this.at(this.now() + ms, () => {
        forget?.()
        resolve()
      })
      const forget = closed?.onClose(() => {
        alarm.cancel()
        resolve()
      })
    })
  }

  get alarms(): number {
    return this.pending.length
  }

  toJSON(): ClockState {
    return { ...this.state }
  }

  restore(state: ClockState): void {
    instant(state.frozen ? state.offset : Date.now() + state.offset)
    this.state = { ...state }
    this.arm()
  }

  dispose(): void {
    this.pending = []
    if (this.timer !== undefined) clearTimeout(this.timer)
    this.timer = undefined
  }

  private moveTo(time: number): void {
    const ahead = time - this.now()
    if (ahead > 0) this.state = { ...this.state, offset: this.state.offset + ahead }
  }

  private arm(): void {
    if (this.timer !== undefined) clearTimeout(this.timer)
    this.timer = undefined
    const next = this.pending[0]
    if (!next || this.state.frozen) return
    this.timer = setTimeout(() => this.ring(), Math.min(Math.max(next.at - this.now(), 0), MAX_DELAY))
    if (this.pending.every((entry) => entry.background)) (this.timer as { unref?: () => void }).unref?.()
  }

  private ring(): void {
    this.timer = undefined
    while (this.pending[0] && this.pending[0].at <= this.now()) this.pending.shift()!.run()
    this.arm()
  }
}

/** The last millisecond that a calendar has, less the year that tokens and jobs may still want. */
const LAST = 8.64e15 - 366 * 86_400_000

function instant(at: number): number {
  if (!(Math.abs(at) <= LAST)) throw new RangeError(`${at} is no time: at most ${LAST} milliseconds before or after 1970`)
  return at
}

/** Lets what was just woken run on, several promise turns deep. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
