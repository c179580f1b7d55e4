import type { FaultRule } from '../../effects/faults.js'
import { Reply } from '../../kernel/reply.js'
import { type Action, checkOperation, missing, ok } from './action.js'
import { list, object, ref, string } from './schemas.js'

const tag = 'Faults'
const done = { 200: { description: 'Done', schema: ref('Ok') } }

export const ruleActions: readonly Action[] = [
  {
    method: 'GET', path: '/faults', id: 'faults', tag, inProcess: ['faults.list'], summary: 'Lists the rules', reads: true,
    answers: { 200: { description: 'Rules, with how often each will still strike', schema: list(ref('ActiveRule')) } },
    run: ({ world }) => ok(world.faults.list()),
  },
  {
    method: 'POST', path: '/faults', id: 'fail', tag, inProcess: ['fail', 'faults.add'], summary: 'Makes the next call, or the next so many, fail like that; then they succeed again',
    body: { schema: ref('Rule'), required: true, example: { system: 'orckai', operation: 'agents.create', status: 503, times: 2 } },
    answers: { 201: { description: 'The rule stands', schema: object({ id: string() }) } },
    run: async ({ world, body, gateway }) => {
      await checkOperation(gateway, body)
      return new Reply(201, { id: world.faults.add(body as FaultRule) })
    },
  },
  {
    method: 'DELETE', path: '/faults', id: 'clearFaults', tag, inProcess: ['faults.clear'], summary: 'Removes all rules', answers: done,
    run: ({ world }) => {
      world.faults.clear()
      return ok()
    },
  },
  {
    method: 'DELETE', path: '/faults/{id}', id: 'removeFault', tag, inProcess: ['faults.remove'], summary: 'Removes one rule', answers: { ...done, 404: { description: 'There is none', schema: ref('Error') } },
    run: ({ world, path }) => (world.faults.remove(path['id']!) ? ok() : missing(`There is no rule ${path['id']}`)),
  },
]
