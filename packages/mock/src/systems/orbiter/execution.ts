import type { JobMode } from '../../effects/jobs.js'
import type { JobDefinition, JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { costOf } from './answer.js'
import { readCanvas } from './canvas.js'
import { type Plan, type PlannedNode, planRun } from './plan.js'
import { sqlTime } from './time.js'

export const RUNS = 'workflows.runs'
export const JOB = 'workflowRun'
export const QUEUE = '_queue'
const ACTIVE = new Set(['pending', 'running', 'awaiting_approval'])
/** Runs that may be pending or under way at a time, over all users. */
const LIMIT = 5

/** A run of a workflow, or its place in the queue. */
export function startOrQueue(c: SystemContext, workflow: Row, plan: Plan): Members {
  if (activeRuns(c) < LIMIT) return { run_id: startRun(c, workflow, plan).id, status: 'pending' }
  const entry = c.store(QUEUE).insert({ id: c.id(QUEUE), workflow_id: workflow.id, status: 'queued', trigger_type: 'manual', queued_at: c.now(), started_at: null, run_id: null, _plan: plan })
  return { queue_id: entry.id, status: 'queued', position: c.everyone(QUEUE).count() }
}

export function startRun(c: SystemContext, workflow: Row, plan: Plan, mode?: JobMode): Row {
  const at = c.now()
  const run = c.store(RUNS).insert({
    id: c.id(RUNS), workflow_id: workflow.id, status: 'pending', trigger_type: 'manual', input_json: null, started_at: null, completed_at: null,
    step_count: null, total_tokens: null, total_cost: null, error: null, created_at: at, node_executions: [], _plan: plan.nodes,
  })
  c.store('runs').insert({
    id: run.id, agent_id: null, agent_name: null, workflow_id: workflow.id, workflow_name: workflow['name'], status: 'pending', steps_json: [],
    total_tokens: 0, total_cost: 0, start_time: null, end_time: null, finish_reason: null, user_id: c.owner, created_at: at,
  })
  c.store('workflows').update(workflow.id, { last_run_at: at })
  const steps = plan.nodes.map((node) => ({ status: node.approval === null ? 'running' : 'awaiting_approval', share: 2 }))
  c.start(JOB, String(run.id), {
    steps: [{ status: 'pending', share: 1 }, ...(steps.length > 0 ? steps : [{ status: 'running', share: 0 }])],
    ...(plan.error !== null && { fail: { reason: plan.error } }),
    ...(mode && { mode }),
  })
  return c.store(RUNS).need(run.id)
}

/** Before a workflow goes: what waits for it is forgotten, then its runs are ended, so that whoever watches hears of it and others may start. */
export function endRuns(c: SystemContext, workflow: string | number): void {
  for (const entry of c.store(QUEUE).all((row) => row['workflow_id'] === workflow)) c.store(QUEUE).remove(entry.id)
  for (const run of c.store(RUNS).all((row) => row['workflow_id'] === workflow && isActive(row))) c.world.jobs.cancel(JOB, String(run.id))
}

/** Gives a run that the seed shows under way its job: it moves by hand only, from the node that it is at. */
export function resumeRun(c: SystemContext, run: Row): void {
  const steps = Array.from({ length: nodeCount(c, run) }, () => ({ status: 'running', share: 2 }))
  c.start(JOB, String(run.id), { steps: [{ status: 'pending', share: 1 }, ...steps], from: run['node_executions'].length })
}

/** What a run of the seed would do. */
function planOf(c: SystemContext, run: Row): PlannedNode[] {
  const workflow = c.store('workflows').get(run['workflow_id'])
  return workflow ? planRun(c, workflow, () => false).nodes : []
}

function nodeCount(c: SystemContext, run: Row): number {
  const workflow = c.store('workflows').get(run['workflow_id'])
  const canvas = workflow && readCanvas(workflow)
  return Math.max(run['node_executions'].length, Array.isArray(canvas) ? canvas.length : 0, 1)
}

export function isActive(run: Row): boolean {
  return ACTIVE.has(run['status'])
}

/** One job for each run, with one step for each node: polling, sockets and lists all read the row that it keeps. */
export const runJob: JobDefinition = {
  steps: [{ status: 'pending' }, { status: 'running' }],
  success: 'completed',
  enter(c, job) {
    const run = c.store(RUNS).get(job.id)
    if (!run || job.step === 0) return
    const at = c.now()
    const plan: PlannedNode[] = run['_plan'] ?? planOf(c, run)
    const executions: Json[] = run['node_executions'].map((execution: Json) => (execution.status === 'running' ? ended(execution, plan.find((node) => node.node_id === execution.node_id), job, at) : execution))
    const next = job.done ? undefined : plan[job.step - 1]
    if (next) executions.push(begun(c, job.id, next, at))
    const tokens = executions.reduce((sum, { token_usage_json: usage }) => sum + (usage?.total_tokens ?? 0), 0)
    c.store(RUNS).update(job.id, {
      status: job.status, started_at: run['started_at'] ?? at, node_executions: executions, _plan: plan,
      ...(job.done && { completed_at: at, step_count: executions.length, total_tokens: tokens, total_cost: 0, error: job.reason ?? null }),
    })
    record(c, job, run['started_at'] ?? at, executions, tokens)
    if (job.done) startNext(c)
  },
}

export function plannedOf(run: Row, node: string): PlannedNode | undefined {
  return run['_plan']?.find((planned: PlannedNode) => planned.node_id === node)
}

function begun(c: SystemContext, run: string, node: PlannedNode, at: string): Members {
  return {
    id: c.id('workflows.nodes'), run_id: run, node_id: node.node_id, status: 'running', input_json: node.input, output_json: null,
    logs_text: null, token_usage_json: null, started_at: at, completed_at: null, error: null,
  }
}

function ended(execution: Json, node: PlannedNode | undefined, job: JobView, at: string): Members {
  if (job.outcome === 'cancelled') return { ...execution, status: 'skipped', completed_at: at }
  if (job.outcome === 'failure' && node?.status !== 'failed') return { ...execution, status: 'failed', completed_at: at, error: job.reason ?? null }
  return { ...execution, status: node?.status ?? 'completed', output_json: node?.output ?? null, token_usage_json: node?.tokens ?? null, logs_text: node?.logs ?? null, completed_at: at, error: node?.error ?? null }
}

/** The same execution as `/runs` shows it. */
function record(c: SystemContext, job: JobView, started: string, executions: readonly Json[], tokens: number): void {
  if (!c.store('runs').get(job.id)) return
  const steps = executions.map((execution, i) => ({
    id: `s${i + 1}`, type: execution.output_json?.node_type ?? 'node', started_at: execution.started_at, duration_ms: execution.completed_at ? sqlTime(execution.completed_at) - sqlTime(execution.started_at) : 0,
    tokens: execution.token_usage_json?.total_tokens ?? 0, input: execution.input_json, output: execution.output_json?.result ?? null, model: null, finish_reason: null, error: execution.error,
  }))
  c.store('runs').update(job.id, {
    status: job.status === 'awaiting_approval' ? 'running' : job.status, steps_json: steps, total_tokens: tokens, total_cost: costOf(tokens), start_time: started,
    ...(job.done && { end_time: c.now(), finish_reason: job.outcome === 'success' ? 'stop' : job.outcome === 'failure' ? 'error' : 'cancelled' }),
  })
}

function activeRuns(c: SystemContext): number {
  return c.everyone(RUNS).count(isActive)
}

function startNext(c: SystemContext): void {
  while (activeRuns(c) < LIMIT) {
    const entry = c.everyone(QUEUE).all()[0]
    if (!entry) return
    c.everyone(QUEUE).remove(entry.id)
    const owner = c.as(String(entry['_user_id']))
    const workflow = owner.store('workflows').get(entry['workflow_id'])
    if (workflow) startRun(owner, workflow, entry['_plan'])
  }
}
