import { parseJson } from '../../kernel/body.js'
import { valueText } from '../../kernel/json-text.js'
import type { Json, Row } from '../../kernel/types.js'

export interface CanvasNode {
  id: string
  type: string
  label: string
  data: Json
  /** Nodes whose edges lead here. */
  from: string[]
}

/** More than anybody draws, and what a run may cost at most. */
export const MOST_NODES = 500

/** The nodes of a workflow in the order in which they run; `undefined` when the strings hold no canvas, `cycle` when there is no order. */
export function readCanvas(workflow: Row): CanvasNode[] | 'cycle' | undefined {
  const nodes = parsed(workflow['nodes_json'])
  const edges = parsed(workflow['edges_json'])
  if (!nodes || !edges) return undefined
  const byId = new Map<string, CanvasNode>()
  for (const [i, node] of nodes.entries()) {
    if (node === null || typeof node !== 'object') continue
    const data = node.data !== null && typeof node.data === 'object' ? node.data : {}
    const id = valueText(node.id ?? `node-${i + 1}`)
    const type = valueText(data.nodeType ?? node.type ?? 'unknown')
    if (!byId.has(id)) byId.set(id, { id, type, label: valueText(data.label ?? type), data, from: [] })
  }
  const outgoing = new Map<string, string[]>()
  for (const edge of edges) {
    const source = valueText(edge?.source)
    const target = byId.get(valueText(edge?.target))
    if (!target || !byId.has(source)) continue
    target.from.push(source)
    const targets = outgoing.get(source)
    if (targets) targets.push(target.id)
    else outgoing.set(source, [target.id])
  }
  return inOrder([...byId.values()], outgoing)
}

function inOrder(nodes: readonly CanvasNode[], outgoing: ReadonlyMap<string, string[]>): CanvasNode[] | 'cycle' {
  const waiting = new Map(nodes.map((node) => [node.id, node.from.length]))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const order = nodes.filter((node) => node.from.length === 0)
  for (const node of order) {
    for (const next of outgoing.get(node.id) ?? []) {
      const left = waiting.get(next)! - 1
      waiting.set(next, left)
      if (left === 0) order.push(byId.get(next)!)
    }
  }
  return order.length < nodes.length ? 'cycle' : order
}

/** A text inside a body may be as deep as the body itself, and no deeper. */
function parsed(json: string): Json[] | undefined {
  try {
    const value: unknown = parseJson(json)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
