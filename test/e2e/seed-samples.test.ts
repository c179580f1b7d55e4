import { createMock, type Mock } from '@orkit/mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// The requests that the vendors' own documents print, sent as printed (`{id}` filled in), to a server on a port.

let mock: Mock
let url: string

beforeAll(async () => {
  mock = createMock({ strict: true, streamDelay: 0 })
  url = (await mock.listen({ port: 0 })).url
})
afterAll(() => mock.close())

const json = (body: unknown) => ({ method: 'POST', body: JSON.stringify(body) })
async function call(path: string, headers: Record<string, string>, init: { method?: string; body?: string } = {}) {
  const response = await fetch(`${url}${path}`, { ...init, headers: { ...(init.body ? { 'content-type': 'application/json' } : {}), ...headers } })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, any>) : {} }
}

describe('ORCA', () => {
  const base = '/orca/api/v1'
  it('lists files with the sample token', async () => {
    const { status, body, headers } = await call(`${base}/files?limit=20&offset=0`, { authorization: 'Bearer eyJ...' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ error: null, data: expect.any(Array) })
    for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) expect(Number(headers.get(name))).toBeGreaterThanOrEqual(0)
  })
  it('signs in', async () => {
    const { status, body } = await call(`${base}/auth/login`, {}, json({ email: 'you@company.com', password: 'your-password' }))
    expect(status).toBe(200)
    expect(body['data']).toMatchObject({ access_token: expect.stringMatching(/^eyJ/), refresh_token: expect.any(String), token_type: 'bearer' })
  })
  it('completes TOTP', async () => {
    expect((await call(`${base}/auth/totp/complete`, {}, json({ temp_token: '...', code: '123456' }))).status).toBe(200)
  })
})

describe('Orckai', () => {
  const base = '/orckai/api/v1'
  const key = { 'X-API-Key': 'oak_your_key_here' }
  const first = async (path: string) => String((await call(`${base}${path}`, key)).body['data'][0].id)

  it('lists agents', async () => {
    expect((await call(`${base}/agents`, key)).body).toMatchObject({ success: true, data: expect.any(Array) })
  })
  it('creates an agent', async () => {
    const agent = { name: 'Sales Assistant', agentType: 'conversational', executionMode: 'standard', systemPrompt: 'You are a helpful sales assistant.', goalTemplate: 'Help the user with {{task}}' }
    const { body } = await call(`${base}/agents`, { 'X-API-Key': 'oak_your_key' }, json(agent))
    expect(body).toMatchObject({ success: true, data: { name: 'Sales Assistant', agentType: 'conversational', executionMode: 'standard', isActive: true } })
  })
  it('executes a workflow', async () => {
    const { body } = await call(`${base}/workflows/${await first('/workflows')}/execute`, key, json({ input: { customer_name: 'Acme Corp', report_type: 'quarterly' } }))
    expect(body).toMatchObject({ success: true, executionId: expect.any(String), status: 'queued' })
    expect(body).not.toHaveProperty('data')
  })
  it('searches a knowledge base', async () => {
    const { body } = await call(`${base}/knowledge-bases/${await first('/knowledge-bases')}/search`, key, json({ query: 'What is the refund policy?', limit: 5 }))
    expect(body['data'][0]).toMatchObject({ content: expect.stringContaining('money-back guarantee'), score: expect.any(Number), documentName: 'refund-policy.pdf' })
  })
  it('completes a chat', async () => {
    const { body } = await call(`${base}/chat/completions`, key, json({ message: 'Summarize the latest sales report', llmConfig: { provider: 'anthropic', model: 'claude-sonnet-4-20250514', temperature: 0.7, maxTokens: 1024 }, systemPrompt: 'You are a business analyst.' }))
    expect(body['data']).toMatchObject({ conversationId: expect.any(String), message: expect.any(String), usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) } })
  })
  it('streams a chat', async () => {
    const { text, headers } = await call(`${base}/chat/stream`, key, json({ message: 'Explain quantum computing', llmConfig: { provider: 'anthropic', model: 'claude-sonnet-4-20250514' } }))
    expect(headers.get('content-type')).toContain('text/event-stream')
    const events = text.trim().split('\n\n').map((block) => JSON.parse(block.replace(/^data: /, '')) as { done: boolean; conversationId?: string })
    expect(events.slice(0, -1).every(({ done }) => !done)).toBe(true)
    expect(events.at(-1)).toMatchObject({ content: '', done: true, conversationId: expect.any(String) })
  })
  it('filters templates by category', async () => {
    const { body } = await call(`${base}/templates?category=custom`, key)
    expect(body['data'].length).toBeGreaterThan(0)
    expect(body['data'].every((template: { category: string }) => template.category === 'custom')).toBe(true)
  })
  it('says that it is well without a key', async () => {
    expect((await call(`${base}/health`, {})).body).toEqual({ status: 'ok', version: 'v1' })
  })
  it('answers errors as printed', async () => {
    expect((await call(`${base}/agents/none`, key)).body).toEqual({ success: false, error: 'Agent not found', code: 'NOT_FOUND' })
  })
})

