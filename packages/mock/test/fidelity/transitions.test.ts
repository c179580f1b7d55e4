import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { arena, type Arena } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'
import { id } from '../orbiter.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// State machines: whatever is asked in whatever order, only legal moves happen, and an illegal one is the documented error and changes nothing.

interface Machine {
  begin(at: Arena, failing: boolean): Promise<string>
  state(at: Arena, run: string): Promise<string>
  /** Moves that a caller may ask for: the states they are for, and what they answer otherwise. */
  moves: Readonly<Record<string, { from: readonly string[]; refused: number; ask(at: Arena, run: string): Promise<{ status: number }> }>>
  /** Where each state may lead, by itself or because it was asked for. */
  legal: Readonly<Record<string, readonly string[]>>
}

const WORKFLOW = 'b2c3d4e5-0000-4000-8000-000000000001'
const outcome = (failing: boolean) => ({ 'x-mock-outcome': failing ? 'failure' : 'success' })

const machines: Readonly<Record<string, { system: 'orca' | 'orckai' | 'orbiter'; machine: Machine }>> = {
  'Orckai: executions': { system: 'orckai', machine: {
    begin: async (at, failing) => (await at.send(at.operation('workflows.execute'), { path: { id: WORKFLOW }, headers: outcome(failing) })).body.executionId,
    state: async (at, run) => (await at.send(at.operation('workflows.executions.get'), { path: { id: run } })).body.data.status,
    moves: {
      cancel: { from: ['queued', 'running'], refused: 400, ask: (at, run) => at.send(at.operation('workflows.executions.cancel'), { path: { id: run } }) },
      retry: { from: ['failed'], refused: 400, ask: (at, run) => at.send(at.operation('workflows.executions.retry'), { path: { id: run } }) },
    },
    legal: { queued: ['running', 'cancelled'], running: ['completed', 'failed', 'cancelled'], completed: [], failed: [], cancelled: [] },
  } },
  'Orbiter: runs of a workflow': { system: 'orbiter', machine: {
    begin: async (at, failing) => (await at.send(at.operation('workflows.run'), { path: { workflow_id: id('d0', 1) }, headers: outcome(failing) })).body.run_id,
    state: async (at, run) => (await at.send(at.operation('workflows.runs.get'), { path: { workflow_id: id('d0', 1), run_id: run } })).body.status,
    moves: { cancel: { from: ['pending', 'running'], refused: 422, ask: (at, run) => at.send(at.operation('workflows.runs.cancel'), { path: { workflow_id: id('d0', 1), run_id: run } }) } },
    legal: { pending: ['running', 'cancelled'], running: ['completed', 'failed', 'cancelled'], completed: [], failed: [], cancelled: [] },
  } },
  // ORCA documents no failure for these: what cannot be answers the job as it stands.
  'ORCA: jobs': { system: 'orca', machine: {
    begin: async (at) => (await at.send(at.operation('jobs.create'), { body: { file_ids: [101] } })).body.data.job_id,
    state: async (at, run) => (await at.send(at.operation('jobs.get'), { path: { job_id: run } })).body.data.status,
    moves: {
      start: { from: ['queued', 'failed', 'cancelled'], refused: 200, ask: (at, run) => at.send(at.operation('jobs.start'), { path: { job_id: run }, headers: outcome(false) }) },
      startFailing: { from: ['queued', 'failed', 'cancelled'], refused: 200, ask: (at, run) => at.send(at.operation('jobs.start'), { path: { job_id: run }, headers: outcome(true) }) },
      cancel: { from: ['queued', 'processing'], refused: 200, ask: (at, run) => at.send(at.operation('jobs.cancel'), { path: { job_id: run } }) },
    },
    legal: { queued: ['processing', 'cancelled'], processing: ['completed', 'failed', 'cancelled'], completed: [], failed: ['processing'], cancelled: ['processing'] },
  } },
}

for (const [name, { system, machine }] of Object.entries(machines)) {
  it(`${name}: only legal moves, in any order`, async () => {
    const at = await arena(system, { jobDuration: 6_000 })
    const start = structuredClone(await at.mock.snapshot())
    const step: fc.Arbitrary<Step> = fc.oneof(fc.record({ wait: fc.integer({ min: 0, max: 4_000 }) }), fc.record({ ask: fc.constantFrom(...Object.keys(machine.moves)) }))
    const seen = new Set<string>()
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 12 }), async (failing, steps) => {
      await at.mock.restore(structuredClone(start))
      const run = await machine.begin(at, failing)
      let state = await machine.state(at, run)
      for (const one of steps) {
        if ('wait' in one) await at.mock.advance(one.wait)
        const before = await machine.state(at, run)
        expect(before === state || reachable(machine, state, before), `${state} -> ${before} by itself`).toBe(true)
        state = before
        if (!('ask' in one)) continue
        const move = machine.moves[one.ask]!
        const stored = await at.stored()
        const answer = await move.ask(at, run)
        const allowed = move.from.includes(before)
        expect(answer.status, `${one.ask} from ${before}`).toBe(allowed ? 200 : move.refused)
        if (!allowed) expect(await at.stored(), `${one.ask} from ${before} changes nothing`).toBe(stored)
        const after = await machine.state(at, run)
        expect(after === before || machine.legal[before]!.includes(after), `${before} -> ${after} by ${one.ask}`).toBe(true)
        if (allowed && one.ask === 'cancel') expect(after).toBe('cancelled')
        seen.add(`${one.ask} ${allowed ? 'allowed' : 'refused'}`)
        state = after
      }
    }), { numRuns: 100, examples: starts(Object.keys(machine.moves)) })
    expect([...seen].toSorted(), 'every move was tried where it may and where it may not').toEqual(Object.keys(machine.moves).flatMap((move) => [`${move} allowed`, `${move} refused`]).toSorted())
    await at.mock.close()
  })
}

