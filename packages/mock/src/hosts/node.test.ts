import { connect, type Socket } from 'node:net'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMock, type Listening, type Mock } from '../index.js'

const KEY = 'oak_test_full_access_0000000000000000'
const AGENT = '/orckai/api/v1/agents/a1b2c3d4-0000-4000-8000-000000000001'
let mock: Mock
let server: Listening

beforeAll(async () => {
  mock = createMock({ systems: ['orckai'], strict: true, rateLimits: 'off', streamDelay: 1 })
  server = await mock.listen()
})
afterAll(() => mock.close())

const get = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => fetch(server.url + path, { ...init, headers: { 'x-api-key': KEY, ...init.headers } })

/** Bytes out, all bytes that come back. */
function raw(text: string | Buffer, until: RegExp = /\r\n\r\n/): Promise<{ text: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    let all = ''
    socket.on('data', (data) => {
      all += data.toString('latin1')
      if (until.test(all)) resolve({ text: all, socket })
    })
    socket.on('close', () => resolve({ text: all, socket }))
    socket.on('error', reject)
  })
}

describe('over a port', () => {
  it('says the same as in process, byte for byte', async () => {
    const here = await mock.fetch(`http://orkit.localhost${AGENT}`, { headers: { 'X-API-Key': KEY } })
    const there = await get(AGENT)
    expect(await there.text()).toBe(await here.text())
    expect(there.headers.get('content-type')).toBe(here.headers.get('content-type'))
  })

  it('answers HEAD with the headers of GET and nothing else', async () => {
    const head = await get(AGENT, { method: 'HEAD' })
    const full = await get(AGENT)
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, full.headers.get('content-length'), ''])
    await full.text()
  })

  it('streams events over the socket', async () => {
    const response = await get('/orckai/api/v1/chat/stream', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"message":"hello"}' })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('content-length')).toBeNull()
    const events = (await response.text()).trim().split('\n\n').map((line) => JSON.parse(line.slice(6)) as { content: string; done: boolean })
    expect(events.filter((event) => event.done)).toHaveLength(1)
    expect(events.map((event) => event.content).join('')).toContain('You said: "hello"')
  })

  it('frees everything of clients that go away', async () => {
    const before = mock.clock.alarms
    const calls = Array.from({ length: 200 }, async () => {
      const abort = new AbortController()
      const response = await get('/orckai/api/v1/chat/stream', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"message":"go"}', signal: abort.signal })
      const reader = response.body!.getReader()
      await reader.read()
      abort.abort()
    })
    await Promise.all(calls)
    await expect.poll(() => mock.clock.alarms, { timeout: 3_000 }).toBe(before)
  })

  it('serves the index, the document and the control plane', async () => {
    expect(await (await get('/')).text()).toContain(KEY)
    const document = (await (await get('/orckai/openapi.json')).json()) as { openapi: string; servers: { url: string }[] }
    expect([document.openapi, document.servers[0]!.url]).toEqual(['3.1.0', `${server.url}/orckai/api/v1`])
    expect(await (await get('/__orkit/health')).json()).toEqual({ status: 'ok' })
    expect((await get('/__orkit/reset', { method: 'POST', headers: { origin: 'http://evil.example' } })).status).toBe(403)
    expect((await get('/nowhere')).status).toBe(404)
    expect((await raw(`GET /__orkit/snapshot HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n`)).text).toMatch(/^HTTP\/1\.1 403/)
  })

  it('says that its own JSON is JSON, on a port and in process', async () => {
    for (const [path, status] of [['/orckai/openapi.json', 200], ['/__orkit/world', 200], ['/__orkit/openapi.json', 200], ['/__orkit/nothing', 404], ['/nowhere', 404]] as const) {
      for (const response of [await get(path), await mock.fetch(`http://orkit.localhost${path}`)]) {
        expect([response.status, response.headers.get('content-type')], path).toEqual([status, 'application/json'])
        expect(await response.json()).toBeTypeOf('object')
      }
    }
  })

  it('journals, verifies and hides secrets', async () => {
    await get('/__orkit/reset', { method: 'POST' })
    await (await get(AGENT)).text()
    const entries = (await (await get('/__orkit/journal?operation=agents.get')).json()) as { status: number; headers: Record<string, string> }[]
    expect(entries).toMatchObject([{ status: 200, headers: { 'x-api-key': '[redacted]' } }])
    expect(await (await get('/__orkit/verify?operation=agents.get&times=1')).json()).toMatchObject({ count: 1, verified: true })
  })

  it('moves jobs by hand', async () => {
    const control = (body: unknown) => get('/__orkit/jobs', { method: 'POST', body: JSON.stringify(body) })
    const job = { system: 'orckai', kind: 'workflows.executions', id: 'e5f6g7h8-0000-4000-8000-000000000003' }
    expect(await (await control(job)).json()).toMatchObject({ status: 'completed', done: true })
    expect((await control({ ...job, system: 'none' })).status).toBe(400)
    expect((await control({ ...job, id: 'none' })).status).toBe(404)
    expect(((await (await get('/__orkit/jobs?system=orckai')).json()) as unknown[]).length).toBeGreaterThan(0)
    await get('/__orkit/reset', { method: 'POST' })
  })

  it('keeps worlds apart by header', async () => {
    const made = await get('/orckai/api/v1/agents', { method: 'POST', headers: { 'content-type': 'application/json', 'x-mock-world': 'mine' }, body: '{"name":"Mine"}' })
    const { id } = ((await made.json()) as { data: { id: string } }).data
    expect((await get(`/orckai/api/v1/agents/${id}`, { headers: { 'x-mock-world': 'mine' } })).status).toBe(200)
    expect((await get(`/orckai/api/v1/agents/${id}`)).status).toBe(404)
  })
})

