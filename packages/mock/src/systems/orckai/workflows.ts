import type { Context } from '../../kernel/context.js'
import { crud } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { answer, fill } from './answers.js'

export const EXECUTION = 'workflows.executions'

export const workflows = defineResource({
  collections: {
    workflows: {
      create: (input) => ({ description: null, trigger: { type: 'manual', config: {} }, steps: [], ...input, isActive: input['isActive'] ?? true }),
      stamps: { created: 'createdAt', updated: 'updatedAt' },
      cascade: { [EXECUTION]: 'workflowId' },
    },
    [EXECUTION]: { label: 'Execution', newestFirst: true, job: EXECUTION },
  },
  behaviours: {
    'workflows.execute': (c) => {
      const run = begin(c, c.store('workflows').need(c.path['id']!), c.body?.input ?? {}, null)
      return c.bare({ success: true, executionId: run.id, status: 'queued' })
    },
    'workflows.executions.cancel': (c) => {
      const run = c.store(EXECUTION).need(c.path['id']!)
      if (!c.world.jobs.cancel(EXECUTION, String(run.id))) return c.error('BAD_REQUEST', `The execution is ${run['status']} and cannot be cancelled`)
      return c.ok(c.store(EXECUTION).need(run.id))
    },
    'workflows.executions.retry': (c) => {
      const run = c.store(EXECUTION).need(c.path['id']!)
      if (run['status'] !== 'failed') return c.error('BAD_REQUEST', `The execution is ${run['status']}; only a failed one can be retried`)
      const again = begin(c, c.store('workflows').need(run['workflowId']), run['input'], run.id)
      return c.op.wrapped ? c.ok(again) : c.bare({ success: true, executionId: again.id, status: 'queued' })
    },
    // A deleted workflow takes its runs along; those under way stop with it.
    'workflows.delete': (c) => {
      for (const run of c.store(EXECUTION).all((row) => row['workflowId'] === c.path['id'])) c.world.jobs.cancel(EXECUTION, String(run.id))
      return crud(c)
    },
  },
  jobs: {
    [EXECUTION]: {
      steps: [{ status: 'queued', share: 1 }, { status: 'running', share: 5 }],
      success: 'completed',
      enter(c, job) {
        const run = c.store(EXECUTION).get(job.id)
        if (!run) return
        const changes: Members = { status: job.status }
        if (job.status === 'running') Object.assign(changes, { startedAt: c.now(), steps: stepsAt(run, 'running', c.now()) })
        if (job.done) {
          const steps = stepsAt(run, job.status, c.now())
          Object.assign(changes, { completedAt: c.now(), steps, error: job.reason ?? null, output: job.outcome === 'success' ? { result: steps.at(-1)?.output ?? null } : null })
        }
        c.store(EXECUTION).update(job.id, changes)
      },
    },
  },
})

function begin(c: Context, workflow: Row, input: Members, retryOf: Json): Row {
  if (workflow['isActive'] === false) c.fail('BAD_REQUEST', 'The workflow is not active')
  const failing = retryOf === null && c.outcome(JSON.stringify(input), workflow['name']) === 'failure'
  const run = c.store(EXECUTION).insert({
    workflowId: workflow.id, workflowName: workflow['name'], status: 'queued', input, output: null, error: null, retryOf,
    steps: (workflow['steps'] as Json[]).map((step, i) => ({ stepId: step.id ?? `step-${i + 1}`, name: step.name ?? `Step ${i + 1}`, status: 'pending', output: null, error: null, startedAt: null, completedAt: null })),
    createdAt: c.now(), startedAt: null, completedAt: null, _texts: (workflow['steps'] as Json[]).map((step) => fill(step.config?.goal ?? step.name ?? step.type ?? 'step', input)),
  })
  c.start(EXECUTION, String(run.id), { fail: failing ? { step: 'running', reason: 'A step failed: the input asks for it' } : undefined })
  return c.store(EXECUTION).need(run.id)
}

/** The steps as the run's state has them: on failure the last one failed, the others are done. */
function stepsAt(run: Row, status: string, at: string): Json[] {
  const steps = (run['steps'] ?? []) as Json[]
  return steps.map((step, i) => {
    if (status === 'running') return i === 0 ? { ...step, status: 'running', startedAt: at } : step
    if (status === 'cancelled') return step.status === 'pending' ? { ...step, status: 'skipped' } : { ...step, status: 'failed', error: 'Cancelled', completedAt: at }
    const failed = status === 'failed' && i === steps.length - 1
    return { ...step, status: failed ? 'failed' : 'completed', error: failed ? 'The input asks for a failure' : null, output: failed ? null : answer(run['_texts']?.[i] ?? step.name).text, startedAt: step.startedAt ?? run['startedAt'] ?? at, completedAt: at }
  })
}
