import type { Together } from './adapters.js'
import { canonical } from './identity.js'
import type { Item } from './types.js'

/**
 * Which items may share a request. None do before the server has shown that its answers name each file, and an item whose outcome is open, or
 * that others failed together with, goes alone.
 */
export class Grouping {
  private named = false
  private readonly alone = new Set<number>()
  private most: number

  /** `together`: what the system allows; undefined: each item goes alone. `most`: what the caller allows. */
  constructor(private readonly together: Together | undefined, most = Infinity) {
    this.most = together === undefined ? 1 : Math.max(1, Math.min(most, together.most))
  }

  /**
   * True when the next item may go with those of the group. `waiting` items are shared out to the requests that run at a time, so that a short
   * list does not wait in one long request; where requests are counted, `atOnce` is 1.
   */
  joins(group: readonly Item[], next: Item, waiting: number, atOnce: number): boolean {
    const [first] = group
    if (!this.named || this.together === undefined || first === undefined) return false
    if (group.length >= Math.min(this.most, Math.ceil((group.length + waiting) / Math.max(1, atOnce)))) return false
    if (![first, next].every((item) => this.mayShare(item))) return false
    if (group.some((item) => item.name === next.name)) return false
    if (sizeOf(group) + next.size! > this.together.bytes) return false
    return canonical(first.params ?? {}) === canonical(next.params ?? {})
  }

  /** What an answer to one file has shown. */
  learn(named: boolean): void {
    this.named = named
  }

  /** A request for several was refused as a whole: each goes alone now, and fewer share the next ones. */
  dissolve(group: readonly Item[]): void {
    this.keepAlone(group)
    this.most = Math.max(1, Math.min(this.most, Math.floor(group.length / 2)))
  }

  keepAlone(group: readonly Item[]): void {
    for (const item of group) this.alone.add(item.n)
  }

  private mayShare(item: Item): boolean {
    return item.state === 'planned' && item.kind !== 'url' && item.size !== undefined && !this.alone.has(item.n)
  }
}

const sizeOf = (group: readonly Item[]) => group.reduce((sum, item) => sum + item.size!, 0)
