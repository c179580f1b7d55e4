import { itemsOf } from './envelope.js'
import { DecodeError } from './errors/network.js'
import { PaginationError } from './errors/outcome.js'
import type { Operation, Pagination, SystemProfile } from './operation.js'
import type { Reply } from './pipeline.js'
import { at } from './pointer.js'
import { offAbort, onAbort } from './signals.js'

/** Where a page begins: an offset, a page's number or a cursor, as the vendor counts. */
export type Position = string | number

/** What a page needs to find the next one. */
export interface Listing {
  readonly op: Operation
  readonly profile: SystemProfile
  readonly params: Readonly<Record<string, unknown>>
  /** Fetches the page at a position, with everything else as in the first call. */
  readonly fetchAt: (position: Position, signal?: AbortSignal) => Promise<Reply>
  /** Asks for the next page while the caller is busy with the one before. */
  readonly prefetch?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

interface Trail {
  /** Position -> number of the page that was read there; the latest ones only. */
  readonly seen: Map<Position, number>
  readonly index: number
  readonly position: Position | undefined
  readonly previous?: string
  /** A position that moves on at 2, 4, 8 ... pages: a cycle of any length comes back to it (Brent), and nothing else has to be remembered. */
  readonly mark?: Position | undefined
  /** The largest page so far: what a server that gives less than it was asked for really gives. */
  readonly largest: number
}

/** Positions that are remembered, so that a cycle shorter than this is noticed at once. */
const REMEMBERED = 1000

/** One page of a list. */
export class Page<T> implements Iterable<T> {
  /** The items of this page. */
  readonly items: readonly T[]
  /** How many items there are in all, where the vendor says. */
  readonly total: number | undefined
  /** Where the next page begins: pass it as the list's own parameter to go on later. Undefined on the last page. */
  readonly next: Position | undefined
  /** The answer; its body has been read. */
  readonly response: Response
  /** The body as it came. */
  readonly body: unknown
  private readonly _listing: Listing
  private readonly _trail: Trail

  constructor(reply: Reply, listing: Listing, trail: Trail) {
    const { op, profile, params } = listing
    const info = op.paginate ?? { style: 'none', items: '' }
    this.body = reply.json()
    this.response = reply.response
    const items = itemsOf(this.body, info, op, profile)
    if (items === undefined) throw new DecodeError(`${profile.name} ${op.id}: expected a list at ${info.items || 'the top'} of the body and found none`, { system: profile.name, operation: op.id, status: reply.status, requestId: reply.requestId, text: reply.text })
    this.items = items as T[]
    const total = info.total === undefined ? undefined : at(this.body, info.total)
    this.total = typeof total === 'number' ? total : undefined
    this.next = nextPosition(info, { body: this.body, items: items.length, total: this.total, limit: pageSize(info, params, this.body), position: trail.position ?? start(info, params), largest: trail.largest })
    this._listing = listing
    this._trail = { ...trail, largest: Math.max(trail.largest, items.length), previous: items.length === 0 ? '' : JSON.stringify([items.length, items[0], items.at(-1)]) }
    if (trail.previous !== undefined && trail.previous !== '' && trail.previous === this._trail.previous && (info.style === 'offset' || info.style === 'page') && !isAnother(info, this.body, trail.position, this.total)) {
      throw new PaginationError(`${profile.name} ${op.id}: the server sent the same page for ${info.position} ${String(trail.position)} as for the one before`)
    }
  }

  /** Whether there is a page after this one. */
  hasNextPage(): boolean {
    return this.next !== undefined
  }

  /** The page after this one; undefined when this is the last. `signal` ends this request only; without one, the list's own holds. */
  async nextPage(signal?: AbortSignal): Promise<Page<T> | undefined> {
    const { next, _listing: listing, _trail: { seen, index, previous, mark, largest } } = this
    if (next === undefined) return undefined
    const before = seen.get(next)
    if (before !== undefined && before <= index || next === mark) throw new PaginationError(`${listing.profile.name} ${listing.op.id}: the server sent the ${listing.op.paginate?.style === 'page' ? 'page' : 'cursor'} ${String(next)} a second time`)
    seen.set(next, index + 1)
    if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value!)
    const moves = ((index + 1) & index) === 0
    return new Page<T>(await listing.fetchAt(next, signal), listing, { seen, index: index + 1, position: next, largest, mark: moves ? next : mark, ...(previous === undefined ? {} : { previous }) })
  }

