import { defineResource } from '../../kernel/definition.js'
import { endRuns } from './execution.js'
import { changes, cleaned, draft, STAMPS } from './rows.js'

export const projects = defineResource({
  collections: {
    projects: {
      newestFirst: true,
      stamps: STAMPS,
      create: (_, c) => ({ ...cleaned(draft(c, 'projects', ['name'], { description: '' })), default_model: null, default_provider: null, user_id: c.owner }),
      update: (_input, _row, c) => cleaned(changes(c, ['name', 'description', 'default_model', 'default_provider'])),
      remove(row, c) {
        for (const workflow of c.store('workflows').all((one) => one['project_id'] === row.id)) endRuns(c, workflow.id)
      },
      cascade: { agents: 'project_id', workflows: 'project_id', tools: 'project_id', knowledgeBases: 'project_id' },
    },
  },
})
