import { defineResource } from '../../kernel/definition.js'
import { changes, cleaned, draft, STAMPS } from './rows.js'

export const projects = defineResource({
  collections: {
    projects: {
      newestFirst: true,
      stamps: STAMPS,
      create: (_, c) => ({ ...cleaned(draft(c, 'projects', ['name'], { description: '' })), default_model: null, default_provider: null, user_id: c.owner }),
      update: (_input, _row, c) => cleaned(changes(c, ['name', 'description', 'default_model', 'default_provider'])),
      cascade: { agents: 'project_id', workflows: 'project_id', tools: 'project_id', knowledgeBases: 'project_id' },
    },
  },
})