  /** The items of this page; a list itself iterates over all pages. */
  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]()
  }
}

/** One page ahead of the consumer. Leaving closes the request under way, and a failure counts only when its page is asked for. */
export async function* ahead<T>(first: Page<T>, signal: AbortSignal | undefined): AsyncGenerator<Page<T>, void, undefined> {
  const stop = new AbortController()
  const leave = () => stop.abort(signal?.reason)
  if (signal?.aborted) leave()
  else if (signal !== undefined) onAbort(signal, leave)
  try {
    for (let page: Page<T> | undefined = first; page !== undefined;) {
      const next: Promise<Page<T> | undefined> = page.nextPage(stop.signal)
      next.catch(() => undefined)
      yield page
      page = await next
    }
  } finally {
    if (signal !== undefined) offAbort(signal, leave)
    stop.abort()
  }
}

export function firstPage<T>(reply: Reply, listing: Listing): Page<T> {
  const info = listing.op.paginate
  const position = info === undefined ? undefined : start(info, listing.params)
  return new Page<T>(reply, listing, { seen: new Map(position === undefined ? [] : [[position, 0]]), index: 0, position, largest: 0 })
}

interface PageFacts {
  readonly body: unknown
  readonly items: number
  readonly total: number | undefined
  readonly limit: number | undefined
  readonly position: Position | undefined
  /** Items of the largest page before this one; default: none was read. */
  readonly largest?: number
}

/** Where the next page begins, by what this one says; undefined at the end. Pure. */
export function nextPosition(info: Pagination, { body, items, total, limit, position, largest = 0 }: PageFacts): Position | undefined {
  const more = info.hasMore === undefined ? undefined : at(body, info.hasMore)
  if (info.style === 'none' || more === false) return undefined
  if (info.style === 'cursor' || info.style === 'afterCursor') {
    const next = info.next === undefined ? undefined : at(body, info.next)
    // An empty page with a cursor goes on; a feed that is read after a cursor ends with one.
    if ((typeof next !== 'string' && typeof next !== 'number') || next === '' || (info.style === 'afterCursor' && items === 0)) return undefined
    return next
  }
  if (items === 0) return undefined
  const here = Number(position ?? (info.style === 'page' ? 1 : 0))
  const next = info.style === 'page' ? here + 1 : here + items
  if (more === true) return next
  if (limit !== undefined && items > limit) return undefined
  // Pages are as large as the largest seen, should the server give less than it was asked for.
  const size = Math.min(limit ?? Infinity, Math.max(largest, items))
  if (total !== undefined) return (info.style === 'page' ? (here - 1) * size + items : next) >= total ? undefined : next
  return limit !== undefined && items < limit ? undefined : next
}

function start(info: Pagination, params: Readonly<Record<string, unknown>>): Position | undefined {
  const given = info.position === undefined ? undefined : params[info.position]
  if (typeof given === 'number' || (typeof given === 'string' && given !== '')) return given
  return info.style === 'offset' ? 0 : info.style === 'page' ? 1 : undefined
}

/** A page that looks like the one before, but names its own place in a list of known length: its rows are alike (a column of the same value), and the server is right. */
function isAnother(info: Pagination, body: unknown, position: Position | undefined, total: number | undefined): boolean {
  return total !== undefined && around(info).some((place) => String(at(body, `${place}/${info.position}`)) === String(position))
}

/** Where a body tells of its page. */
function around({ items, total = '', hasMore = '' }: Pagination): readonly string[] {
  return [...[items, total, hasMore].map((pointer) => pointer.replace(/\/[^/]*$/, '')), '/meta', '/pagination']
}

/** The size asked for, else the one that the body names beside its items. */
function pageSize(info: Pagination, params: Readonly<Record<string, unknown>>, body: unknown): number | undefined {
  if (info.limit === undefined) return undefined
  for (const value of [params[info.limit], ...around(info).map((place) => at(body, `${place}/${info.limit}`))]) {
    const size = Number(value)
    if (value !== undefined && value !== null && size > 0) return size
  }
  return undefined
}
