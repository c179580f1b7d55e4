import { describe, expect, it } from 'vitest'
import { AGENT_KEY, type Answer, caller, CI, id, PASSWORD, signIn, start } from '../../../test/orbiter.js'
import { walk } from '../../../test/walk.js'

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
      prepare: {
        'workflows.runs.cancel': () => ({ path: { run_id: id('d1', 3) } }),
        'runs.queue.cancel': async ({ call }) => {
          let last: { queue_id?: string } = {}
          for (let i = 0; i < 6; i++) last = (await (await call('POST', `/api/v1/workflows/${id('d0', 1)}/run`)).json()) as typeof last
          return { path: { queue_id: last.queue_id! } }
        },
      },
    })
    expect(steps.filter((step) => step.status !== step.expected)).toEqual([])
    expect(steps).toHaveLength(80)
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
    expect(await fields('POST', '/api/v1/projects', '{"name": ')).toEqual([{ field: '9', message: 'JSON decode error', type: 'json_invalid' }])
    expect(await fields('GET', '/api/v1/projects?limit=0')).toEqual([{ field: 'limit', message: 'Input should be greater than or equal to 1', type: 'greater_than_equal' }])
    expect(await fields('GET', '/api/v1/projects?limit=101')).toEqual([{ field: 'limit', message: 'Input should be less than or equal to 100', type: 'less_than_equal' }])
    expect(await fields('GET', '/api/v1/projects?limit=x')).toEqual([{ field: 'limit', message: 'Input should be a valid integer, unable to parse string as an integer', type: 'int_parsing' }])
    expect(await fields('GET', '/api/v1/projects?limit=1.5')).toEqual([{ field: 'limit', message: 'Input should be a valid integer, got a number with a fractional part', type: 'int_from_float' }])
    expect(await fields('GET', '/api/v1/alerts/rules?enabled=perhaps')).toEqual([{ field: 'enabled', message: 'Input should be a valid boolean, unable to interpret input', type: 'bool_parsing' }])
    expect(await fields('POST', '/api/v1/providers', { name: 'x', provider_type: 'nobody' })).toEqual([{ field: 'provider_type', message: "String should match pattern '^(openai|anthropic|gemini|vertex|ollama|custom)$'", type: 'string_pattern_mismatch' }])
    expect(await fields('POST', '/api/v1/alerts', { name: 'x', condition_type: 'cost', condition_threshold: 0, action_type: 'toast' })).toEqual([{ field: 'condition_threshold', message: 'Input should be greater than 0', type: 'greater_than' }])
    expect(await fields('GET', '/api/v1/projects?cursor=abc123')).toHaveLength(1)
  })

  it('sends old paths and slashes at the end on, before it looks at anything else', async () => {
    const mock = start({ rateLimits: 'documented' })
    const call = caller(mock)
    const old = await call('POST', '/api/projects?x=1%202', { name: 'x' })
    expect([old.status, old.headers.get('location')]).toEqual([301, `${mock.baseUrl('orbiter')}/api/v1/projects?x=1%202`])
    expect(old.headers.get('x-frame-options'), 'nothing of the rest').toBeNull()
    expect(old.headers.get('x-ratelimit-limit')).toBeNull()
    expect([(await call('GET', '/api/health')).status, (await call('GET', '/api/v1')).status]).toEqual([200, 404])
    const slash = await call('GET', '/api/v1/projects/')
    expect([slash.status, slash.headers.get('location')]).toEqual([307, `${mock.baseUrl('orbiter')}/api/v1/projects`])
    expect((await call('GET', '/api/v1/nothing/')).status).toBe(404)
    const left = Number((await call('GET', '/api/v1/nothing')).headers.get('x-ratelimit-remaining'))
    expect(Number((await call('GET', '/api/v1/nothing')).headers.get('x-ratelimit-remaining')), 'what is not there counts too').toBe(left - 1)
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
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 200), 429])
    // One run of the seed is under way.
    expect(answers.slice(0, 6).map(({ body }) => [body.status, body.position])).toEqual([...Array.from({ length: 4 }, () => ['pending', undefined]), ['queued', 1], ['queued', 2]])
    expect((await ada('GET', '/api/v1/auth/me')).headers.get('x-ratelimit-limit')).toBe('200')
  })
})