type Step = { wait: number } | { ask: string }

/** What chance might leave out: each move at once, each after each other one, and each when the work has ended. */
function starts(moves: readonly string[]): [boolean, Step[]][] {
  const over: Step[] = [{ wait: 4_000 }, { wait: 4_000 }]
  return [true, false].flatMap((failing) => moves.flatMap((ask): [boolean, Step[]][] => [[failing, [{ ask }]], [failing, [...over, { ask }]], ...moves.map((then): [boolean, Step[]] => [failing, [{ ask }, { ask: then }]])]))
}

function reachable(machine: Machine, from: string, to: string): boolean {
  return machine.legal[from]!.some((next) => next === to || reachable({ ...machine, legal: { ...machine.legal, [from]: [] } }, next, to))
}

/** What goes along with what: after the deletion none of it is found, by its id or in a list. */
type Named = readonly [operation: string, path: Record<string, string>]
const CASCADES: readonly (readonly [system: 'orckai' | 'orbiter' | 'flexorch', remove: string, path: Record<string, string>, gone: readonly Named[]])[] = [
  ['orckai', 'agents.delete', { id: 'a1b2c3d4-0000-4000-8000-000000000001' }, [['agents.get', { id: 'a1b2c3d4-0000-4000-8000-000000000001' }], ['agents.executions.list', { id: 'a1b2c3d4-0000-4000-8000-000000000001' }]]],
  ['orckai', 'workflows.delete', { id: WORKFLOW }, [['workflows.get', { id: WORKFLOW }], ['workflows.executions.get', { id: 'e5f6g7h8-0000-4000-8000-000000000001' }]]],
  ['orckai', 'knowledgeBases.delete', { id: 'd4e5f6a7-0000-4000-8000-000000000001' }, [['knowledgeBases.documents.list', { id: 'd4e5f6a7-0000-4000-8000-000000000001' }], ['knowledgeBases.search', { id: 'd4e5f6a7-0000-4000-8000-000000000001' }]]],
  ['orbiter', 'projects.delete', { project_id: id('b0', 1) }, [['agents.get', { agent_id: id('c0', 1) }], ['workflows.get', { workflow_id: id('d0', 1) }], ['tools.get', { tool_id: id('e0', 1) }], ['knowledgeBases.get', { knowledge_base_id: id('f0', 1) }], ['conversations.get', { conversation_id: id('40', 1) }], ['workflows.runs.list', { workflow_id: id('d0', 1) }]]],
  ['orbiter', 'agents.delete', { agent_id: id('c0', 1) }, [['conversations.get', { conversation_id: id('40', 1) }], ['conversations.messages.list', { conversation_id: id('40', 1) }]]],
  ['orbiter', 'workflows.delete', { workflow_id: id('d0', 1) }, [['workflows.runs.get', { workflow_id: id('d0', 1), run_id: id('d1', 1) }], ['workflows.runs.list', { workflow_id: id('d0', 1) }]]],
  ['orbiter', 'knowledgeBases.delete', { knowledge_base_id: id('f0', 1) }, [['knowledgeBases.documents.list', { knowledge_base_id: id('f0', 1) }]]],
  ['orbiter', 'conversations.delete', { conversation_id: id('40', 1) }, [['conversations.messages.list', { conversation_id: id('40', 1) }]]],
  ['orbiter', 'alerts.rules.delete', { rule_id: id('30', 1) }, [['alerts.rules.get', { rule_id: id('30', 1) }], ['alerts.acknowledge', { alert_id: id('31', 1) }]]],
  ['orbiter', 'deployments.delete', { deployment_id: id('10', 1) }, [['deployments.get', { deployment_id: id('10', 1) }], ['ci.status', { deployment_id: id('10', 1) }]]],
  ['flexorch', 'connectors.schedules.delete', { connector_id: '1', schedule_id: '1' }, [['connectors.schedules.logs', { connector_id: '1', schedule_id: '1' }], ['connectors.schedules.trigger', { connector_id: '1', schedule_id: '1' }]]],
]

describe('deletions take along what hangs on them', () => {
  it.each(CASCADES)('%s %s', async (system, remove, path, gone) => {
    const at = await arena(system)
    for (const [operation, where] of gone) expect((await at.send(at.operation(operation), { path: where })).status, `${operation} before`).toBeLessThan(300)
    await at.fresh()
    const removed = await at.send(at.operation(remove), { path })
    expect(removed.status, removed.text).toBeLessThan(300)
    for (const [operation, where] of gone) expect((await at.send(at.operation(operation), { path: where })).status, `${operation} after`).toBe(404)
    expect((await at.send(at.operation(remove), { path })).status, 'a second time').toBe(404)
    const ids = gone.map(([, where]) => Object.values(where).at(-1)!)
    for (const list of at.operations.filter(({ id: name, path: where }) => name.endsWith('.list') && !where.includes('{'))) {
      const { body } = await at.send(list)
      const shown: Json[] = Array.isArray(body) ? body : Array.isArray(body.data) ? body.data : (body.data?.items ?? [])
      expect(shown.map((row) => String(row.id)).filter((one) => ids.includes(one) && one.length > 8), list.id).toEqual([])
    }
    await at.mock.close()
  })
})
