import type { Context } from './context.js'
import type { Behaviour, CollectionOptions } from './definition.js'
import type { RouteOperation } from './document.js'
import { keepText } from './json-text.js'
import { labelOf } from './naming.js'
import { pageReply, positionOf, writeCursor } from './paging.js'
import { Reply } from './reply.js'
import type { Members, Row } from './types.js'
import { copy, publicCopy } from '../world/copy.js'

type Verb = (c: Context, options: CollectionOptions, collection: string) => Reply

const verbs: Readonly<Record<string, Verb>> = { list, create, get, update, delete: remove }

/** The behaviour that convention gives `<collection>.list|create|get|update|delete`, where the collection is declared. */
export function crudFor(operation: RouteOperation, collections: Readonly<Record<string, CollectionOptions>>): Behaviour | undefined {
  const dot = operation.id.lastIndexOf('.')
  const collection = operation.id.slice(0, dot)
  const options = collections[collection]
  const verb = verbs[operation.id.slice(dot + 1)]
  return options && verb ? (c) => verb(c, options, collection) : undefined
}

/**
 * Collections that the document shows and nothing declares: `<name>.list|create|get|update|delete` on paths with the row's id and no other parameter. What
 * stands under a parent, or has another verb, needs words.
 */
export function undeclared(routes: readonly RouteOperation[], answered: (id: string) => boolean, collections: Readonly<Record<string, CollectionOptions>>): Record<string, CollectionOptions> {
  const found: Record<string, CollectionOptions> = {}
  for (const { id, path } of routes) {
    const [name, verb, ...nested] = id.split('.') as [string, string, ...string[]]
    if (answered(id) || nested.length > 0 || name in collections || !(verb in verbs)) continue
    if (parametersOf(path).length === (verb === 'list' || verb === 'create' ? 0 : 1)) found[name] = {}
  }
  return found
}

/** The convention, for a behaviour that only adds to it: `return crud(c)`. */
export function crud(c: Context): Reply {
  const behave = crudFor(c.op, c.world.system.collections)
  if (!behave) throw new Error(`${c.op.id} is not of the form <collection>.list|create|get|update|delete of a declared collection`)
  return behave(c) as Reply
}

/** The row that the path names, or "not found". */
export function subject(c: Context, collection = c.op.id.slice(0, c.op.id.lastIndexOf('.'))): Row {
  return copy(stored(c, c.options(collection), collection)) as Row
}

/** The stored row itself; not to be changed. */
function stored(c: Context, options: CollectionOptions, collection: string): Readonly<Row> {
  const parent = parentOf(c, options)
  const value = c.path[options.param ?? parametersOf(c.op.path).at(-1)!]!
  const rows = c.store(collection)
  const row = options.key ? rows.slice({ where: (candidate) => String(candidate[options.key!]) === value, limit: 1 })[0]?.row : rows.peek(value)
  if (!row || (parent && String(row[options.parent!.field]) !== String(parent.id))) return c.missing(labelOf(collection, options.label))
  return row
}

function list(c: Context, options: CollectionOptions, collection: string): Reply {
  const parent = parentOf(c, options)
  const filter = filterOf(c, options)
  const matches = parent ? (row: Row) => String(row[options.parent!.field]) === String(parent.id) && (filter?.(row) ?? true) : filter
  const rows = c.store(collection)
  const position = positionOf(c)
  const newestFirst = options.newestFirst ?? false
  const found = rows.slice({ after: position.after, newestFirst, ...(matches && { where: matches }), skip: position.offset, limit: position.limit + 1 })
  const hasMore = found.length > position.limit
  const kept = hasMore ? found.slice(0, position.limit) : found
  const items = kept.map(({ row }) => c.summary(collection, row))
  const last = kept.at(-1)?.seq
  const next = c.op.pagination?.style === 'afterCursor' ? (last ?? position.after ?? 0) : hasMore && last !== undefined ? writeCursor(c, last) : null
  const info = { items, total: rows.count(matches), limit: position.limit, offset: position.offset, page: position.page, next, hasMore }
  return pageReply(c, info, options.page?.(info, c))
}

