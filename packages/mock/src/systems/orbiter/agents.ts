import { defineResource } from '../../kernel/definition.js'
import type { Members } from '../../kernel/types.js'
import { changes, cleaned, draft, STAMPS } from './rows.js'

const DEFAULTS: Members = {
  description: '', instructions: '', model_provider: '', model_name: '', temperature: null, max_tokens: null, max_steps: null,
  output_type_json: '{}', tools_json: '[]', handoffs_json: '[]', hooks_json: '{}', knowledge_base_ids: '[]',
  persona_role: '', persona_goal: '', persona_backstory: '', autonomous_mode: false,
  context_automation_level: 'copilot', context_max_tokens_per_step: null, context_max_total_tokens: null, context_memory_type: 'conversation', context_workspace_enabled: false,
}

export const agents = defineResource({
  collections: {
    agents: {
      newestFirst: true,
      stamps: STAMPS,
      create(input, c) {
        c.store('projects').need(input['project_id'])
        return { ...cleaned(draft(c, 'agents', ['name', 'project_id'], DEFAULTS)), user_id: c.owner }
      },
      update: (_input, _row, c) => cleaned(changes(c, ['name', ...Object.keys(DEFAULTS)])),
      cascade: { conversations: 'agent_id', _evaluations: 'agent_id' },
    },
  },
  behaviours: {
    'agents.duplicate': (c) => {
      const agent = c.store('agents').need(c.path['agent_id']!)
      return c.created(c.store('agents').insert({ ...agent, id: c.id('agents'), name: `${agent['name']} (Copy)`, created_at: c.now(), updated_at: c.now() }))
    },
  },
})
