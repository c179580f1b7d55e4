import { defineResource } from '../../kernel/definition.js'
import type { Row } from '../../kernel/types.js'
import { changes, draft, STAMPS } from './rows.js'

const DEFAULTS = { description: '', category: 'custom', schema_json: '{}', code: '', tool_type: 'function' }

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
      const builtIn = c.everyone('tools').all((row) => row['_builtin'] === true && fits(row))
      const own = c.store('tools').all((row) => fits(row) && (project === undefined || row['project_id'] === project)).toReversed()
      return c.page([...builtIn, ...own])
    },
  },
})
