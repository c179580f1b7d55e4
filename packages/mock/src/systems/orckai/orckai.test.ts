import { describe, expect, it } from 'vitest'
import { walk } from '../../../test/walk.js'
import { createMock, type MockOptions } from '../../mock.js'
import type { Json } from '../../kernel/types.js'
import { SYSTEMS } from '../index.js'

const FULL = 'oak_test_full_access_0000000000000000'
const BASE = 'd4e5f6a7-0000-4000-8000-000000000001'
const WORKFLOW = 'b2c3d4e5-0000-4000-8000-000000000001'

function start(options: MockOptions = {}) {
  const mock = createMock({ strict: true, systems: ['orckai'], streamDelay: 0, clock: 'virtual', rateLimits: 'off', ...options })
  return {
    mock,
    async call(method: string, path: string, body?: Json, key: string | null = FULL, more: Record<string, string> = {}): Promise<{ status: number; body: Json; text: string; headers: Headers }> {
      const form = body instanceof FormData
      const response = await mock.fetch(mock.baseUrl('orckai') + path, {
        method, headers: { ...(key && { 'X-API-Key': key }), ...(body !== undefined && !form && { 'Content-Type': 'application/json' }), ...more }, ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, text, body: response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : undefined, headers: response.headers }
    },
  }
}

describe('every operation', () => {
  it('answers its documented success, as the document describes it', async () => {
    const { mock } = start()
    const steps = await walk(mock, 'orckai', { auth: () => ({ 'X-API-Key': FULL }) })
    expect(steps.filter((step) => step.status !== step.expected)).toEqual([])
    expect(steps).toHaveLength(42)
  })

  it('wants its key and its scope', async () => {
    const { mock, call } = start()
    const { operations } = await SYSTEMS.orckai.load()
    for (const { id, method, path, security } of operations.values()) {
      if (security.length === 0) continue
      const at = path.replace('/api/v1', '').replaceAll(/\{[^}]*\}/g, 'x')
      expect(await call(method, at, undefined, null), id).toMatchObject({ status: 401, body: { success: false, code: 'API_KEY_MISSING' } })
      expect(await call(method, at, undefined, 'oak_wrong'), id).toMatchObject({ status: 401, body: { code: 'API_KEY_INVALID' } })
      expect(await call(method, at, undefined, 'oak_test_revoked_0000000000000000000'), id).toMatchObject({ status: 401, body: { code: 'API_KEY_INVALID' } })
      if (id !== 'organization.get') expect(await call(method, at, undefined, 'oak_test_org_only_000000000000000000'), id).toMatchObject({ status: 403, body: { code: 'SCOPE_REQUIRED', error: expect.stringContaining(security[0]!['apiKey']![0]!) } })
    }
    await mock.close()
  })

  it('knows nothing of the other organisation', async () => {
    const { mock } = start()
    const steps = await walk(mock, 'orckai', { auth: () => ({ 'X-API-Key': 'oak_test_other_org_00000000000000000' }) })
    const { operations } = await SYSTEMS.orckai.load()
    for (const step of steps) {
      const operation = operations.get(step.id)!
      if (operation.path.includes('{') || step.id === 'agents.execute') expect(step.status, step.id).toBe(404)
      else expect(step.body, step.id).not.toMatch(/Northwind|Sales Assistant.*2026-02|refund-policy|Customer report/)
    }
  })
})

describe('agents', () => {
  it('take an input of any kind', async () => {
    const { call } = start()
    const { id } = (await call('POST', '/agents', { name: 'A' })).body.data
    expect((await call('POST', '/agents/execute', { agentId: id, input: { a: { toString: 1 }, b: null, c: 'see', d: 5 } })).body.data.output).toContain('{"toString":1} null see 5')
  })

  it('leave placeholders alone that nothing fills', async () => {
    const { call } = start()
    const { id } = (await call('POST', '/agents', { name: 'A', goalTemplate: 'Do {{task}} with {{constructor}}' })).body.data
    expect((await call('POST', '/agents/execute', { agentId: id, input: { task: 'it' } })).body.data.output).toContain('Do it with {{constructor}}')
  })

  it('run on what the goal says and remember it', async () => {
    const { call } = start()
    const id = 'a1b2c3d4-0000-4000-8000-000000000001'
    const run = await call('POST', '/agents/execute', { agentId: id, input: { task: 'write a letter' } })
    expect(run.body.data).toMatchObject({ agentId: id, status: 'completed', output: expect.stringContaining('Help the user with write a letter') })
    expect((await call('POST', '/agents/execute', { agentId: id, input: { task: 'write a letter' } })).body.data.output).toBe(run.body.data.output)
    expect((await call('GET', `/agents/${id}/executions`)).body.data[1].id).toBe(run.body.data.id)
    await call('PUT', `/agents/${id}`, { isActive: false })
    expect(await call('POST', '/agents/execute', { agentId: id })).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    await call('DELETE', `/agents/${id}`)
    expect((await call('GET', `/agents/${id}/executions`)).status).toBe(404)
  })
})

