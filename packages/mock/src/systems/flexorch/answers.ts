import type { Context } from '../../kernel/context.js'
import type { CollectionOptions } from '../../kernel/definition.js'
import type { Reply } from '../../kernel/reply.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json } from '../../kernel/types.js'

/** Work that goes on after the answer; `meta.poll` says where to follow it. */
export function accepted(c: Context, data: Json, job?: string | number): Reply {
  return c.bare({ status: 'accepted', data, error: null, ...(job !== undefined && { meta: { poll: `/v1/jobs/${job}` } }) }, 202)
}

/** Where a page stands, beside its items. */
export const pageMembers: NonNullable<CollectionOptions['page']> = (info) => ({ page: info.page, page_size: info.limit })

export function invalid(c: SystemContext, message: string): never {
  return c.fail('VALIDATION_ERROR', message)
}

/** Ids come as numbers and as texts. */
export function same(a: Json, b: Json): boolean {
  return a !== undefined && a !== null && String(a) === String(b)
}
