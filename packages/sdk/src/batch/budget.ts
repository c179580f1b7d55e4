/** Share of what is left that may be sent between two looks at the meter. */
const SHARE = 4

/** What a batch may spend, as far as the server's meter tells. What items cost is learnt: one at first, then more between two looks. */
export class Budget {
  private start: number | undefined
  private measured = 0
  /** Items answered since the meter was read, and those under way. */
  private answered = 0
  private open = 0
  private taken = 0
  private dearest = 1
  private reading: Promise<void> | undefined
  private waiting: (() => void)[] = []

  /** `read` asks the meter; it rejects when the meter cannot be read. */
  constructor(private readonly max: number, private readonly read: () => Promise<number>) {}

  /** What was spent: by the meter, which may lag, and at least one for each item that was taken. */
  get spent(): number {
    return Math.max(this.measured, this.taken)
  }

  /** True when one more item fits; `settled` says later what became of it. */
  async take(): Promise<boolean> {
    if (this.start === undefined) await this.measure()
    while (this.answered + this.open >= this.step() || !this.fits()) {
      if (this.answered > 0) await this.measure()
      else if (this.open > 0) await new Promise<void>((resolve) => this.waiting.push(resolve))
      else if (!this.fits()) return false
    }
    this.open++
    return true
  }

  /** An item that was let through was answered, or its request was lost. */
  settled(taken: boolean): void {
    this.open--
    if (taken) {
      this.answered++
      this.taken++
    }
    for (const wake of this.waiting.splice(0)) wake()
  }

  private fits(): boolean {
    return Math.max(this.measured + (this.answered + this.open) * this.dearest, this.taken + this.open) + this.dearest <= this.max
  }

  private step(): number {
    return Math.max(1, Math.min(2 * (this.taken - this.answered), Math.floor((this.max - this.measured) / this.dearest / SHARE)))
  }

  /** Those who come while it is read share the answer. */
  private measure(): Promise<void> {
    this.reading ??= (async () => {
      const counted = this.answered
      const used = await this.read()
      this.start ??= used
      const now = used - this.start
      if (counted > 0) this.dearest = Math.max(this.dearest, Math.ceil((now - this.measured) / counted))
      this.measured = now
      this.answered -= counted
    })().finally(() => (this.reading = undefined))
    return this.reading
  }
}
