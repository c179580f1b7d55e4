import { describe, expect, it, vi } from 'vitest'
import { JobEngine } from '../../effects/job-engine.js'
import { type Answer, caller, id, type Json, signIn, start, watch } from '../../../test/orbiter.js'

describe('runs of workflows', () => {
  const workflow = `/api/v1/workflows/${id('d0', 1)}`

  it('goes from node to node with the clock, and shows in both lists', async () => {
    const mock = start({ jobDuration: 7_000 })
    const ada = await signIn(mock)
    const { run_id: run } = (await ada('POST', `${workflow}/run`)).body
    const at = async (): Promise<Json> => (await ada('GET', `${workflow}/runs/${run}`)).body
    expect(await at()).toMatchObject({ status: 'pending', started_at: null, node_executions: [] })
    await mock.advance(1_000)
    expect(await at()).toMatchObject({ status: 'running', started_at: '2026-03-01 12:00:01', node_executions: [{ node_id: 'n1', status: 'running' }] })
    await mock.advance(3_000)
    expect((await at()).node_executions.map((one: Json) => [one.node_id, one.status])).toEqual([['n1', 'completed'], ['n2', 'running']])
    await mock.advance(3_000)
    const done = await at()
    expect(done).toMatchObject({ status: 'completed', completed_at: '2026-03-01 12:00:07', step_count: 3, total_cost: 0, error: null })
    expect(done.total_tokens).toBeGreaterThan(0)
    expect(done.node_executions.map((one: Json) => one.output_json.result)).toEqual(['Executed manual', expect.any(String), done.node_executions[1].output_json.result])
    expect((await ada('GET', `/api/v1/runs/${run}`)).body).toMatchObject({ status: 'completed', workflow_name: 'Ticket triage', finish_reason: 'stop', steps_json: [{ id: 's1' }, { id: 's2', type: 'agent_node' }, { id: 's3' }] })
    expect((await ada('GET', `${workflow}/runs?status=completed&limit=1`)).body).toMatchObject({ runs: [{ id: run }], total: 2, limit: 1, offset: 0 })
    expect((await ada('GET', '/api/v1/metrics/dashboard?range=1h')).body).toMatchObject({ total_runs: 2, success_rate: 100, avg_latency_ms: 6000 })
  })

  it('fails on a cycle, on nodes that ask for it, and refuses an empty canvas', async () => {
    const mock = start({ jobDuration: 'immediate' })
    const ada = await signIn(mock)
    const run = async (nodes: Json[], name = 'W'): Promise<Json> => {
      const made = (await ada('POST', '/api/v1/workflows', { name, project_id: id('b0', 1), nodes_json: JSON.stringify(nodes) })).body
      const { run_id } = (await ada('POST', `/api/v1/workflows/${made.id}/run`)).body
      return (await ada('GET', `/api/v1/workflows/${made.id}/runs/${run_id}`)).body
    }
    const { run_id: cycle } = (await ada('POST', `/api/v1/workflows/${id('d0', 2)}/run`)).body
    expect((await ada('GET', `/api/v1/workflows/${id('d0', 2)}/runs/${cycle}`)).body).toMatchObject({ status: 'failed', error: 'Workflow graph contains a cycle', step_count: 0, node_executions: [] })
    expect((await ada('POST', `/api/v1/workflows/${id('d0', 3)}/run`)).body.error).toEqual({ code: 'VALIDATION_ERROR', message: 'Workflow has no nodes', details: null })
    const node = (data: Json) => ({ id: data.label, data: { nodeType: 'llm_call', ...data } })
    expect(await run([node({ label: 'a' }), node({ label: 'must fail' }), node({ label: 'c' })])).toMatchObject({ status: 'failed', error: "Node 'must fail' failed: The node was asked to fail", step_count: 2, node_executions: [{ status: 'completed' }, { status: 'failed' }] })
    expect(await run([node({ label: 'fail', on_error: 'skip' }), node({ label: 'broken', on_error: 'fallback', fallback_value: 7 })])).toMatchObject({ status: 'completed', node_executions: [{ status: 'skipped' }, { output_json: { result: 7 } }] })
    expect(await run([{ id: 'x', data: { nodeType: 'agent_node', label: 'X', agent_id: 'gone' } }])).toMatchObject({ status: 'failed', error: "Node 'X' failed: Agent not found" })
    const odd = (await ada('POST', '/api/v1/workflows', { name: 'Odd', project_id: id('b0', 1), nodes_json: '{' })).body
    expect((await ada('POST', `/api/v1/workflows/${odd.id}/run`)).status).toBe(422)
  })

  it('takes a canvas as it comes: whatever its members are, no run of it breaks the server', async () => {
    const mock = start({ jobDuration: 'immediate' })
    const ada = await signIn(mock)
    const odd = { toString: 1, valueOf: 1 }
    const run = async (nodes: string, edges: Json[] = []): Promise<number> => {
      const made = (await ada('POST', '/api/v1/workflows', { name: 'W', project_id: id('b0', 1), nodes_json: nodes, edges_json: JSON.stringify(edges) })).body
      return (await ada('POST', `/api/v1/workflows/${made.id}/run`)).status
    }
    const nodes: Json[] = [
      { id: odd }, { id: 'a', type: odd }, { id: '__proto__' }, ...[{ label: odd }, { nodeType: 'agent_node', agent_id: odd }, { nodeType: 'agent_node', prompt: odd }, { nodeType: 'knowledge_retrieval', knowledge_base_ids: JSON.stringify([odd]) }, { retry_count: odd, retry_delay_ms: odd }].map((data) => ({ id: 'a', data })),
    ]
    for (const node of nodes) expect(await run(JSON.stringify([node])), JSON.stringify(node)).toBe(200)
    expect(await run('[{"id":"a"}]', [{ source: odd, target: odd }, null, 5])).toBe(200)
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    expect(await run(`[{"id":"a","data":{"label":"fail","on_error":"fallback","fallback_value":${deep}}}]`), 'deeper than anything may be').toBe(422)
    const agent = (await ada('POST', '/api/v1/agents', { name: 'A', project_id: id('b0', 1), model_name: 'm', knowledge_base_ids: JSON.stringify([odd]) })).body
    const { id: deployment, api_key: key } = (await ada('POST', '/api/v1/deployments', { name: 'D', entity_type: 'agent', entity_id: agent.id })).body
    expect((await caller(mock)('POST', `/api/v1/deployed/${deployment}/run`, { input: 'hello' }, { authorization: `Bearer ${key}` })).status).toBe(200)
  })

  it('cancels what is under way, once', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const frozen = `${workflow}/runs/${id('d1', 3)}`
    await mock.advance(100_000)
    expect((await ada('GET', frozen)).body.status).toBe('running')
    expect((await ada('DELETE', frozen)).body).toEqual({ status: 'cancelled' })
    expect((await ada('GET', frozen)).body).toMatchObject({ status: 'cancelled', node_executions: [{ status: 'completed' }, { status: 'skipped' }] })
    expect((await ada('DELETE', frozen)).body.error).toEqual({ code: 'VALIDATION_ERROR', message: 'Run is already cancelled', details: null })
    expect((await ada('DELETE', `${workflow}/runs/${id('d1', 1)}`)).body.error.message).toBe('Run is already completed')
    expect((await ada('DELETE', `${workflow}/runs/x`)).body.error.message).toBe('Run not found')
  })

  it('starts what is queued when a run ends', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const starts: Answer[] = []
    for (let i = 0; i < 5; i++) starts.push(await ada('POST', `${workflow}/run`))
    expect(starts.at(-1)!.body).toMatchObject({ status: 'queued', position: 1 })
    expect((await ada('GET', `${workflow}/runs`)).body.total).toBe(6)
    await mock.advance(10_000)
    const { runs } = (await ada('GET', `${workflow}/runs`)).body
    expect(runs.map((row: Json) => row.status)).toEqual(['completed', 'completed', 'completed', 'completed', 'completed', 'running', 'completed'])
  })

  it('gives up a place in the queue, of one\'s own only, so that no run comes of it', async () => {
    const mock = start()
    const [ada, vic] = [await signIn(mock), await signIn(mock, 'vic')]
    const places: string[] = []
    for (let i = 0; i < 6; i++) places.push((await ada('POST', `${workflow}/run`)).body.queue_id)
    const [first, second] = places.filter((place) => place !== undefined)
    expect((await vic('DELETE', `/api/v1/runs/queue/${first}`)).status).toBe(404)
    expect(await ada('DELETE', `/api/v1/runs/queue/${first}`)).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    expect((await ada('DELETE', `/api/v1/runs/queue/${first}`)).body.error).toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    expect((await ada('GET', '/api/v1/runs/queue')).body).toMatchObject([{ id: second, position: 1 }])
    await mock.advance(10_000)
    // Four that began at once and the one whose turn came, beside the two of the seed.
    expect((await ada('GET', `${workflow}/runs`)).body.total).toBe(7)
    expect((await ada('GET', '/api/v1/runs/queue')).body).toEqual([])
  })

  it('starts what is queued when a workflow or a project goes', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const project = (await ada('POST', '/api/v1/projects', { name: 'Short-lived' })).body.id
    const made = async (name: string, within: string): Promise<string> => (await ada('POST', '/api/v1/workflows', { name, project_id: within, nodes_json: '[{"id":"a","data":{"nodeType":"llm_call"}}]' })).body.id
    const [greedy, waiting, kept] = [await made('Greedy', project), await made('Waiting', project), await made('Kept', id('b0', 1))]
    const run = async (of: string): Promise<string> => (await ada('POST', `/api/v1/workflows/${of}/run`)).body.status
    const queue = async (): Promise<string[]> => (await ada('GET', '/api/v1/runs/queue')).body.map((entry: Json) => entry.workflow_id)
    // The seed's own run under way has the fifth place.
    for (let i = 0; i < 8; i++) expect(await run(greedy)).toBe(i < 4 ? 'pending' : 'queued')
    for (const of of [waiting, waiting, waiting, waiting, waiting, kept]) expect(await run(of)).toBe('queued')
    expect((await ada('DELETE', `/api/v1/workflows/${greedy}`)).status).toBe(204)
    expect(await queue()).toEqual([waiting, kept])
    expect((await ada('DELETE', `/api/v1/projects/${project}`)).status).toBe(204)
    expect(await queue()).toEqual([])
    await mock.advance(10_000)
    expect((await ada('GET', `/api/v1/workflows/${kept}/runs`)).body.runs.map((row: Json) => row.status)).toEqual(['completed'])
  })

  it('tells a listener the whole story, and closes', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const { run_id: run } = (await ada('POST', `${workflow}/run`)).body
    const { opened, story } = watch(mock, `${workflow}/runs/${run}/stream`, ada.headers['cookie'])
    await opened
    await mock.advance(5_000)
    const { frames, close } = await story
    expect(close).toMatchObject({ code: 1000 })
    expect(frames.filter(({ type }) => type !== 'agent_token').map(({ type, node_id }) => node_id ?? type)).toEqual(['n1', 'n1', 'n2', 'n2', 'n3', 'n3', 'execution_completed'])
    const executions = (await ada('GET', `${workflow}/runs/${run}`)).body.node_executions
    expect(frames.filter(({ type }) => type === 'agent_token').map(({ token }) => token).join('')).toBe(executions[1].output_json.result)
    expect(frames.at(-1)).toEqual({ type: 'execution_completed', status: 'completed', variables: Object.fromEntries(executions.map((one: Json) => [one.node_id, one.output_json.result])) })
    expect((await watch(mock, `${workflow}/runs/${run}/stream`, ada.headers['cookie']).story).frames).toEqual([{ type: 'execution_completed', status: 'completed' }])
  })

  it('tells those who come later what the database shows, and hears of a cancellation', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const { opened, story } = watch(mock, `${workflow}/runs/${id('d1', 3)}/stream`, ada.headers['cookie'])
    await opened
    await ada('DELETE', `${workflow}/runs/${id('d1', 3)}`)
    await mock.advance(1_000)
    expect((await story).frames).toEqual([
      { type: 'node_started', node_id: 'n1' }, { type: 'node_completed', node_id: 'n1', output: 'Executed manual' }, { type: 'node_started', node_id: 'n2' }, { type: 'execution_completed', status: 'cancelled' },
    ])
  })

  it('tells a listener of the end that comes as it joins, before anything has acted on it', async () => {
    const mock = start({ jobDuration: 600, clock: 'real' })
    const ada = await signIn(mock)
    const { run_id: run } = (await ada('POST', `${workflow}/run`)).body
    const { view } = JobEngine.prototype
    const now = vi.spyOn(globalThis.Date, 'now')
    const looked = vi.spyOn(JobEngine.prototype, 'view').mockImplementationOnce(function (this: JobEngine, kind, of) {
      // The clock is at the end of the job at this very moment; no timer has rung.
      const later = globalThis.Date.now() + 1_000
      now.mockImplementation(() => later)
      return view.call(this, kind, of)
    })
    try {
      const { frames } = await watch(mock, `${workflow}/runs/${run}/stream`, ada.headers['cookie']).story
      expect(frames.at(-1)).toMatchObject({ type: 'execution_completed', status: 'completed' })
    } finally {
      looked.mockRestore()
      now.mockRestore()
    }
  })

  it('refuses a socket with 403 before the upgrade', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const mallory = await signIn(mock, 'mallory')
    const path = `${workflow}/runs/${id('d1', 1)}/stream`
    for (const [at, cookie] of [[path, undefined], [path, 'orbiter_session=x'], [path, mallory.headers['cookie']], [path.replace('d1', 'd9'), ada.headers['cookie']]] as const) expect((await watch(mock, at, cookie).story).refused).toBe(403)
  })

  it('moves with polls, and by hand', async () => {
    const ada = await signIn(start({ jobDuration: { polls: 3 } }))
    const { run_id: run } = (await ada('POST', `${workflow}/run`)).body
    const seen: string[] = []
    for (let i = 0; i < 3; i++) seen.push((await ada('GET', `${workflow}/runs/${run}`)).body.status)
    expect(seen).toEqual(['running', 'running', 'completed'])
  })

  it('waits at an approval gate, where it cannot be cancelled', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const made = (await ada('POST', '/api/v1/workflows', { name: 'Gate', project_id: id('b0', 1), nodes_json: JSON.stringify([{ id: 'g', data: { nodeType: 'approval_gate', label: 'Sign' } }]) })).body
    const { run_id: run } = (await ada('POST', `/api/v1/workflows/${made.id}/run`)).body
    const at = `/api/v1/workflows/${made.id}/runs/${run}`
    const { opened, story } = watch(mock, `${at}/stream`, ada.headers['cookie'])
    await opened
    await mock.advance(600)
    expect((await ada('GET', at)).body.status).toBe('awaiting_approval')
    expect((await ada('DELETE', at)).status).toBe(422)
    await mock.advance(600)
    expect((await story).frames).toEqual([
      { type: 'node_started', node_id: 'g' }, { type: 'approval_required', node_id: 'g', approval_id: expect.any(String), timeout_minutes: 60 },
      { type: 'node_completed', node_id: 'g', output: 'approved', variables: { g: 'approved' }, retry_attempts: 0 }, { type: 'execution_completed', status: 'completed', variables: { g: 'approved' } },
    ])
  })

  it('closes the socket when the workflow goes', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const { run_id: run } = (await ada('POST', `${workflow}/run`)).body
    const { opened, story } = watch(mock, `${workflow}/runs/${run}/stream`, ada.headers['cookie'])
    await opened
    expect((await ada('DELETE', workflow)).status).toBe(204)
    await mock.advance(1_000)
    expect((await story).close.code).toBe(1000)
    expect((await ada('GET', `/api/v1/runs/${run}`)).status).toBe(404)
  })
})
