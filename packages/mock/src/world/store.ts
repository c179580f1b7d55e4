import type { Row } from '../kernel/types.js'
import { Collection } from './collection.js'

export interface StoreState {
  seq: number
  collections: Record<string, [number, Row][]>
}

/** All collections of one system in one world. A collection comes to be when it is first asked for. */
export class Store {
  private seq = 0
  private readonly collections = new Map<string, Collection>()

  constructor(private readonly ownerOf: (row: Row) => string) {}

  collection(name: string): Collection {
    let found = this.collections.get(name)
    if (!found) {
      found = new Collection(name, this.ownerOf, () => ++this.seq)
      this.collections.set(name, found)
    }
    return found
  }

  names(): string[] {
    return [...this.collections.keys()].filter((name) => this.collections.get(name)!.size > 0).toSorted()
  }

  toJSON(): StoreState {
    return { seq: this.seq, collections: Object.fromEntries(this.names().map((name) => [name, this.collections.get(name)!.entries()])) }
  }

  restore(state: StoreState): void {
    this.seq = state.seq
    this.collections.clear()
    for (const [name, entries] of Object.entries(state.collections)) this.collection(name).load(entries)
  }
}
