import type { Context } from '../../kernel/context.js'
import type { Row } from '../../kernel/types.js'

/** Some operations are for admins; the vendor's answer to others is that their reach is too small. */
export function adminOnly(c: Context): void {
  if (c.actor.role !== 'admin') c.fail('insufficient_scope', 'Only an admin may do this')
}

/** What a role without `can_view_all_jobs` sees: its own. `undefined` is everything. */
export function visibleJobs(c: Context): ((row: Row) => boolean) | undefined {
  return c.actor.role === 'admin' ? undefined : (row) => row['_owner'] === c.actor.user
}
