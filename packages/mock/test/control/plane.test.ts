import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createMock, type Listening, type Mock } from '../../src/index.js'
import { AGENT, orckai } from './helpers.js'

let mock: Mock
let server: Listening
beforeAll(async () => {
  mock = createMock({ systems: ['orckai', 'klarefi'], rateLimits: 'off' })
  server = await mock.listen()
})
afterAll(() => mock.close())
beforeEach(() => mock.reset())

const control = async (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<{ status: number; body: any }> => {
  const response = await fetch(`${server.url}/__orkit${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
  expect(response.headers.get('content-type'), path).toBe('application/json')
  return { status: response.status, body: await response.json() }
}
const call = (path: string, init?: RequestInit & { headers?: Record<string, string> }) => orckai(mock, server)(path, init)

describe('/__orkit', () => {
  it('seeds objects, and begins again with another seed', async () => {
    expect((await control('/seed', { data: { orckai: { agents: [{ id: 'mine', name: 'Mine', isActive: true, createdAt: '2026-01-01T00:00:00Z' }] } } })).body).toMatchObject({ made: { orckai: { agents: [{ id: 'mine', name: 'Mine' }] } } })
    expect((await call('/agents/mine')).status).toBe(200)
    expect((await control('/seed', { data: { orckai: { agnets: [] } } })).body.error).toContain('no collection agnets')
    const made = async () => ((await (await call('/agents', { method: 'POST', body: '{"name":"x"}' })).json()) as { data: { id: string } }).data.id
    const first = await made()
    expect((await control('/seed', { seed: 'other' })).body.seed).toBe('other')
    expect(await made()).not.toBe(first)
    await control('/seed', { seed: 'orkit' })
    expect(await made()).toBe(first)
  })

  it('verifies, waits and explains', async () => {
    await call('/agents', { method: 'POST', body: '{"name":"Ann"}' })
    expect((await control('/verify', { system: 'orckai', operation: 'agents.create', body: { name: 'Ann' }, times: 1 })).body).toEqual({ verified: true, count: 1, matched: [1] })
    const wrong = (await control('/verify', { operation: 'agents.create', body: { name: 'Bob' } })).body
    expect(wrong).toMatchObject({ verified: false, nearest: [{ n: 1, differences: [{ pointer: '/body/name', expected: '"Bob"', actual: '"Ann"' }] }] })
    expect((await control('/verify', { order: [{ operation: 'agents.create' }, { operation: 'agents.get' }] })).body.message).toContain('step 2 of 2')
    expect(await control('/verify', { operation: 'agents.craete' })).toMatchObject({ status: 400, body: { error: 'There is no operation agents.craete in orckai, klarefi' } })
    const waiting = control('/wait', { operation: 'agents.get', timeout: 2_000 })
    await call(`/agents/${AGENT}`)
    expect((await waiting).body).toMatchObject({ operationId: 'agents.get', status: 200 })
    expect(await control('/wait', { operation: 'agents.delete', timeout: 10 })).toMatchObject({ status: 408 })
  })

  it('shows one request with what the document says of it', async () => {
    await call('/agents', { method: 'POST', body: '{"nam":"Ann"}' })
    expect((await control('/journal/1')).body).toMatchObject({ n: 1, status: 400, issues: [{ field: 'name', in: 'body' }], validation: { request: 'invalid', answer: 'valid' }, answer: { body: expect.stringContaining('BAD_REQUEST') as string } })
    expect((await control('/journal/9')).status).toBe(404)
  })

  it('keeps and brings back a whole world', async () => {
    const { data } = (await (await call('/agents', { method: 'POST', body: '{"name":"Kept"}' })).json()) as { data: { id: string } }
    const snapshot = (await control('/snapshot')).body
    await control('/reset', {})
    expect((await call(`/agents/${data.id}`)).status).toBe(404)
    await control('/restore', snapshot)
    expect((await call(`/agents/${data.id}`)).status).toBe(200)
    expect((await control('/restore', { format: 'other' })).status).toBe(400)
  })

  it('stops and moves the clock', async () => {
    expect((await control('/clock/freeze', { at: '2026-05-01T00:00:00Z' })).body).toMatchObject({ time: '2026-05-01T00:00:00.000Z', frozen: true })
    expect((await control('/clock/advance', { ms: 60_000 })).body.time).toBe('2026-05-01T00:01:00.000Z')
    expect((await control('/clock/freeze', { at: 'soon' })).status).toBe(400)
    expect((await control('/clock/resume', {})).body.frozen).toBe(false)
  })

  it('adds, lists and removes rules', async () => {
    const { body: { id } } = await control('/faults', { operation: 'agents.get', status: 503, times: 5 })
    expect((await call(`/agents/${AGENT}`)).status).toBe(503)
    expect((await control('/faults')).body).toMatchObject([{ id, left: 4 }])
    expect((await control(`/faults/${id}`, undefined, 'DELETE')).status).toBe(200)
    expect((await control(`/faults/${id}`, undefined, 'DELETE')).status).toBe(404)
    expect((await call(`/agents/${AGENT}`)).status).toBe(200)
    expect((await control('/faults', { operation: 'agents.got', status: 503 })).status).toBe(400)
  })

  it('tells requests as they come, and resumes by Last-Event-ID', async () => {
    for (let i = 0; i < 3; i++) await call('/health')
    const read = async (since: string, until: RegExp): Promise<string> => {
      const abort = new AbortController()
      const response = await fetch(`${server.url}/__orkit/events`, { headers: { 'last-event-id': since }, signal: abort.signal })
      let text = ''
      for await (const part of response.body!) if (until.test((text += new TextDecoder().decode(part)))) break
      abort.abort()
      return text
    }
    expect((await read('1', /id: 3/)).match(/^id: .*/gm)).toEqual(['id: 2', 'id: 3'])
    const live = read('3', /id: 4/)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await call('/agents')
    expect(await live).toContain('"operationId":"agents.list"')
  })

  it('answers to no other page, and gives it no CORS header', async () => {
    for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }] as Record<string, string>[]) {
      const response = await fetch(`${server.url}/__orkit/reset`, { method: 'POST', headers })
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
    }
    const guarded = await mock.listen({ token: 'secret-token' })
    expect((await fetch(`${guarded.url}/__orkit/health`)).status).toBe(403)
    expect((await fetch(`${guarded.url}/__orkit/health`, { headers: { authorization: 'Bearer secret-token' } })).status).toBe(200)
    expect((await fetch(`${guarded.url}/__orkit/health`, { headers: { 'x-mock-token': 'secret-tokem' } })).status).toBe(403)
    expect((await fetch(`${guarded.url}/`)).status).toBe(200)
    await guarded.close()
  })
})
