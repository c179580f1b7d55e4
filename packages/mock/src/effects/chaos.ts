import { type Random, random } from '../world/random.js'
import type { Effect } from './faults.js'

const EFFECTS: readonly Effect[] = [
  { status: 500 }, { status: 502 }, { status: 503 }, { status: 429 },
  { delay: 250 }, { delay: 1_000 },
  { fault: 'reset' }, { fault: 'reset-body' }, { fault: 'truncate' }, { fault: 'malformed-json' },
]

/** Misfortune by chance, the same in every run of a seed. For soak tests; a test of one case wants a counted rule. */
export class Chaos {
  private readonly source: Random

  /** `share` of the requests, from 0 to 1, are hit. */
  constructor(private readonly share: number, seed: string) {
    this.source = random(`${seed}/chaos`)
  }

  strike(): Effect | undefined {
    return this.source.next() < this.share ? this.source.pick(EFFECTS) : undefined
  }
}
