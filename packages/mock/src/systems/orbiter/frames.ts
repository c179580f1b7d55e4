import { follow } from '../../effects/follow.js'
import type { SocketBehaviour } from '../../kernel/definition.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { pieces } from './answer.js'
import { isActive, JOB, plannedOf, RUNS } from './execution.js'

/**
 * What a run has told so far. It only ever grows, so a listener keeps its place.
 * `full` is for those who were there from the beginning; others get what the database shows.
 */
export function framesOf(run: Row, full: boolean): Members[] {
  const frames: Members[] = []
  const variables: Members = {}
  for (const execution of run['node_executions'] as Json[]) {
    const { node_id, status, output_json: output, error } = execution
    const plan = plannedOf(run, node_id)
    frames.push({ type: 'node_started', node_id })
    if (full && plan?.approval) frames.push({ type: 'approval_required', node_id, approval_id: plan.approval, timeout_minutes: 60 })
    if (status === 'running') continue
    if (full) frames.push(...attempts(node_id, plan), ...(plan?.tokens ? pieces(String(output?.result ?? '')).map((token) => ({ type: 'agent_token', node_id, token })) : []))
    if (status === 'failed') frames.push({ type: 'node_failed', node_id, error })
    else {
      variables[node_id] = output?.result ?? null
      const detail = full ? { variables: { ...variables }, retry_attempts: plan?.retries ?? 0 } : {}
      if (status === 'completed' || full) frames.push({ type: status === 'skipped' ? 'node_skipped' : 'node_completed', node_id, output: output?.result ?? null, ...detail })
    }
  }
  if (!isActive(run)) frames.push({ type: 'execution_completed', status: run['status'], ...(full && { variables }), ...(run['error'] !== null && { error: run['error'] }) })
  return frames
}

/** Sends what happens in a run, as its job makes it happen, and ends with it. */
export const watchRun: SocketBehaviour = async (c, socket) => {
  const id = c.path['run_id']!
  const first = c.store(RUNS).need(id)
  if (!isActive(first)) return socket.send({ type: 'execution_completed', status: first['status'] })
  const full = first['status'] === 'pending'
  let sent = 0
  const look = (): void => {
    const run = c.store(RUNS).get(id)
    for (const frame of run ? framesOf(run, full).slice(sent) : []) {
      socket.send(frame)
      sent++
    }
  }
  for await (const _ of follow(c, JOB, id)) look()
  look()
}

function attempts(node_id: string, plan: ReturnType<typeof plannedOf>): Members[] {
  if (!plan) return []
  return Array.from({ length: plan.retries }, (_, i) => ({ type: 'node_retry', node_id, attempt: i + 1, max_attempts: plan.retries, delay_ms: plan.delay * 2 ** i, error: plan.error ?? 'The node was asked to fail' }))
}
