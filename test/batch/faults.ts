import { random } from './random.js'

/** What can go wrong with an upload. `after-work`: the file was taken, and the client does not learn it. */
export const kinds = ['reset-before', 'reset-during', 'reset-after-body', 'reset-after-work', '500', '500-after-work', 'slow', '429'] as const
export type Fault = (typeof kinds)[number]

/** A storm of 429s hits so many uploads in a row. */
const STORM = 8

/** Every so-many-th upload goes wrong, in a way that chance picks; the same seed gives the same series. */
export class Faults {
  readonly counts: Partial<Record<Fault, number>> = {}
  private readonly chance: () => number
  private storm = 0

  constructor(private readonly share: number, seed: number) {
    this.chance = random(seed)
  }

  next(): Fault | undefined {
    const fault = this.pick()
    if (fault !== undefined) this.counts[fault] = (this.counts[fault] ?? 0) + 1
    return fault
  }

  private pick(): Fault | undefined {
    if (this.storm > 0) {
      this.storm--
      return '429'
    }
    if (this.chance() >= this.share) return undefined
    const fault = kinds[Math.floor(this.chance() * kinds.length)]!
    // Storms are rarer than the rest: each counts for many.
    if (fault === '429' && this.chance() < 0.25) this.storm = STORM - 1
    return fault
  }
}
