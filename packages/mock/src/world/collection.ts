import type { Members, Row } from '../kernel/types.js'
import { copy } from './copy.js'

export interface StoredRow {
  /** Creation order within the store. */
  seq: number
  owner: string
  row: Row
}

/** What a page is cut from: all rows, one owner's, in creation order. */
export interface Slice {
  owner?: string
  /** Only rows created after this one, in the order asked for. */
  after?: number
  newestFirst?: boolean
  where?: (row: Row) => boolean
  skip?: number
  limit?: number
}

/**
 * Objects of one kind. Stored objects are never changed in place, only replaced, and everything is copied on its way in and out:
 * editing an answer cannot reach the store.
 */
export class Collection {
  private readonly byId = new Map<string, StoredRow>()
  private ordered: StoredRow[] = []
  private readonly byOwner = new Map<string, StoredRow[]>()
  /** Rows by the text of a member, for members that were asked for by `peekBy`. */
  private readonly indexes = new Map<string, Map<unknown, StoredRow>>()

  constructor(
    readonly name: string,
    private readonly ownerOf: (row: Row) => string,
    private readonly nextSeq: () => number,
  ) {}

  get size(): number {
    return this.byId.size
  }

  get(id: string | number): Row | undefined {
    const found = this.byId.get(String(id))
    return found && copy(found.row)
  }

  /** The stored object itself and its place; not to be changed. */
  peek(id: string | number): Readonly<StoredRow> | undefined {
    return this.byId.get(String(id))
  }

  /** The oldest stored object with this value of a member; not to be changed. Costs the same however many there are. */
  peekBy(member: string, value: string | number): Readonly<StoredRow> | undefined {
    let index = this.indexes.get(member)
    if (!index) {
      index = new Map()
      for (const stored of this.ordered) if (!index.has(stored.row[member])) index.set(stored.row[member], stored)
      this.indexes.set(member, index)
    }
    return index.get(value)
  }

  insert(row: Row): Row {
    if (this.byId.has(String(row.id))) throw new Error(`${this.name} already has an object with the id ${row.id}`)
    const stored = this.add(copy(row), this.nextSeq())
    return copy(stored.row)
  }

  /** Lays `changes` over the object; members that are `undefined` are left alone. */
  update(id: string | number, changes: Members): Row {
    const found = this.byId.get(String(id))
    if (!found) throw new Error(`${this.name} has no object with the id ${id}`)
    const next = copy({ ...found.row }) as Members
    for (const key in changes) if (changes[key] !== undefined && key !== '__proto__') next[key] = copy(changes[key])
    for (const member of this.indexes.keys()) if (next[member] !== found.row[member]) this.indexes.delete(member)
    found.row = next as Row
    const owner = this.ownerOf(found.row)
    if (owner !== found.owner) {
      remove(this.byOwner.get(found.owner)!, found)
      found.owner = owner
      place(this.owned(owner), found)
    }
    return copy(found.row)
  }

  remove(id: string | number): boolean {
    const found = this.byId.get(String(id))
    if (!found) return false
    this.byId.delete(String(id))
    this.indexes.clear()
    remove(this.ordered, found)
    remove(this.byOwner.get(found.owner)!, found)
    return true
  }

  find(where: (row: Row) => boolean, owner?: string): Row | undefined {
    const found = this.source(owner).find((stored) => where(stored.row))
    return found && copy(found.row)
  }

  all(where?: (row: Row) => boolean, owner?: string): Row[] {
    return this.slice({ owner, where }).map((stored) => copy(stored.row))
  }

  count(where?: (row: Row) => boolean, owner?: string): number {
    const source = this.source(owner)
    if (!where) return source.length
    let total = 0
    for (const stored of source) if (where(stored.row)) total++
    return total
  }

  /** Stored objects of a page; not to be changed. Costs what the page costs unless `where` has to look further. */
  slice({ owner, after, newestFirst = false, where, skip = 0, limit = Number.POSITIVE_INFINITY }: Slice): Readonly<StoredRow>[] {
    const source = this.source(owner)
    const out: StoredRow[] = []
    const step = newestFirst ? -1 : 1
    let i = newestFirst ? source.length - 1 : 0
    if (after !== undefined) i = newestFirst ? firstAtLeast(source, after) - 1 : firstAtLeast(source, after + 1)
    if (!where) {
      i += step * skip
      skip = 0
    }
    for (; i >= 0 && i < source.length && out.length < limit; i += step) {
      const stored = source[i]!
      if (where && !where(stored.row)) continue
      if (skip > 0) skip--
      else out.push(stored)
    }
    return out
  }

  /** For snapshots: `[seq, row]`. The rows are the stored ones. */
  entries(): [number, Row][] {
    return this.ordered.map((stored) => [stored.seq, stored.row])
  }

  load(entries: readonly (readonly [number, Row])[]): void {
    this.byId.clear()
    this.byOwner.clear()
    this.indexes.clear()
    this.ordered = []
    for (const [seq, row] of entries) this.add(row, seq)
  }

  private source(owner: string | undefined): StoredRow[] {
    return owner === undefined ? this.ordered : (this.byOwner.get(owner) ?? [])
  }

  private add(row: Row, seq: number): StoredRow {
    const stored = { seq, owner: this.ownerOf(row), row }
    this.byId.set(String(row.id), stored)
    this.ordered.push(stored)
    this.owned(stored.owner).push(stored)
    for (const [member, index] of this.indexes) if (!index.has(row[member])) index.set(row[member], stored)
    return stored
  }

  private owned(owner: string): StoredRow[] {
    let list = this.byOwner.get(owner)
    if (!list) this.byOwner.set(owner, (list = []))
    return list
  }
}

/** Index of the first row whose seq is at least `seq`. */
function firstAtLeast(rows: readonly StoredRow[], seq: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle]!.seq < seq) low = middle + 1
    else high = middle
  }
  return low
}

function place(rows: StoredRow[], stored: StoredRow): void {
  rows.splice(firstAtLeast(rows, stored.seq), 0, stored)
}

function remove(rows: StoredRow[], stored: StoredRow): void {
  const index = firstAtLeast(rows, stored.seq)
  if (rows[index] === stored) rows.splice(index, 1)
}
