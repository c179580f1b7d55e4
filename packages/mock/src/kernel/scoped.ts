import type { Slice, StoredRow } from '../world/collection.js'
import { copy } from '../world/copy.js'
import { labelOf } from './naming.js'
import { ReplyError } from './reply.js'
import type { SystemContext } from './system-context.js'
import type { Members, Row } from './types.js'

/** One owner's part of a collection. What belongs to others does not exist here. */
export class ScopedCollection {
  constructor(
    private readonly c: SystemContext,
    readonly name: string,
    private readonly owner: string | undefined,
  ) {}

  get(id: string | number): Row | undefined {
    return copy(this.peek(id)) as Row | undefined
  }

  /** The stored object itself; not to be changed. */
  peek(id: string | number): Readonly<Row> | undefined {
    const stored = this.collection.peek(id)
    return stored && (this.owner === undefined || stored.owner === this.owner) ? stored.row : undefined
  }

  /** The object, or the vendor's "not found" as the answer. */
  need(id: string | number, label = labelOf(this.name, this.c.options(this.name).label)): Row {
    return this.get(id) ?? this.c.missing(label)
  }

  find(where: (row: Row) => boolean): Row | undefined {
    return this.collection.find(where, this.owner)
  }

  all(where?: (row: Row) => boolean): Row[] {
    return this.collection.all(where, this.owner)
  }

  count(where?: (row: Row) => boolean): number {
    return this.collection.count(where, this.owner)
  }

  slice(slice: Omit<Slice, 'owner'>): Readonly<StoredRow>[] {
    return this.collection.slice({ ...slice, owner: this.owner })
  }

  /** Adds an object; without an `id` it gets the next one. */
  insert(members: Members): Row {
    this.c.changing()
    const { profile } = this.c.world.system.definition
    const owner = this.owner ?? this.c.owner
    const { id = this.c.world.newId(this.name), ...rest } = members
    const row: Row = { id, ...rest }
    const owned = profile.own ? profile.own(row, owner) : owner === 'main' ? row : { ...row, _org: owner }
    this.refuseDuplicate(row)
    return this.collection.insert(owned as Row)
  }

  /** Lays changes over an object; `undefined` members are left alone. */
  update(id: string | number, changes: Members): Row {
    this.c.changing()
    const row = this.need(id)
    this.refuseDuplicate({ ...row, ...changes }, id)
    return this.collection.update(id, changes)
  }

  /** Takes the object away, and what the collection's `cascade` names with it. */
  remove(id: string | number): boolean {
    this.c.changing()
    if (this.get(id) === undefined) return false
    for (const [name, member] of Object.entries(this.c.options(this.name).cascade ?? {})) {
      const dependents = this.c.everyone(name)
      for (const row of dependents.all((candidate) => String(candidate[member]) === String(id))) dependents.remove(row.id)
    }
    const { job } = this.c.options(this.name)
    if (job) this.c.world.jobs.remove(job, String(id))
    return this.collection.remove(id)
  }

  private get collection() {
    return this.c.world.store.collection(this.name)
  }

  private refuseDuplicate(row: Row, except?: string | number): void {
    const { unique } = this.c.options(this.name)
    if (!unique) return
    const twin = this.collection.find((other) => String(other.id) !== String(except ?? '') && unique.members.every((member) => other[member] === row[member]), this.owner)
    if (twin) throw new ReplyError(this.c.error(unique.code, unique.message?.(row) ?? `${labelOf(this.name, this.c.options(this.name).label)} already exists`))
  }
}
