/**
 * Notices when a wait takes longer than a limit in milliseconds. One timer for many waits: it is set again when it fires, not for each of them, so that a
 * stream of small chunks does not pay for a timer a chunk.
 */
export class IdleWatch {
  expired = false
  private readonly _limit: number
  private readonly _fire: () => void
  private _timer: ReturnType<typeof setTimeout> | undefined
  /** When the wait under way began; NaN: there is none. */
  private _since = Number.NaN

  constructor(limit: number, fire: () => void) {
    this._limit = limit
    this._fire = fire
  }

  begin(): void {
    if (this._limit === Infinity) return
    this._since = performance.now()
    if (this._timer === undefined) this._arm(this._limit)
  }

  end(): void {
    this._since = Number.NaN
  }

  stop(): void {
    clearTimeout(this._timer)
    this._timer = undefined
  }

  private _arm(ms: number): void {
    this._timer = setTimeout(() => {
      this._timer = undefined
      // Between waits nothing is running out; the next one sets the timer again.
      if (Number.isNaN(this._since)) return
      const left = this._since + this._limit - performance.now()
      if (left > 0) return this._arm(left)
      this.expired = true
      this._fire()
    }, Math.ceil(ms))
  }
}