function create(c: Context, options: CollectionOptions, collection: string): Reply {
  const parent = parentOf(c, options)
  const input = (c.body ?? {}) as Members
  const members: Members = { ...(options.create ? options.create(input, c) : input) }
  const now = c.now()
  if (parent) members[options.parent!.field] = parent.id
  if (options.stamps?.created) members[options.stamps.created] ??= now
  if (options.stamps?.updated) members[options.stamps.updated] ??= now
  return c.ok(c.show(collection, c.store(collection).insert(members)))
}

function get(c: Context, options: CollectionOptions, collection: string): Reply {
  if (!options.job && !options.present) return asStored(c, stored(c, options, collection))
  const row = subject(c, collection)
  if (!options.job) return c.ok(c.show(collection, row))
  c.world.jobs.poll(options.job, String(row.id))
  return c.ok(c.show(collection, c.store(collection).need(row.id)))
}

const shown = new WeakMap<Readonly<Row>, { op: RouteOperation; body: object }>()

/** The answer of an object that is shown as it is. A stored row is only ever replaced, so what was made of it stays good. */
function asStored(c: Context, row: Readonly<Row>): Reply {
  let kept = shown.get(row)
  if (kept?.op !== c.op) {
    kept = { op: c.op, body: keepText(c.wrap(publicCopy(row)) as object) }
    shown.set(row, kept)
  }
  return new Reply(c.op.success, kept.body)
}

function update(c: Context, options: CollectionOptions, collection: string): Reply {
  const row = subject(c, collection)
  const input = (c.body ?? {}) as Members
  const { id: _, ...changes } = options.update ? options.update(input, row, c) : input
  if (options.stamps?.updated) changes[options.stamps.updated] = c.now()
  return c.ok(c.show(collection, c.store(collection).update(row.id, changes)))
}

function remove(c: Context, options: CollectionOptions, collection: string): Reply {
  const row = subject(c, collection)
  options.remove?.(row, c)
  const shown = options.deleted?.(row, c)
  c.store(collection).remove(row.id)
  if (c.op.responses[c.op.success]?.content === undefined) return c.ok()
  return c.ok(shown ?? { id: row.id, deleted: true })
}

function parentOf(c: Context, options: CollectionOptions): Readonly<Row> | undefined {
  const { parent } = options
  if (!parent) return undefined
  const param = parent.param ?? parametersOf(c.op.path)[0]
  if (param === undefined) throw new Error(`${c.op.id} has no path parameter for its parent`)
  return c.store(parent.collection).peek(c.path[param]!) ?? c.missing(parent.label ?? labelOf(parent.collection, c.options(parent.collection).label))
}

/** Documented query parameters that are no paging filter by equality with the member of the same name. */
function filterOf(c: Context, options: CollectionOptions): ((row: Row) => boolean) | undefined {
  const { pagination } = c.op
  const tests: ((row: Row) => boolean)[] = []
  for (const { name, in: place } of c.op.parameters) {
    const value = c.query[name]
    if (place !== 'query' || value === undefined || name === pagination?.limit || name === pagination?.position) continue
    const own = options.filters?.[name]
    if (own === null) continue
    tests.push(own ? (row) => own(row, value, c) : (row) => equals(row[name], value))
  }
  return tests.length === 0 ? undefined : (row) => tests.every((test) => test(row))
}

function equals(member: unknown, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => equals(member, one))
  if (Array.isArray(member)) return member.some((one) => equals(one, value))
  return String(member) === String(value)
}

const names = new Map<string, readonly string[]>()

function parametersOf(path: string): readonly string[] {
  let found = names.get(path)
  if (!found) names.set(path, (found = [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]!)))
  return found
}
