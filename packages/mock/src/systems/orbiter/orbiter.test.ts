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
