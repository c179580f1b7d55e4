import { defineResource } from '../../kernel/definition.js'
import { valueText } from '../../kernel/json-text.js'
import { answer, fill } from './answers.js'

export const agents = defineResource({
  collections: {
    agents: {
      create: (input) => ({ agentType: 'conversational', executionMode: 'standard', ...input, isActive: true }),
      stamps: { created: 'createdAt', updated: 'updatedAt' },
      cascade: { 'agents.executions': 'agentId' },
    },
    'agents.executions': { label: 'Execution', parent: { collection: 'agents', field: 'agentId' }, newestFirst: true },
  },
  behaviours: {
    'agents.execute': (c) => {
      const agent = c.store('agents').need(c.body.agentId)
      if (!agent['isActive']) return c.error('BAD_REQUEST', 'The agent is not active')
      const input = c.body.input ?? {}
      const goal = agent['goalTemplate'] ? fill(agent['goalTemplate'], input) : Object.values(input).map(valueText).join(' ')
      const { text, usage } = answer(goal || agent['name'], [], agent['systemPrompt'])
      const failed = c.outcome(goal) === 'failure'
      return c.ok(c.store('agents.executions').insert({
        agentId: agent.id, status: failed ? 'failed' : 'completed', input,
        output: failed ? null : text, error: failed ? 'The goal could not be reached' : null, usage,
        createdAt: c.now(), startedAt: c.now(), completedAt: c.now(),
      }))
    },
  },
})
