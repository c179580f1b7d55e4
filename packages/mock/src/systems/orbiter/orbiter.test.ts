import { describe, expect, it } from 'vitest'
import { walk } from '../../../test/walk.js'
import { createMock, type Mock, type MockOptions } from '../../mock.js'

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

const PASSWORD = 'correct horse battery staple'
const CI = 'orb_ci_test_full_000000000000000000000000000000000'
const AGENT_KEY = 'orb_test_agent_00000000000000000000000000000000'
const id = (prefix: string, n: number): string => `${prefix}000000-0000-4000-8000-${String(n).padStart(12, '0')}`

interface Answer {
  status: number
  headers: Headers
  body: Json
}

interface Caller {
  headers: Record<string, string>
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

function start(options: MockOptions = {}): Mock {
  return createMock({ systems: ['orbiter'], strict: true, clock: 'virtual', rateLimits: 'off', streamDelay: 0, ...options })
}

function caller(mock: Mock, headers: Record<string, string> = {}): Caller {
  const call = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Answer> => {
    const form = body instanceof FormData || typeof body === 'string'
    const response = await mock.fetch(mock.baseUrl('orbiter') + path, {
      method, headers: { ...headers, ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { body: form ? (body as BodyInit) : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text }
  }
  return Object.assign(call, { headers })
}

/** A session with its CSRF token. */
async function signIn(mock: Mock, name = 'ada', more: Record<string, string> = {}): Promise<Caller> {
  const email = name === 'mallory' ? 'mallory@example.net' : `${name}@example.com`
  const login = await caller(mock, more)('POST', '/api/v1/auth/login', { email, password: PASSWORD })
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!
  const { token } = (await caller(mock, { ...more, cookie })('GET', '/api/v1/auth/csrf')).body
  return caller(mock, { ...more, cookie, 'x-csrf-token': token })
}

function fileForm(name: string, content: string | Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData()
  form.append('file', new File([content], name))
  return form
}

describe('every operation', () => {
  it('answers its documented success, as the document describes it', async () => {
    const mock = start()
    const steps = await walk(mock, 'orbiter', {
      auth: async ({ operation, world }) => {
        const scheme = Object.keys(operation.security[0]!)[0]
        if (scheme === 'ciKey') return { 'x-api-key': CI }
        if (scheme === 'deploymentKey') return { authorization: `Bearer ${AGENT_KEY}` }
        return (await signIn(mock, 'ada', { 'x-mock-world': world })).headers
      },
      prepare: { 'workflows.runs.cancel': () => ({ path: { run_id: id('d1', 3) } }) },
    })
    expect(steps.filter((step) => step.status !== step.expected)).toEqual([])
    expect(steps).toHaveLength(78)
  })
})

describe('sign-in', () => {
  it('sets a session cookie for 72 hours and forgets it at sign-out', async () => {
    const mock = start()
    const login = await caller(mock)('POST', '/api/v1/auth/login', { email: 'ada@example.com', password: PASSWORD })
    expect(login.headers.get('set-cookie')).toMatch(/^orbiter_session=[0-9a-f-]{36}; Max-Age=259200; HttpOnly; Path=\/; SameSite=lax$/)
    expect(login.body).toEqual({ id: id('a0', 1), email: 'ada@example.com', role: 'admin', created_at: '2026-01-05 08:00:00' })
    const ada = await signIn(mock)
    expect((await ada('GET', '/api/v1/auth/me')).body.email).toBe('ada@example.com')
    const out = await ada('POST', '/api/v1/auth/logout')
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, 'orbiter_session=; Max-Age=0; HttpOnly; Path=/; SameSite=lax'])
    expect((await ada('GET', '/api/v1/auth/me')).body).toEqual({ error: { code: 'UNAUTHORIZED', message: 'Not authenticated', details: null } })
  })

  it('signs out without a cookie, and lets a session run out on the clock', async () => {
    const mock = start()
    expect((await caller(mock)('POST', '/api/v1/auth/logout')).status).toBe(204)
    const ada = await signIn(mock)
    await mock.advance(72 * 3_600_000 - 1)
    expect((await ada('GET', '/api/v1/auth/me')).status).toBe(200)
    await mock.advance(1)
    expect((await ada('GET', '/api/v1/auth/me')).status).toBe(401)
    expect((await ada('POST', '/api/v1/projects', { name: 'x' })).body.error).toMatchObject({ code: 'FORBIDDEN', message: 'Invalid session' })
  })

  it('refuses wrong passwords and addresses in use', async () => {
    const call = caller(start())
    expect((await call('POST', '/api/v1/auth/login', { email: 'ada@example.com', password: 'wrong' })).body.error).toEqual({ code: 'UNAUTHORIZED', message: 'Invalid email or password', details: null })
    expect((await call('POST', '/api/v1/auth/register', { email: 'ada@example.com', password: 'long enough' })).body.error).toMatchObject({ code: 'CONFLICT' })
    expect((await call('POST', '/api/v1/auth/register', { email: 'new@example.com', password: 'long enough' })).body.role).toBe('developer')
    expect((await call('POST', '/api/v1/auth/login', { email: 'new@example.com', password: 'long enough' })).status).toBe(200)
  })

  it('asks for the CSRF token before everything else, in the standard body or the vendor\'s', async () => {
    const mock = start()
    const { headers } = await signIn(mock)
    const bare = caller(mock, { cookie: headers['cookie']! })
    expect((await bare('POST', '/api/v1/projects', {})).body).toEqual({ error: { code: 'FORBIDDEN', message: 'Missing CSRF token', details: null } })
    expect((await bare('POST', '/api/v1/projects', {}, { 'x-csrf-token': 'wrong' })).body.error.message).toBe('Invalid CSRF token')
    const vendor = await bare('DELETE', '/api/v1/projects/nothing', undefined, { 'x-mock-errors': 'vendor' })
    expect([vendor.status, vendor.body]).toEqual([403, { detail: 'Missing CSRF token' }])
    expect((await caller(mock)('POST', '/api/v1/projects', {})).status).toBe(401)
  })
})

describe('errors', () => {
  it('words validation as Pydantic does', async () => {
    const ada = await signIn(start())
    const fields = async (method: string, path: string, body?: unknown) => (await ada(method, path, body)).body.error.details?.fields
    expect(await fields('POST', '/api/v1/projects', {})).toEqual([{ field: 'name', message: 'Field required', type: 'missing' }])
    expect(await fields('POST', '/api/v1/projects', { name: '' })).toEqual([{ field: 'name', message: 'String should have at least 1 character', type: 'string_too_short' }])
    expect(await fields('POST', '/api/v1/projects', { name: 'x'.repeat(256) })).toEqual([{ field: 'name', message: 'String should have at most 255 characters', type: 'string_too_long' }])
    expect(await fields('POST', '/api/v1/projects', { name: 5 })).toEqual([{ field: 'name', message: 'Input should be a valid string', type: 'string_type' }])
    expect(await fields('POST', '/api/v1/projects', [])).toEqual([{ field: null, message: expect.any(String), type: 'model_attributes_type' }])
    expect(await fields('POST', '/api/v1/projects')).toEqual([{ field: null, message: 'Field required', type: 'missing' }])
    expect(await fields('POST', '/api/v1/projects', '{"name": ')).toEqual([{ field: expect.stringMatching(/^\d+$/), message: 'JSON decode error', type: 'json_invalid' }])
    expect(await fields('GET', '/api/v1/projects?limit=0')).toEqual([{ field: 'limit', message: 'Input should be greater than or equal to 1', type: 'greater_than_equal' }])
    expect(await fields('GET', '/api/v1/projects?limit=101')).toEqual([{ field: 'limit', message: 'Input should be less than or equal to 100', type: 'less_than_equal' }])
    expect(await fields('GET', '/api/v1/projects?limit=x')).toEqual([{ field: 'limit', message: 'Input should be a valid integer, unable to parse string as an integer', type: 'int_parsing' }])
    expect(await fields('GET', '/api/v1/projects?limit=1.5')).toEqual([{ field: 'limit', message: 'Input should be a valid integer, got a number with a fractional part', type: 'int_from_float' }])
    expect(await fields('GET', '/api/v1/alerts/rules?enabled=perhaps')).toEqual([{ field: 'enabled', message: 'Input should be a valid boolean, unable to interpret input', type: 'bool_parsing' }])
    expect(await fields('POST', '/api/v1/providers', { name: 'x', provider_type: 'nobody' })).toEqual([{ field: 'provider_type', message: "String should match pattern '^(openai|anthropic|gemini|vertex|ollama|custom)$'", type: 'string_pattern_mismatch' }])
    expect(await fields('POST', '/api/v1/alerts', { name: 'x', condition_type: 'cost', condition_threshold: 0, action_type: 'toast' })).toEqual([{ field: 'condition_threshold', message: 'Input should be greater than 0', type: 'greater_than' }])
    expect(await fields('GET', '/api/v1/projects?cursor=abc123')).toHaveLength(1)
  })

  it('keeps its shape for what is not there', async () => {
    const ada = await signIn(start())
    expect((await ada('GET', '/api/v1/nothing')).body).toEqual({ error: { code: 'RESOURCE_NOT_FOUND', message: 'Not Found', details: null } })
    const method = await ada('PATCH', '/api/v1/projects')
    expect([method.status, method.body.error.code]).toEqual([405, 'INTERNAL_ERROR'])
    expect((await ada('GET', '/api/v1/knowledge-bases/x')).body.error.message).toBe('Knowledge base not found')
    expect(method.headers.get('x-frame-options')).toBe('DENY')
  })
})

describe('limits', () => {
  it('lets five sign-ins a minute through, and always says 1', async () => {
    const mock = start({ rateLimits: 'documented' })
    const call = caller(mock)
    const statuses: number[] = []
    let last: Answer | undefined
    for (let i = 0; i < 6; i++) statuses.push((last = await call('POST', '/api/v1/auth/login', { email: 'x', password: 'x' })).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    expect(last!.body.error.code).toBe('RATE_LIMITED')
    expect(['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'].map((name) => last!.headers.get(name))).toEqual(['5', '0', '1', '1'])
    expect((await call('GET', '/api/health')).headers.get('x-ratelimit-limit')).toBeNull()
  })

  it('counts starts of workflows by session, ten a minute, and queues the sixth run', async () => {
    const ada = await signIn(start({ rateLimits: 'documented' }))
    const answers: Answer[] = []
    for (let i = 0; i < 11; i++) answers.push(await ada('POST', `/api/v1/workflows/${id('d0', 1)}/run`))
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(200), 429])
    // One run of the seed is under way.
    expect(answers.slice(0, 6).map(({ body }) => [body.status, body.position])).toEqual([...Array<unknown>(4).fill(['pending', undefined]), ['queued', 1], ['queued', 2]])
    expect((await ada('GET', '/api/v1/auth/me')).headers.get('x-ratelimit-limit')).toBe('200')
  })
})

describe('ownership and roles', () => {
  it('hides other people\'s rows from everybody, administrators too', async () => {
    const mock = start()
    const grace = await signIn(mock, 'grace')
    const mallory = await signIn(mock, 'mallory')
    for (const other of [grace, mallory]) {
      expect((await other('GET', `/api/v1/projects/${id('b0', 1)}`)).status).toBe(404)
      expect((await other('PUT', `/api/v1/agents/${id('c0', 1)}`, { name: 'mine' })).status).toBe(404)
      expect((await other('DELETE', `/api/v1/deployments/${id('10', 1)}`)).status).toBe(404)
      expect((await other('POST', '/api/v1/agents', { name: 'x', project_id: id('b0', 1) })).body.error.message).toBe('Project not found')
      expect((await other('GET', '/api/v1/search?q=support')).body).toEqual({ agents: [], workflows: [], tools: [], knowledge_bases: [] })
    }
    expect((await grace('GET', '/api/v1/projects')).body.data.map((row: Json) => row.name)).toEqual(['Notes of Grace'])
  })

  it('keeps providers for administrators, before the body is read', async () => {
    const mock = start()
    const vic = await signIn(mock, 'vic')
    expect((await vic('POST', '/api/v1/providers', {})).body).toEqual({ error: { code: 'FORBIDDEN', message: 'FORBIDDEN', details: null } })
    expect((await vic('GET', '/api/v1/providers')).status).toBe(403)
    expect((await vic('POST', '/api/v1/projects', { name: 'A viewer may' })).status).toBe(201)
    const ada = await signIn(mock)
    const made = (await ada('POST', '/api/v1/providers', { name: 'New', provider_type: 'openai', api_key: 'sk-secret' })).body
    expect(JSON.stringify(made)).not.toContain('sk-secret')
    expect((await ada('PUT', `/api/v1/providers/${made.id}`, { api_key: '' })).body.api_key_set).toBe(false)
    expect((await ada('POST', `/api/v1/providers/${made.id}/test`)).body.success).toBe(false)
    expect((await ada('POST', `/api/v1/providers/${id('50', 2)}/test`)).body).toEqual({ success: false, error: 'Connection refused', latency_ms: 1.8 })
  })
})

describe('rows', () => {
  it('updates what is sent, and refuses what changes nothing', async () => {
    const mock = start()
    const ada = await signIn(mock)
    await mock.advance(5_000)
    const path = `/api/v1/projects/${id('b0', 1)}`
    const changed = (await ada('PUT', path, { description: 'New', default_model: null, unknown: 1 })).body
    expect(changed).toMatchObject({ name: 'Customer support', description: 'New', default_model: 'gpt-4o-mini', updated_at: '2026-03-01 12:00:05' })
    expect((await ada('PUT', path, { default_model: null })).body.error).toEqual({ code: 'VALIDATION_ERROR', message: 'No fields to update', details: null })
    expect((await ada('PUT', `/api/v1/alerts/rules/${id('30', 1)}`, {})).body.error).toEqual({ code: 'BAD_REQUEST', message: 'No fields to update', details: null })
    expect((await ada('PUT', `/api/v1/deployments/${id('10', 1)}`, {})).status).toBe(422)
    const patched = (await ada('PATCH', `/api/v1/deployments/${id('10', 1)}`, {})).body
    expect(patched).toMatchObject({ updated_at: '2026-02-01 09:00:00' })
    expect(patched).not.toHaveProperty('entity_name')
    expect((await ada('POST', '/api/v1/projects', { name: 'x < 3 and y > 2<b>bold</b>' })).body.name).toBe('x  2bold')
  })

  it('pages newest first with a cursor', async () => {
    const ada = await signIn(start())
    const first = (await ada('GET', '/api/v1/projects?limit=2')).body
    expect(first.data.map((row: Json) => row.name)).toEqual(['Experiments', 'Back office'])
    expect(first.pagination).toEqual({ next_cursor: expect.any(String), has_more: true, total: 3 })
    const second = (await ada('GET', `/api/v1/projects?limit=2&cursor=${first.pagination.next_cursor}`)).body
    expect([second.data.map((row: Json) => row.name), second.pagination]).toEqual([['Customer support'], { next_cursor: null, has_more: false, total: 3 }])
    expect((await ada('GET', '/api/v1/deployments')).body.data.map((row: Json) => row.name)).toEqual(['Triage endpoint', 'Support widget', 'Old widget'])
  })

  it('takes along what belongs to a project, and leaves deployments behind', async () => {
    const ada = await signIn(start())
    expect((await ada('DELETE', `/api/v1/projects/${id('b0', 1)}`)).status).toBe(204)
    for (const path of [`agents/${id('c0', 1)}`, `workflows/${id('d0', 1)}`, `tools/${id('e0', 1)}`, `knowledge-bases/${id('f0', 1)}`, `conversations/${id('40', 1)}`]) expect((await ada('GET', `/api/v1/${path}`)).status).toBe(404)
    expect((await ada('GET', `/api/v1/deployments/${id('10', 1)}`)).body.entity_name).toBe('(deleted)')
  })

  it('copies an agent, shows the built-in tool in lists only', async () => {
    const ada = await signIn(start())
    const copy = (await ada('POST', `/api/v1/agents/${id('c0', 1)}/duplicate`)).body
    expect(copy).toMatchObject({ name: 'Support agent (Copy)', model_name: 'gpt-4o-mini', created_at: '2026-03-01 12:00:00' })
    expect(copy.id).not.toBe(id('c0', 1))
    const tools = (await ada('GET', '/api/v1/tools?project_id=unknown')).body
    expect(tools.data.map((row: Json) => row.id)).toEqual(['builtin:code_interpreter'])
    expect((await ada('GET', '/api/v1/tools/builtin:code_interpreter')).status).toBe(404)
    expect((await ada('POST', '/api/v1/tools', { name: '<b>', project_id: id('b0', 1), category: 'odd' })).status).toBe(422)
  })

  it('has rules at both paths, and alerts that are acknowledged for good', async () => {
    const ada = await signIn(start())
    const made = (await ada('POST', '/api/v1/alerts', { name: 'Slow', condition_type: 'latency', condition_threshold: 1, action_type: 'toast' })).body
    expect((await ada('GET', '/api/v1/alerts?severity=info')).body.data[0]).toEqual(made)
    expect((await ada('GET', '/api/v1/alerts/rules?enabled=true')).body.map((row: Json) => row.name)).toEqual(['Slow', 'Too many failures'])
    expect((await ada('PUT', `/api/v1/alerts/${id('31', 1)}/acknowledge`)).body.acknowledged).toBe(true)
    await ada('DELETE', `/api/v1/alerts/rules/${id('30', 1)}`)
    expect((await ada('PUT', `/api/v1/alerts/${id('31', 1)}/acknowledge`)).body.error.message).toBe('Alert not found')
    expect((await ada('DELETE', `/api/v1/conversations/${id('40', 1)}`)).body).toEqual({ status: 'deleted' })
    expect((await ada('GET', `/api/v1/conversations/${id('40', 1)}/messages`)).status).toBe(404)
  })

  it('searches word by word, and lists the newest without a query', async () => {
    const ada = await signIn(start())
    const found = (await ada('GET', '/api/v1/search?q=support&types=agents,knowledge_bases,odd')).body
    expect(Object.keys(found)).toEqual(['agents', 'knowledge_bases'])
    expect(found.agents[0]).toMatchObject({ name: 'Support agent', type: 'agents', url: `/agents/${id('c0', 1)}` })
    expect(found.agents[0].rank).toBeLessThan(0)
    expect(found.agents[1].snippet).toContain('<b>support</b>')
    expect(found.knowledge_bases[0]).not.toHaveProperty('rank')
    expect((await ada('GET', '/api/v1/search?q=supp')).body.agents).toEqual([])
    expect((await ada('GET', '/api/v1/search?q=supp*')).body.agents).toHaveLength(2)
    for (const odd of ["it's", 'a:b', '"', 'AND']) expect((await ada('GET', `/api/v1/search?q=${encodeURIComponent(odd)}`)).status).toBe(200)
    expect((await ada('GET', '/api/v1/search')).body.workflows).toHaveLength(3)
  })
})

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
})