describe('workflows', () => {
  it('go from queued over running to completed, by the clock', async () => {
    const { call, mock } = start()
    const { body } = await call('POST', `/workflows/${WORKFLOW}/execute`, { input: { customer_name: 'Acme', report_type: 'yearly' } })
    const get = async (): Promise<Json> => (await call('GET', `/workflows/executions/${body.executionId}`)).body.data
    expect(await get()).toMatchObject({ status: 'queued', startedAt: null, output: null })
    await mock.advance(250)
    expect(await get()).toMatchObject({ status: 'running', startedAt: '2026-03-01T12:00:00.200Z', steps: [{ status: 'running' }, { status: 'pending' }] })
    await mock.advance(2_000)
    expect(await get()).toMatchObject({ status: 'completed', completedAt: '2026-03-01T12:00:01.200Z', output: { result: expect.stringContaining('Write a yearly report for Acme') } })
    expect(await call('POST', `/workflows/executions/${body.executionId}/cancel`)).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    expect((await call('POST', `/workflows/executions/${body.executionId}/retry`)).status).toBe(400)
  })

  it('can be cancelled under way, fail when asked to, and be retried then', async () => {
    const { call, mock } = start()
    const first = (await call('POST', `/workflows/${WORKFLOW}/execute`, { input: {} })).body.executionId
    expect((await call('POST', `/workflows/executions/${first}/retry`)).status).toBe(400)
    expect((await call('POST', `/workflows/executions/${first}/cancel`)).body.data.status).toBe('cancelled')
    expect((await call('POST', `/workflows/executions/${first}/cancel`)).status).toBe(400)
    const second = (await call('POST', `/workflows/${WORKFLOW}/execute`, { input: {} }, FULL, { 'x-mock-outcome': 'failure' })).body.executionId
    await mock.advance(5_000)
    expect((await call('GET', `/workflows/executions/${second}`)).body.data).toMatchObject({ status: 'failed', error: expect.any(String), output: null })
    const again = await call('POST', `/workflows/executions/${second}/retry`)
    expect(again.status).toBe(200)
    await mock.advance(5_000)
    const runs = (await call('GET', '/workflows/executions')).body.data as Json[]
    expect(runs.find((run) => run.retryOf === second)).toMatchObject({ status: 'completed' })
  })

  it('take their runs along', async () => {
    const { call, mock } = start()
    const { executionId } = (await call('POST', `/workflows/${WORKFLOW}/execute`, { input: {} })).body
    expect((await call('DELETE', `/workflows/${WORKFLOW}`)).status).toBe(200)
    await mock.advance(5_000)
    expect((await call('GET', `/workflows/executions/${executionId}`)).status).toBe(404)
    expect((await call('POST', `/workflows/${WORKFLOW}/execute`, { input: {} })).status).toBe(404)
  })
})

describe('knowledge bases', () => {
  it('read what is uploaded and find it', async () => {
    const { call, mock } = start()
    const form = new FormData()
    form.set('file', new File(['# Whales\n\nThe blue whale eats krill.\n\nNothing else here.'], 'whales.md'))
    expect((await call('POST', `/knowledge-bases/${BASE}/documents`, form)).body.data).toMatchObject({ name: 'whales.md', fileType: 'md', status: 'processing', chunkCount: 0 })
    expect((await call('POST', `/knowledge-bases/${BASE}/search`, { query: 'what does a blue whale eat', limit: 20 })).body.data).not.toContainEqual(expect.objectContaining({ documentName: 'whales.md' }))
    await mock.advance(10_000)
    expect((await call('GET', `/knowledge-bases/${BASE}/documents`)).body.data.find((row: Json) => row.name === 'whales.md')).toMatchObject({ status: 'ready', chunkCount: 1, error: null })
    const hits = (await call('POST', `/knowledge-bases/${BASE}/search`, { query: 'what does a blue whale eat', limit: 2 })).body.data
    expect(hits[0]).toMatchObject({ documentName: 'whales.md', content: expect.stringContaining('krill') })
    expect((await call('POST', `/knowledge-bases/${BASE}/search`, { query: 'refund' })).body.data[0].documentName).toBe('refund-policy.pdf')
    expect((await call('GET', `/knowledge-bases/${BASE}`)).body.data.documentCount).toBe((await call('GET', `/knowledge-bases/${BASE}/documents`)).body.data.length)
    expect((await call('POST', `/knowledge-bases/${BASE}/documents`, new FormData())).status).toBe(400)
    await call('DELETE', `/knowledge-bases/${BASE}`)
    expect((await call('GET', `/knowledge-bases/${BASE}/documents`)).status).toBe(404)
  })
})