describe('FlexOrch', () => {
  it.each([{ 'X-API-KEY': 'dfx_your_api_key_here' }, { authorization: 'Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...' }])('shows the usage with %j', async (headers) => {
    const { status, body } = await call('/flexorch/v1/usage', headers as unknown as Record<string, string>)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toHaveProperty('data')
  })
})

describe('Klarefi', () => {
  const key = { authorization: 'Bearer sk_live_your_api_key_here' }
  it('says that it is well', async () => {
    expect((await call('/klarefi/api/v1/health', {})).body).toEqual({ status: 'ok' })
  })
  it('takes a document, and replays the same request', async () => {
    const body = { document_url: 'https://documents.example.com/a.pdf', case_type_id: 'ct_claim', idempotency_key: 'sample-1' }
    const made = await call('/klarefi/api/v1/process', key, json(body))
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ status: 'queued', idempotent_replay: false })
    const again = await call('/klarefi/api/v1/process', key, json(body))
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({ case_id: made.body['case_id'], idempotent_replay: true })
  })
  it('names the missing field as printed', async () => {
    const { status, body } = await call('/klarefi/api/v1/process', key, json({ case_type_id: 'ct_claim', idempotency_key: 'sample-2' }))
    expect(status).toBe(400)
    expect(body['error']).toMatchObject({ type: 'validation_error', code: 'missing_document_url', message: 'document_url is required and must be a string', request_id: expect.stringMatching(/^req_/) })
  })
  it('reads the sample case with its evidence and events', async () => {
    expect((await call('/klarefi/api/v1/cases/case_abc123', key)).body['features']).toHaveProperty('incident_date')
    const { body } = await call('/klarefi/api/v1/cases/case_abc123/events?after_cursor=0', key)
    expect(body['events'][0]).toMatchObject({ cursor: 1 })
  })
  it('makes a session, erases the sample document, and says who it is', async () => {
    const session = await call('/klarefi/api/v1/sessions', key, json({ case_type_id: 'ct_claim', idempotency_key: 'sample-3' }))
    expect(session.body).toMatchObject({ session_id: expect.any(String), signed_url: expect.any(String), expires_at: expect.any(String), snippet: expect.stringContaining('<script>') })
    const erased = await call('/klarefi/api/v1/documents/doc_def456', key, { method: 'DELETE' })
    expect(erased.body['erasure_receipt']).toMatchObject({ doc_id: 'doc_def456', deleted_document: true })
    expect((await call('/klarefi/api/v1/me', key)).body).toMatchObject({ org_id: 'org_abc123', environment: 'live' })
  })
})

describe('Orbiter', () => {
  it('signs in by cookie, changes things with the CSRF token, and pages', async () => {
    const login = await call('/orbiter/api/v1/auth/login', {}, json({ email: 'ada@example.com', password: 'correct horse battery staple' }))
    const cookie = login.headers.get('set-cookie')!.split(';')[0]!
    expect(cookie).toMatch(/^orbiter_session=/)
    expect((await call('/orbiter/api/v1/projects', { cookie }, json({ name: 'No token' }))).status).toBe(403)
    const { body } = await call('/orbiter/api/v1/auth/csrf', { cookie })
    const made = await call('/orbiter/api/v1/projects', { cookie, 'X-CSRF-Token': String(body['token']) }, json({ name: 'With token' }))
    expect(made.status).toBe(201)
    const page = await call('/orbiter/api/v1/projects?limit=1', { cookie })
    expect(page.body).toMatchObject({ data: [{ name: 'With token' }], pagination: { has_more: true, next_cursor: expect.any(String), total: expect.any(Number) } })
    const next = await call(`/orbiter/api/v1/projects?limit=1&cursor=${encodeURIComponent(page.body['pagination'].next_cursor)}`, { cookie })
    expect(next.body['data'][0].id).not.toBe(made.body['id'])
  })
  it('answers errors as printed', async () => {
    const { body } = await call('/orbiter/api/v1/auth/login', {}, json({ email: 'ada@example.com', password: '' }))
    expect(body['error']).toMatchObject({ code: 'VALIDATION_ERROR', details: { fields: [{ field: 'password', type: 'string_too_short' }] } })
  })
  it('takes CI keys on /ci only', async () => {
    const key = { 'X-API-Key': 'orb_ci_test_full_000000000000000000000000000000000' }
    expect((await call('/orbiter/api/v1/projects', key)).status).toBe(401)
  })
})
