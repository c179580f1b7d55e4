import { valueText } from '../../kernel/json-text.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { answer, retrieve } from './answer.js'
import { type CanvasNode, readCanvas } from './canvas.js'
import { listIn } from './rows.js'

/** What one node will do: known before the run begins, told as the run's job gets there. */
export interface PlannedNode {
  node_id: string
  status: 'completed' | 'failed' | 'skipped'
  input: Members
  output: Members | null
  tokens: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null
  logs: string | null
  error: string | null
  /** Tries after the first. */
  retries: number
  delay: number
  approval: string | null
}

export interface Plan {
  nodes: PlannedNode[]
  /** Why the run fails after the last of them. */
  error: string | null
}

const PASSING_ON = new Set(['chat_response', 'api_response', 'file_output', 'notification'])

/** `fails` tells which labels ask for a failure. */
export function planRun(c: SystemContext, workflow: Row, fails: (label: string) => boolean): Plan {
  const order = readCanvas(workflow)
  if (order === 'cycle' || order === undefined) return { nodes: [], error: order ? 'Workflow graph contains a cycle' : 'Workflow graph is not valid JSON' }
  const nodes: PlannedNode[] = []
  const results: Members = {}
  for (const node of order) {
    const planned = planNode(c, workflow, node, results, fails(node.label))
    nodes.push(planned)
    if (planned.status === 'failed') return { nodes, error: `Node '${node.label}' failed: ${planned.error}` }
    results[node.id] = planned.output?.['result'] ?? null
  }
  return { nodes, error: null }
}

function planNode(c: SystemContext, workflow: Row, node: CanvasNode, results: Members, failing: boolean): PlannedNode {
  const input: Members = {}
  for (const id of node.from) input[id] = { result: results[id] }
  const base = {
    node_id: node.id, input, error: null, retries: 0, delay: Math.min(60_000, Math.max(0, whole(node.data.retry_delay_ms ?? 1000))),
    approval: node.type === 'approval_gate' ? c.id('_approvals') : null,
  }
  const done = (result: Json, extra: Partial<PlannedNode> = {}): PlannedNode =>
    ({ ...base, status: 'completed', output: { node_id: node.id, node_type: node.type, label: node.label, result }, tokens: null, logs: null, ...extra })
  const made = failing ? { error: 'The node was asked to fail' } : perform(c, workflow, node, results)
  if (made.error === undefined) return done(made.result, made)
  const retries = Math.min(5, Math.max(0, whole(node.data.retry_count)))
  if (node.data.on_error === 'fallback') return done(node.data.fallback_value ?? null, { retries })
  return { ...base, status: node.data.on_error === 'skip' ? 'skipped' : 'failed', output: null, tokens: null, logs: null, error: made.error, retries }
}

/** 0 for what is no number. */
function whole(value: Json): number {
  return typeof value === 'object' ? 0 : Math.floor(Number(value)) || 0
}

type Made = { error: string } | { error?: undefined; result: Json; tokens?: PlannedNode['tokens']; logs?: string }

/** Agents answer and knowledge is looked up; everything else gives a placeholder, as the server does. */
function perform(c: SystemContext, workflow: Row, node: CanvasNode, results: Members): Made {
  const before = node.from.map((id) => results[id]).filter((result) => typeof result === 'string' && !result.startsWith('Executed '))
  const question = valueText(node.data.prompt ?? node.data.query ?? node.data.input ?? (before.join('\n') || workflow['description'] || workflow['name']))
  switch (node.type) {
    case 'agent_node':
    case 'sub_agent': {
      const said = answer(c, c.store('agents').get(valueText(node.data.agent_id ?? '')), question)
      if (said.error !== undefined) return { error: said.error }
      return { result: said.text, tokens: { prompt_tokens: said.prompt, completion_tokens: said.completion, total_tokens: said.prompt + said.completion }, logs: 'agent answered in 1 step' }
    }
    case 'knowledge_retrieval': {
      const bases = [node.data.knowledge_base_id ?? node.data.kb_id ?? listIn(node.data.knowledge_base_ids)].flat().map(valueText)
      return { result: retrieve(c, bases, question, 5).map(({ text, source }) => `${source}: ${text}`).join('\n\n') }
    }
    case 'approval_gate':
      return { result: 'approved' }
    default:
      return { result: PASSING_ON.has(node.type) && before.length > 0 ? before.at(-1) : `Executed ${node.type}` }
  }
}