describe('templates and servers', () => {
  it('filter by category, keep their variables', async () => {
    const { call } = start()
    const all = (await call('GET', '/templates')).body.data as Json[]
    const chat = (await call('GET', '/templates?category=chat')).body.data as Json[]
    expect(chat.length).toBeLessThan(all.length)
    expect(chat.every((template) => template.category === 'chat')).toBe(true)
    expect((await call('GET', '/templates?category=nothing')).status).toBe(400)
    const made = (await call('POST', '/templates', { name: 'T', content: 'Hi {{name}}, {{ name }} of {{city}}' })).body.data
    expect(made).toMatchObject({ variables: ['name', 'city'], category: 'custom' })
  })

  it('never send a connection back', async () => {
    const { call } = start()
    const made = await call('POST', '/mcp-servers', { name: 'DB', type: 'database', config: { url: 'postgres://u:secret@h/db' } })
    expect(made.text).not.toContain('secret')
    expect((await call('GET', `/mcp-servers/${made.body.data.id}/tools`)).body.data).toEqual([])
  })
})

describe('chat', () => {
  it('answers long messages as fast as short ones', async () => {
    const { call } = start()
    for (const message of ['what '.repeat(60_000), `${'.'.repeat(200_000)}a`]) {
      expect((await call('POST', '/chat/completions', { message })).body.data.message).toMatch(/^You said: "[^"]{157}\.\.\."/)
    }
  })

  it('streams what the completion says, and remembers', async () => {
    const { call } = start()
    const whole = (await call('POST', '/chat/completions', { message: 'Hello there' })).body.data
    const stream = await call('POST', '/chat/stream', { message: 'Hello there' })
    const events = stream.text.trim().split('\n\n').map((line) => JSON.parse(line.slice(6)))
    expect(events.map((event) => event.content).join('')).toBe(whole.message)
    expect(events.at(-1)).toMatchObject({ content: '', done: true, conversationId: expect.any(String) })
    const next = (await call('POST', '/chat/completions', { message: 'What was my last message?', conversationId: whole.conversationId })).body.data
    expect(next).toMatchObject({ conversationId: whole.conversationId, message: 'Your last message was: "Hello there"' })
    expect((await call('GET', `/conversations/${whole.conversationId}`)).body.data).toMatchObject({ messageCount: 4, messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'user' }, { role: 'assistant' }] })
    expect((await call('GET', '/conversations')).body.data[0].messages).toBeUndefined()
    expect((await call('POST', '/chat/completions', { message: 'x', conversationId: 'nope' })).status).toBe(404)
    expect((await call('POST', '/chat/completions', { message: 'one two three four', llmConfig: { maxTokens: 2 } })).body.data.usage.outputTokens).toBe(2)
    expect((await call('POST', '/chat/completions', {})).body).toEqual({ success: false, error: 'message is required', code: 'BAD_REQUEST' })
  })
})

it('answers health without a key and without an envelope', async () => {
  const { call } = start()
  expect((await call('GET', '/health', undefined, null)).body).toEqual({ status: 'ok', version: 'v1' })
})

it('lets a hundred requests a minute pass, and not one more', async () => {
  const { call, mock } = start({ rateLimits: 'documented' })
  for (let i = 0; i < 100; i++) expect((await call('GET', '/organization')).status).toBe(200)
  const refused = await call('GET', '/organization')
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([429, 'RATE_LIMITED', '60'])
  await mock.advance(60_000)
  expect((await call('GET', '/organization')).status).toBe(200)
})
