import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Row } from '../../kernel/types.js'
import { hmacHex } from '../../world/hash.js'
import { rowId } from './environment.js'
import { CASE, follow } from './processing.js'
import { APP } from './sessions.js'

export const cases = defineResource({
  collections: {
    cases: {
      label: 'Case',
      present: ({ id: _, ...row }) => row,
    },
  },
  jobs: { [CASE]: { steps: [{ status: 'reading', share: 2 }, { status: 'deciding', share: 3 }], success: 'completed', enter: follow } },
  behaviours: {
    'cases.get': (c) => c.show('cases', current(c)),
    'cases.events': (c) => {
      const row = current(c)
      const after = Number(c.query['after_cursor'] ?? 0)
      const events = c.store('cases.events').all((event) => event['_case_id'] === row['case_id'] && event['cursor'] > after).toSorted((a, b) => a['cursor'] - b['cursor'])
      return {
        case_id: row['case_id'],
        events: events.map(({ event_id, event_type, cursor, created_at }) => ({ event_id, event_type, cursor, created_at })),
        next_cursor: events.at(-1)?.['cursor'] ?? after,
      }
    },
    'cases.package': (c) => {
      const { case_id, status, facts, documents } = current(c)
      const token = hmacHex(`${c.world.secret}/case-file`, `${c.owner}/${case_id}`).slice(0, 32)
      // There is a case file once the case is complete.
      return { case_id, case_file_url: status === 'completed' || status === 'complete' ? `${APP}/case-file/${encodeURIComponent(case_id)}?token=${token}` : null, facts, documents }
    },
  },
})

/** The case of the path, after this look at it. */
function current(c: Context): Row {
  const id = rowId(c, c.path['case_id']!)
  c.store('cases').need(id)
  c.world.jobs.poll(CASE, id)
  c.world.jobs.poll('intake', id)
  return c.store('cases').need(id)
}