interface Story {
  frames: Json[]
  close: Json
  refused: number | undefined
}

/** A socket on a run: open, and what came until it closed. */
function watch(mock: Mock, path: string, cookie?: string): { opened: Promise<void>; story: Promise<Story> } {
  const socket = mock.webSocket(mock.baseUrl('orbiter') + path, { headers: cookie === undefined ? {} : { cookie } })
  const frames: Json[] = []
  let refused: number | undefined
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => resolve()
  })
  const story = new Promise<Story>((resolve) => {
    socket.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)))
    socket.onerror = ({ status }) => void (refused = status)
    socket.onclose = (close) => resolve({ frames, close, refused })
  })
  return { opened, story }
}

describe('knowledge bases', () => {
  const base = `/api/v1/knowledge-bases/${id('f0', 1)}`

  it('reads, cuts and counts an upload, and agents cite it', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const text = `# Warranty\n\n${'Nothing to see in this paragraph at all. '.repeat(20)}\n\nThe warranty of a kettle lasts thirty months.\n`
    const made = await ada('POST', `${base}/documents`, fileForm('warranty.md', text))
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ kb_id: id('f0', 1), filename: 'warranty.md', file_type: 'md', file_size: text.length, status: 'completed', created_at: '2026-03-01 12:00:00' })
    expect(made.body.chunk_count).toBeGreaterThan(1)
    expect(JSON.parse(made.body.metadata_json).original_filename).toBe('warranty.md')
    expect((await ada('GET', base)).body).toMatchObject({ doc_count: 3, chunk_count: 2 + made.body.chunk_count })
    expect((await ada('GET', `${base}/documents`)).body.data.map((row: Json) => row.filename)).toEqual(['warranty.md', 'opening-hours.txt', 'refund-policy.md'])
    const call = caller(mock, { authorization: `Bearer ${AGENT_KEY}` })
    expect((await call('POST', `/api/v1/deployed/${id('10', 1)}/run`, { input: 'How long is the warranty of a kettle?' })).body.output).toBe('The warranty of a kettle lasts thirty months. (warranty.md)')
  })

  it('refuses what holds no text, other kinds, and more than 50 MiB', async () => {
    const ada = await signIn(start())
    const upload = async (form: FormData) => (await ada('POST', `${base}/documents`, form))
    const form = new FormData()
    form.append('other', 'x')
    expect((await upload(form)).body.error.details.fields).toEqual([{ field: 'file', message: 'Field required', type: 'missing' }])
    expect((await upload(fileForm('run.exe', 'MZ'))).body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: null })
    expect((await upload(fileForm('empty.txt', ''))).body.error.message).toBe('File is empty')
    expect((await upload(fileForm('blank.txt', ' \n'))).status).toBe(422)
    expect((await upload(fileForm('broken.pdf', 'no pdf'))).status).toBe(422)
    const large = await upload(fileForm('large.txt', new Uint8Array(50 * 1024 * 1024 + 1)))
    expect([large.status, large.body.error.code]).toEqual([413, 'INTERNAL_ERROR'])
    expect((await ada('POST', '/api/v1/knowledge-bases', { name: 'x', project_id: 'nothing' })).status).toBe(422)
    expect((await ada('POST', '/api/v1/knowledge-bases/x/documents', fileForm('a.txt', 'a'))).status).toBe(404)
  })
})

