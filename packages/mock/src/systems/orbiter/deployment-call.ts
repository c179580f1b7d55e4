import type { Context } from '../../kernel/context.js'
import type { Reply } from '../../kernel/reply.js'
import type { Members, Row } from '../../kernel/types.js'
import { type Answer, answer, costOf, modelOf, pieces } from './answer.js'
import { MOST_NODES } from './canvas.js'
import { RUNS, startRun } from './execution.js'
import { framesOf } from './frames.js'
import { planRun } from './plan.js'

/** The call that a deployment serves. Its key was proved for this very deployment. */
export function callDeployment(c: Context): Reply {
  const deployment = c.store('deployments').need(c.path['deployment_id']!)
  if (deployment['status'] !== 'active') return c.error('FORBIDDEN', 'Deployment is inactive')
  c.store('deployments').update(deployment.id, { usage_count: deployment['usage_count'] + 1, updated_at: c.now() })
  return deployment['entity_type'] === 'agent' ? callAgent(c, deployment) : callWorkflow(c, deployment)
}

function callAgent(c: Context, deployment: Row): Reply {
  const agent = c.store('agents').get(deployment['entity_id'])
  const { input, stream } = c.body
  const said: Answer = c.outcome(input) === 'failure' ? { text: '', prompt: 0, completion: 0, error: 'The model provider failed' } : answer(c, agent, input)
  if (agent) record(c, agent, input, said)
  if (stream) return c.sse(spoken(c, said))
  if (said.error !== undefined) return c.error('INTERNAL_ERROR', said.error)
  return c.ok({ output: said.text, usage: { input_tokens: said.prompt, output_tokens: said.completion, total_tokens: said.prompt + said.completion } })
}

async function* spoken(c: Context, said: Answer): AsyncGenerator<Members> {
  for (const content of pieces(said.text)) {
    yield { type: 'token', content }
    await c.pace()
  }
  yield said.error === undefined ? { type: 'done' } : { type: 'error', error: said.error }
}

/** The caller waits for the end, so the run goes through its job at once. A workflow answers with its final status only. */
function callWorkflow(c: Context, deployment: Row): Reply {
  const workflow = c.store('workflows').get(deployment['entity_id'])
  if (!workflow) return c.body.stream ? c.sse(failed('Workflow not found')) : c.error('INTERNAL_ERROR', 'Workflow not found')
  const plan = planRun(c, workflow, (label) => c.outcome(label) === 'failure')
  if (plan.nodes.length > MOST_NODES) return c.error('INTERNAL_ERROR', `Workflow has more than ${MOST_NODES} nodes`)
  const run = startRun(c, workflow, plan, { by: 'clock', duration: 0 })
  if (c.body.stream) return c.sse(told(c, c.store(RUNS).need(run.id)))
  return c.ok({ output: run['status'] })
}

async function* told(c: Context, run: Row): AsyncGenerator<Members> {
  for (const frame of framesOf(run, true)) {
    yield frame
    await c.pace()
  }
  yield { type: 'done', result: run['status'] }
}

async function* failed(error: string): AsyncGenerator<Members> {
  yield { type: 'error', error }
}

/** One step, one run. */
function record(c: Context, agent: Row, input: string, said: Answer): void {
  const at = c.now()
  const tokens = said.prompt + said.completion
  const good = said.error === undefined
  c.store('runs').insert({
    id: c.id('runs'), agent_id: agent.id, agent_name: agent['name'], workflow_id: null, workflow_name: null, status: good ? 'completed' : 'failed',
    steps_json: [{
      id: 's1', type: 'llm_call', started_at: at, duration_ms: 200 + 8 * tokens, tokens, input, output: good ? said.text : null, model: modelOf(c, agent) ?? null,
      finish_reason: good ? 'stop' : null, error: said.error ?? null,
    }],
    total_tokens: tokens, total_cost: costOf(tokens), start_time: at, end_time: at, finish_reason: good ? 'stop' : 'error', user_id: c.owner, created_at: at,
  })
}
