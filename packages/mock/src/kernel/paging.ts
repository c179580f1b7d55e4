import type { Context } from './context.js'
import type { PageInfo } from './definition.js'
import { getAt, setAt } from './pointer.js'
import { Reply } from './reply.js'
import type { Json, Members } from './types.js'
import { copy, publicCopy } from '../world/copy.js'
import { hmacHex } from '../world/hash.js'

/** Where a page comes from: everything, to be cut here, or a page that was cut already. */
export type PageOf =
  | { kind: 'all'; items: readonly Json[] }
  | { kind: 'cut'; items: readonly Json[]; total: number; next: string | number | null; hasMore: boolean }

export interface Position {
  limit: number
  offset: number
  page: number
  /** Creation order after which the page begins, of a cursor. */
  after: number | undefined
}

const DEFAULT_LIMIT = 20

/** What the query asks for, in the operation's own style. A cursor that is not ours is an error in the vendor's shape. */
export function positionOf(c: Context): Position {
  const { pagination } = c.op
  if (!pagination || pagination.style === 'none') return { limit: Number.POSITIVE_INFINITY, offset: 0, page: 1, after: undefined }
  const asked = pagination.limit === undefined ? undefined : c.query[pagination.limit]
  const limit = Number(asked ?? pagination.defaultLimit ?? (pagination.limit === undefined ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT))
  const at = pagination.position === undefined ? undefined : c.query[pagination.position]
  switch (pagination.style) {
    case 'offset':
      return { limit, offset: Number(at ?? 0), page: 1, after: undefined }
    case 'page': {
      const page = Math.max(1, Number(at ?? 1))
      return { limit, offset: (page - 1) * limit, page, after: undefined }
    }
    case 'afterCursor':
      return { limit, offset: 0, page: 1, after: Number(at ?? 0) }
    default:
      return { limit, offset: 0, page: 1, after: at === undefined || at === '' ? undefined : readCursor(c, String(at), pagination.position ?? 'cursor') }
  }
}

/** The answer of a list: items, total and cursor where the document puts them, constants of the envelope beside. */
export function paginate(c: Context, source: PageOf, extra: Members = {}): Reply {
  const position = positionOf(c)
  const info = source.kind === 'cut' ? { ...source, ...where(position) } : cut(c, source.items, position)
  return pageReply(c, info, extra)
}

export function pageReply(c: Context, info: PageInfo, extra: Members = {}): Reply {
  const { pagination } = c.op
  const { constants } = c.world.system.definition.document
  let body: Json = c.op.wrapped ? copy({ ...constants }) : {}
  if (!pagination) return c.ok(info.items)
  const items = publicCopy(info.items)
  if (pagination.items === '') return new Reply(c.op.success, items)
  body = setAt(body, pagination.items, items)
  const holder = pagination.items.slice(0, pagination.items.lastIndexOf('/'))
  if (Object.keys(extra).length > 0) {
    const target = getAt(body, holder) as Members
    Object.assign(target, publicCopy(extra))
  }
  if (pagination.total) body = setAt(body, pagination.total, info.total)
  if (pagination.next) body = setAt(body, pagination.next, info.next)
  if (pagination.hasMore) body = setAt(body, pagination.hasMore, info.hasMore)
  return new Reply(c.op.success, body)
}

function where(position: Position) {
  return { limit: position.limit, offset: position.offset, page: position.page }
}

/** Cuts a list that a behaviour computed; cursors count its places. */
function cut(c: Context, items: readonly Json[], position: Position): PageInfo {
  const start = position.after ?? position.offset
  const end = Math.min(items.length, start + position.limit)
  const hasMore = end < items.length
  const style = c.op.pagination?.style
  const next = style === 'afterCursor' ? Math.max(end, start) : hasMore && style === 'cursor' ? writeCursor(c, end) : null
  return { items: items.slice(start, end), total: items.length, ...where(position), next, hasMore }
}

/** Opaque and signed: a cursor of another world or another operation is refused. */
export function writeCursor(c: Context, seq: number): string {
  return `${seq.toString(36)}.${sign(c, seq)}`
}

function readCursor(c: Context, cursor: string, parameter: string): number {
  const [text = '', signature] = cursor.split('.')
  const seq = Number.parseInt(text, 36)
  if (!/^[0-9a-z]+$/.test(text) || signature !== sign(c, seq)) throw new CursorError(parameter)
  return seq
}

function sign(c: Context, seq: number): string {
  return hmacHex(`${c.world.secret}/cursor`, `${c.op.id}/${c.owner}/${seq}`).slice(0, 12)
}

/** Becomes a validation answer in the pipeline. */
export class CursorError extends Error {
  constructor(readonly parameter: string) {
    super('is not a cursor of this list')
  }
}