describe('deployments', () => {
  const run = (n: number) => `/api/v1/deployed/${id('10', n)}/run`
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

  it('shows its key once, and is called with it', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const made = (await ada('POST', '/api/v1/deployments', { name: 'W', entity_type: 'agent', entity_id: id('c0', 1) })).body
    expect(made.api_key).toMatch(/^orb_[\w-]{43}$/)
    expect(made).not.toHaveProperty('api_key_hash')
    const call = caller(mock)
    const said = (await call('POST', `/api/v1/deployed/${made.id}/run`, { input: 'How many working days until a refund?' }, bearer(made.api_key))).body
    expect(said.output).toBe('A refund is paid within five working days after the goods came back. (refund-policy.md)')
    expect(said.usage.total_tokens).toBe(said.usage.input_tokens + said.usage.output_tokens)
    const shown = (await ada('GET', `/api/v1/deployments/${made.id}`)).body
    expect(shown).toMatchObject({ usage_count: 1, entity_name: 'Support agent', api_key_hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(JSON.stringify(shown)).not.toContain(made.api_key)
    const [latest] = (await ada('GET', `/api/v1/runs?agent_id=${id('c0', 1)}`)).body.data
    expect(latest).toMatchObject({ status: 'completed', agent_name: 'Support agent', total_tokens: said.usage.total_tokens })
    await ada('DELETE', `/api/v1/deployments/${made.id}`)
    expect((await call('POST', `/api/v1/deployed/${made.id}/run`, { input: 'x' }, bearer(made.api_key))).status).toBe(401)
  })

  it('tells wrong keys, other deployments and inactive ones apart', async () => {
    const mock = start()
    const call = caller(mock)
    expect((await call('POST', run(1), { input: 'x' })).body.error).toMatchObject({ code: 'UNAUTHORIZED', message: 'Missing or invalid API key' })
    expect((await call('POST', run(1), { input: 'x' }, bearer('orb_wrong'))).body.error.message).toBe('Invalid API key')
    expect((await call('POST', run(2), { input: 'x' }, bearer(AGENT_KEY))).status).toBe(401)
    expect((await call('POST', run(3), { input: 'x' }, bearer('orb_test_inactive_00000000000000000000000000000'))).body.error).toMatchObject({ code: 'FORBIDDEN', message: 'Deployment is inactive' })
    expect((await call('POST', run(1), { input: '' }, bearer(AGENT_KEY))).status).toBe(422)
    const ada = await signIn(mock)
    expect((await call('POST', run(1), { input: 'x' }, { ...bearer(AGENT_KEY), cookie: ada.headers['cookie']! })).body.error.message).toBe('Missing CSRF token')
    expect((await ada('GET', '/api/v1/projects', undefined, { cookie: '', 'x-api-key': CI })).status).toBe(401)
  })

  it('streams words and ends with done, or says why not', async () => {
    const mock = start()
    const call = caller(mock, bearer(AGENT_KEY))
    const events = async (path: string, body: Json, headers = {}): Promise<Json[]> => ((await call('POST', path, { stream: true, ...body }, headers)).body as string).split('\n\n').filter(Boolean).map((line) => JSON.parse(line.slice('data: '.length)))
    const spoken = await events(run(1), { input: 'refund' })
    expect(spoken.at(-1)).toEqual({ type: 'done' })
    const whole = (await call('POST', run(1), { input: 'refund' })).body.output
    expect(spoken.filter(({ type }) => type === 'token').map(({ content }) => content).join('')).toBe(whole)
    expect(await events(run(1), { input: 'fail please' })).toEqual([{ type: 'error', error: 'The model provider failed' }])
    expect((await call('POST', run(1), { input: 'fail please' })).body.error).toEqual({ code: 'INTERNAL_ERROR', message: 'The model provider failed', details: null })
    const key = bearer('orb_test_workflow_00000000000000000000000000000')
    expect((await call('POST', run(2), { input: 'x' }, key)).body).toEqual({ output: 'completed' })
    const told = await events(run(2), { input: 'x' }, key)
    expect([told[0], told.at(-2)!.type, told.at(-1)]).toEqual([{ type: 'node_started', node_id: 'n1' }, 'execution_completed', { type: 'done', result: 'completed' }])
  })

  it('answers a preflight with headers only for origins that may call', async () => {
    const call = caller(start())
    const allowed = await call('OPTIONS', run(1), undefined, { origin: 'https://shop.example.com' })
    expect([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('access-control-max-age')]).toEqual([204, 'https://shop.example.com', '3600'])
    const other = await call('OPTIONS', run(1), undefined, { origin: 'https://elsewhere.example.com' })
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([204, null])
  })
})

describe('pipelines', () => {
  it('makes keys at both paths, shows them once, and drops them at once', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const made = (await ada('POST', '/api/v1/api-keys', { label: 'L', permissions: ['ci:status', 'odd'] })).body
    expect(made).toMatchObject({ label: 'L', permissions: ['ci:status'], api_key: expect.stringMatching(/^orb_ci_[\w-]{43}$/) })
    expect((await ada('POST', '/api/v1/settings/api-keys', { permissions: ['odd'] })).body.permissions).toHaveLength(3)
    const ci = caller(mock, { 'x-api-key': made.api_key })
    expect((await ci('GET', `/api/v1/ci/status/${id('10', 1)}`)).body).toMatchObject({ name: 'Support widget', last_run_status: 'completed', last_run_at: '2026-03-01 09:00:00' })
    expect((await ci('POST', '/api/v1/ci/deploy', {})).body.error).toMatchObject({ code: 'FORBIDDEN', message: 'Missing permission: ci:deploy' })
    const listed = (await ada('GET', '/api/v1/settings/api-keys')).body
    expect(listed.find((row: Json) => row.id === made.id)).toEqual({ id: made.id, label: 'L', permissions: ['ci:status'], key_prefix: expect.stringMatching(/^[0-9a-f]{8}\.\.\.$/), last_used_at: '2026-03-01 12:00:00', created_at: '2026-03-01 12:00:00' })
    expect((await ada('DELETE', `/api/v1/settings/api-keys/${made.id}`)).status).toBe(204)
    expect((await ci('GET', `/api/v1/ci/status/${id('10', 1)}`)).status).toBe(401)
    expect((await ada('DELETE', `/api/v1/settings/api-keys/${made.id}`)).body.error.message).toBe('API key not found')
  })

  it('treats a missing key as a missing header, an empty one as none', async () => {
    const call = caller(start())
    const path = `/api/v1/ci/status/${id('10', 1)}`
    expect((await call('GET', path)).body).toEqual({ error: { code: 'VALIDATION_ERROR', message: 'Validation error', details: { fields: [{ field: 'x-api-key', message: 'Field required', type: 'missing' }] } } })
    expect((await call('GET', path, undefined, { 'x-api-key': '' })).body.error).toMatchObject({ code: 'UNAUTHORIZED', message: 'Missing API key' })
    for (const key of ['orb_ci_wrong', 'orb_ci_test_revoked_000000000000000000000000000000']) expect((await call('POST', '/api/v1/ci/deploy', {}, { 'x-api-key': key })).body.error).toMatchObject({ code: 'UNAUTHORIZED', message: 'Invalid API key' })
    expect((await call('GET', path, undefined, { 'x-api-key': 'orb_ci_test_other_00000000000000000000000000000000' })).body.error.message).toBe('Deployment not found')
  })

  it('deploys under the tag, evaluates, and needs cases for that', async () => {
    const mock = start()
    const ci = caller(mock, { 'x-api-key': CI })
    const made = (await ci('POST', '/api/v1/ci/deploy', { entity_type: 'workflow', entity_id: id('d0', 1), version_tag: 'v2' })).body
    expect(made).toMatchObject({ status: 'active', version_tag: 'v2', deployed_at: '2026-03-01 12:00:00' })
    expect(made).not.toHaveProperty('api_key')
    const ada = await signIn(mock)
    expect((await ada('GET', `/api/v1/deployments/${made.deployment_id}`)).body).toMatchObject({ name: 'Ticket triage (v2)', rate_limit: 60 })
    expect((await ci('POST', '/api/v1/ci/deploy', { entity_type: 'agent', entity_id: id('c0', 91), version_tag: 'v' })).body.error.message).toBe('Agent not found')
    expect((await ci('POST', '/api/v1/ci/evaluate', { evaluation_id: id('70', 1) })).body).toMatchObject({ overall_score: 0.82, pass_rate: 0.75 })
    expect((await ci('POST', '/api/v1/ci/evaluate', { evaluation_id: id('70', 2) })).body.error.message).toBe('No test cases defined')
    expect((await ci('POST', '/api/v1/ci/evaluate', { evaluation_id: id('70', 91) })).body.error.message).toBe('Evaluation not found')
  })
})

