import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Reply } from '../../kernel/reply.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { RUNS } from './execution.js'
import { round } from './rows.js'
import { sqlStamp, sqlTime } from './time.js'

const HOUR = 3_600_000
const RANGES: Readonly<Record<string, number>> = { '1h': HOUR, '24h': 24 * HOUR, '7d': 7 * 24 * HOUR, '30d': 30 * 24 * HOUR }

/** Sums over what is stored; `/api/health` over everybody's, since it asks for no credential. */
export const monitoring = defineResource({
  behaviours: { 'monitoring.costs': costs, 'monitoring.costSummary': costs, 'monitoring.dashboard': dashboard, 'monitoring.health': health, 'health.get': health },
})

function costs(c: Context): Reply {
  const since = startOf(c, '30d')
  const rows = c.store('runs').all((row) => row['created_at'] >= since)
  const agents = new Map<string, { name: string; id: string; cost: number; runs: number }>()
  for (const row of rows) {
    if (row['agent_id'] === null) continue
    const entry = agents.get(row['agent_id']) ?? { name: c.store('agents').get(row['agent_id'])?.['name'] ?? row['agent_name'] ?? '', id: row['agent_id'], cost: 0, runs: 0 }
    agents.set(row['agent_id'], { ...entry, cost: round(entry.cost + row['total_cost']), runs: entry.runs + 1 })
  }
  return c.ok({
    total_cost: round(sum(rows, 'total_cost')), total_runs: rows.length, total_tokens: sum(rows, 'total_tokens'), cost_by_model: [],
    cost_by_agent: [...agents.values()].toSorted((a, b) => b.cost - a.cost),
  })
}

/** Key figures of the executions of workflows. */
function dashboard(c: Context): Reply {
  const { start, end } = c.query
  const both = start !== undefined && end !== undefined
  const since = both ? start : startOf(c, '24h')
  const rows = c.store(RUNS).all((row) => row['created_at'] >= since && (!both || row['created_at'] <= end))
  const ended = rows.filter((row) => row['completed_at'] !== null)
  const good = ended.filter((row) => row['status'] === 'completed').length
  return c.ok({
    total_runs: rows.length, success_rate: ended.length === 0 ? 0 : round((100 * good) / ended.length, 2),
    avg_latency_ms: mean(ended.map((row) => sqlTime(row['completed_at']) - sqlTime(row['started_at']))),
    total_tokens: sum(rows, 'total_tokens'), total_cost: round(sum(rows, 'total_cost')),
  })
}

function health(c: Context): Reply {
  const since = sqlStamp(c.ms() - HOUR)
  const recent = new Map<string, Row[]>()
  for (const row of c.everyone('runs').all((run) => run['agent_id'] !== null && run['created_at'] >= since)) recent.set(row['agent_id'], [...(recent.get(row['agent_id']) ?? []), row])
  const agents = c.everyone('agents').all().map((agent) => agentHealth(agent, recent.get(String(agent.id)) ?? []))
  const providers = c.everyone('providers').all().map((row) => {
    const count = row['_key_count'] ?? 0
    return { id: row.id, name: row['name'], provider_type: row['provider_type'], status: count > 0 ? 'configured' : 'no_keys', key_count: count }
  })
  return c.ok({ status: agents.some((agent) => agent['status'] === 'degraded') ? 'degraded' : 'ok', agents, providers })
}

function agentHealth(agent: Row, runs: readonly Row[]): Members {
  const failed = runs.filter((row) => row['status'] === 'failed').length
  const rate = runs.length === 0 ? 0 : round((100 * failed) / runs.length, 2)
  return {
    id: agent.id, name: agent['name'], status: rate > 50 ? 'degraded' : 'healthy', error_rate: rate,
    avg_latency_ms: mean(runs.map((row) => (row['steps_json'] as Json[]).reduce((total, step) => total + (step.duration_ms ?? 0), 0))), recent_runs: runs.length,
  }
}

/** An unknown range means the usual one. */
function startOf(c: Context, usual: string): string {
  const range = c.query['range']
  return sqlStamp(c.ms() - RANGES[Object.hasOwn(RANGES, range ?? '') ? range : usual]!)
}

function sum(rows: readonly Row[], member: string): number {
  return rows.reduce((total, row) => total + (row[member] ?? 0), 0)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : round(values.reduce((total, value) => total + value, 0) / values.length, 1)
}