describe('faults', () => {
  const fault = (prefer: string) => get(AGENT, { headers: { prefer } })

  it.each([
    ['fault=reset', 'ECONNRESET'],
    ['fault=close', 'UND_ERR_SOCKET'],
  ])('%s breaks the connection before an answer', async (prefer, code) => {
    await expect(fault(prefer)).rejects.toMatchObject({ cause: { code } })
    expect((await get(AGENT)).status).toBe(200)
  })

  it.each([
    ['fault=reset-body', 'ECONNRESET'],
    ['fault=truncate, after=10', 'UND_ERR_SOCKET'],
    ['fault=malformed-chunk', 'HPE_INVALID_CHUNK_SIZE'],
  ])('%s breaks it in the middle', async (prefer, code) => {
    const response = await fault(prefer)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toMatchObject({ cause: { code } })
    expect((await get(AGENT)).status).toBe(200)
  })

  it('malformed JSON arrives whole, dribbled bodies slowly, stalled ones never', async () => {
    await expect((await fault('fault=malformed-json')).json()).rejects.toThrow(SyntaxError)
    expect(((await (await fault('fault=dribble, after=200')).json()) as { success: boolean }).success).toBe(true)
    const stalled = await fetch(server.url + AGENT, { headers: { 'x-api-key': KEY, prefer: 'fault=stall' }, signal: AbortSignal.timeout(100) })
    await expect(stalled.text()).rejects.toThrow()
  })

  it('cuts a stream after so many events', async () => {
    const response = await get('/orckai/api/v1/chat/stream', { method: 'POST', headers: { 'content-type': 'application/json', prefer: 'fault=cut-stream, after=3' }, body: '{"message":"hello"}' })
    let text = ''
    await expect((async () => {
      for await (const part of response.body!) text += new TextDecoder().decode(part)
    })()).rejects.toThrow()
    expect(text.match(/data: /g)).toHaveLength(3)
  })

  it('waits as long as asked', async () => {
    const start = performance.now()
    await (await fault('delay=60')).text()
    expect(performance.now() - start).toBeGreaterThan(55)
  })
})

describe('bad input', () => {
  it('a body that is too large is refused by its length', async () => {
    const { text, socket } = await raw(`POST /orckai/api/v1/agents HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 200000000\r\n\r\n{`)
    expect(text).toMatch(/^HTTP\/1\.1 413/)
    expect(text).toContain('"success":false')
    socket.destroy()
  })

  it('an early refusal does not reset who is still sending', async () => {
    const size = 5_000_000
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${server.url}/orckai/api/v1/agents`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': size } }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      })
      request.on('error', reject)
      request.end(Buffer.alloc(size, 97))
    })
    expect(status).toBe(401)
  })

  it.each([
    ['bad UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['a byte order of nothing', Buffer.from('nothing')],
  ])('%s is 400', async (_, body) => {
    const response = await get('/orckai/api/v1/agents', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'BAD_REQUEST'])
  })

  it('a million members are read or refused, and the server goes on', async () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i])))
    const response = await get('/orckai/api/v1/agents', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect(response.status).toBe(400)
    await response.text()
    expect((await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'a'.repeat(40_000)}\r\n\r\n`)).text).toMatch(/^HTTP\/1\.1 431/)
    expect((await get(AGENT)).status).toBe(200)
  })
})

it('closes at once, streams and all', async () => {
  await using other = createMock({ systems: ['orckai'], streamDelay: 1_000 })
  const listening = await other.listen()
  const response = await fetch(`${listening.url}/orckai/api/v1/chat/stream`, { method: 'POST', headers: { 'x-api-key': KEY, 'content-type': 'application/json' }, body: '{"message":"x"}' })
  const start = performance.now()
  await listening.close()
  expect(performance.now() - start).toBeLessThan(2_000)
  await response.text().catch(() => {})
  await expect.poll(() => other.clock.alarms).toBe(0)
})
