import { defineResource } from '../../kernel/definition.js'
import { positionOf, writeCursor } from '../../kernel/paging.js'
import type { Row } from '../../kernel/types.js'
import { changes, draft, STAMPS } from './rows.js'

const DEFAULTS = { description: '', category: 'custom', schema_json: '{}', code: '', tool_type: 'function' }

/** Where a page begins that follows the built-in tool alone. */
const NEWEST = Number.MAX_SAFE_INTEGER

/** Names and descriptions are kept as sent. The built-in tool belongs to nobody: lists show it, nothing else finds it. */
export const tools = defineResource({
  collections: {
    tools: {
      newestFirst: true,
      stamps: { created: STAMPS.created },
      create(input, c) {
        c.store('projects').need(input['project_id'])
        return { ...draft(c, 'tools', ['name', 'project_id'], DEFAULTS), usage_count: 0, user_id: c.owner }
      },
      update: (_input, _row, c) => changes(c, ['name', ...Object.keys(DEFAULTS)]),
    },
  },
  behaviours: {
    'tools.list': (c) => {
      const { category, project_id: project } = c.query
      const fits = (row: Row): boolean => category === undefined || row['category'] === category
      const where = (row: Row): boolean => fits(row) && (project === undefined || row['project_id'] === project)
      const builtIn = c.everyone('tools').all((row) => row['_builtin'] === true && fits(row))
      const own = c.store('tools')
      const { after, limit } = positionOf(c)
      const first = after === undefined ? builtIn.slice(0, limit) : []
      const found = own.slice({ ...(after !== undefined && { after }), newestFirst: true, where, limit: limit - first.length + 1 })
      const kept = found.slice(0, limit - first.length)
      const hasMore = kept.length < found.length
      const items = [...first, ...kept.map(({ row }) => c.summary('tools', row))]
      return c.pageOf({ kind: 'cut', items, total: builtIn.length + own.count(where), next: hasMore ? writeCursor(c, kept.at(-1)?.seq ?? NEWEST) : null, hasMore })
    },
  },
})