describe('monitoring', () => {
  it('adds up what is stored, at both paths', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const costs = (await ada('GET', '/api/v1/monitoring/costs')).body
    expect(costs).toEqual({
      total_cost: 0.0241, total_runs: 3, total_tokens: 810, cost_by_model: [],
      cost_by_agent: [{ name: 'Support agent', id: id('c0', 1), cost: 0.0125, runs: 1 }, { name: 'Escalation agent', id: id('c0', 2), cost: 0.002, runs: 1 }],
    })
    expect((await ada('GET', '/api/v1/costs/summary?range=odd')).body).toEqual(costs)
    await mock.advance(90 * 86_400_000)
    const later = await signIn(mock)
    expect((await later('GET', '/api/v1/monitoring/costs')).body).toMatchObject({ total_runs: 0, total_cost: 0, cost_by_agent: [] })
    expect((await later('GET', '/api/v1/metrics/dashboard?start=2026-03-01 00:00:00&end=2026-03-01 23:59:59')).body).toEqual({ total_runs: 2, success_rate: 50, avg_latency_ms: 2000, total_tokens: 182, total_cost: 0 })
  })

  it('is degraded while an agent fails', async () => {
    const mock = start()
    const call = caller(mock)
    const agent = async () => (await call('GET', '/api/health')).body.agents.find((row: Json) => row.id === id('c0', 1))
    // The seed's failure of the escalation agent was at noon.
    expect((await call('GET', '/api/health')).body.status).toBe('degraded')
    for (let i = 0; i < 3; i++) await call('POST', `/api/v1/deployed/${id('10', 1)}/run`, { input: 'fail' }, { authorization: `Bearer ${AGENT_KEY}` })
    expect(await agent()).toMatchObject({ status: 'degraded', error_rate: 100, recent_runs: 3 })
    await mock.advance(30 * 3_600_000)
    const health = (await call('GET', '/api/health')).body
    expect([health.status, health.providers[0]]).toEqual(['ok', expect.objectContaining({ name: 'OpenAI', status: 'configured', key_count: 1 })])
  })

  it('forgets everything at a reset, down to the hash', async () => {
    const mock = start()
    const fresh = start()
    const ada = await signIn(mock)
    await ada('POST', `/api/v1/workflows/${id('d0', 1)}/run`)
    await ada('DELETE', `/api/v1/projects/${id('b0', 1)}`)
    await mock.reset()
    await caller(fresh)('GET', '/api/health')
    await fresh.reset()
    expect(mock.world().hash()).toBe(fresh.world().hash())
  })
})
