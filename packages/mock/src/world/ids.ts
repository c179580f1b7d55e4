import { random } from './random.js'

/**
 * Ids that depend only on the seed, the kind and how many of that kind there were before:
 * creating other resources in between changes nothing.
 */
export class Ids {
  constructor(private readonly seed: string, readonly counters: Record<string, number>) {}

  /** The next ordinal of a kind, from 1. */
  ordinal(kind: string): number {
    return (this.counters[kind] = (this.counters[kind] ?? 0) + 1)
  }

  /** UUID version 4 in form. */
  uuid(kind: string): string {
    const h = this.hex(kind, 32)
    const variant = '89ab'[Number.parseInt(h[16]!, 16) & 3]
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`
  }

  /** `prefix` followed by hex digits. */
  prefixed(kind: string, prefix: string, length = 12): string {
    return prefix + this.hex(kind, length)
  }

  hex(kind: string, length: number): string {
    return random(`${this.seed}/${kind}/${this.ordinal(kind)}`).hex(length)
  }

  /** A secret of letters, digits, `-` and `_`. */
  token(kind: string, length = 43): string {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const source = random(`${this.seed}/${kind}/${this.ordinal(kind)}`)
    let out = ''
    for (let i = 0; i < length; i++) out += letters[source.integer(0, 63)]
    return out
  }
}
