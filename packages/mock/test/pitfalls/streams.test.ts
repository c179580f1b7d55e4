import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { frame, sseFrames } from '../../src/effects/sse.js'
import { Lifetime } from '../../src/kernel/reply.js'
import { createMock, type Mock } from '../../src/mock.js'
import { definition, document as fixtureDocument, operation, client } from '../fixture.js'
import { defineSystem } from '../../src/kernel/system.js'
import { arena } from '../harness/arena.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

const KEY = { 'x-api-key': 'oak_test_full_access_0000000000000000', 'content-type': 'application/json' }
const chat = (mock: Mock, base: string, signal?: AbortSignal) => (base === '' ? mock.fetch : fetch)(`${base || mock.baseUrl('orckai').replace('/orckai/api/v1', '')}/orckai/api/v1/chat/stream`, { method: 'POST', headers: KEY, body: JSON.stringify({ message: 'tell me something long '.repeat(20) }), ...(signal && { signal }) })

describe('pitfalls: streams, sockets, webhooks', () => {
  it('30. a thousand streams whose client goes away leave no timer and no request under way', async () => {
    const mock = createMock({ systems: ['orckai'], rateLimits: 'off', streamDelay: 50 })
    const server = await mock.listen()
    for (let batch = 0; batch < 10; batch++) {
      await Promise.all(Array.from({ length: 100 }, async () => {
        const stop = new AbortController()
        const response = await chat(mock, server.url, stop.signal)
        const reader = response.body!.getReader()
        await reader.read()
        stop.abort()
        await reader.read().catch(() => {})
      }))
    }
    for (let i = 0; i < 100 && mock.clock.alarms > 0; i++) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(mock.clock.alarms).toBe(0)
    await mock.close()
  }, 60_000)

  it('31. a stream goes no faster than it is read', async () => {
    let made = 0
    async function* endless(): AsyncGenerator<{ n: string }> {
      for (;;) yield { n: `${made++}`.padEnd(10_000, 'x') }
    }
    const system = defineSystem({ ...definition, document: { ...fixtureDocument, routes: [operation('a.b', 'GET', '/one', { responses: { 200: { content: { 'text/event-stream': null } } } })] }, collections: {}, resources: [], behaviours: { 'a.b': (c) => c.sse(endless()) } })
    const { world } = client({}, undefined, system)
    const { createFetch } = await import('../../src/hosts/fetch.js')
    const { handle } = await import('../../src/kernel/pipeline.js')
    const response = await createFetch((one) => handle(world, world.system(system), one))('http://mock/one', { headers: { 'x-api-key': 'k-full' } })
    const reader = response.body!.getReader()
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(made, 'made after one read').toBeLessThanOrEqual(3)
    await reader.cancel()
    // Over a socket: who opens a stream and never reads holds a few buffers, not the stream.
    const mock = createMock({ systems: ['orckai'], rateLimits: 'off', streamDelay: 0 })
    const { port } = await mock.listen()
    const before = process.memoryUsage().rss
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(port, '127.0.0.1')
      socket.pause()
      const body = JSON.stringify({ message: 'x '.repeat(20_000) })
      socket.write(`POST /orckai/api/v1/chat/stream HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY['x-api-key']}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      return socket
    })
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect((process.memoryUsage().rss - before) / 1024 / 1024 / sockets.length, 'MB a stream').toBeLessThan(1)
    for (const socket of sockets) socket.destroy()
    await mock.close()
  })

  it('32. events are framed right: several lines, ids without line breaks, headers that keep proxies from buffering', async () => {
    expect(frame({ data: 'a\r\nb\nc', event: 'e', id: '7' })).toBe('event: e\nid: 7\ndata: a\ndata: b\ndata: c\n\n')
    for (const id of ['a\nb', 'a\rb', 'a\0b']) expect(() => frame({ data: '', id })).toThrow('line break')
    const after: string[] = []
    for await (const text of sseFrames((async function* () {
      for (let i = 1; i <= 4; i++) yield { data: i, id: String(i) }
    })(), { lifetime: new Lifetime(), after: '2' })) after.push(text)
    expect(after).toEqual(['id: 3\ndata: 3\n\n', 'id: 4\ndata: 4\n\n'])
    const mock = createMock({ systems: ['orckai'], streamDelay: 0 })
    const response = await chat(mock, '')
    expect([response.headers.get('content-type'), response.headers.get('cache-control'), response.headers.get('x-accel-buffering'), response.headers.get('transfer-encoding')]).toEqual(['text/event-stream; charset=utf-8', 'no-cache, no-transform', 'no', null])
    await response.text()
    await mock.close()
  })

  it('33. a socket is refused with real HTTP before the upgrade, and closes with its code', async () => {
    const at = await arena('orca')
    const open = (id: string, token: string) => new Promise<{ status?: number; code?: number; messages: number }>((resolve) => {
      const socket = at.mock.webSocket(`${at.mock.baseUrl('orca').replace(/^http/, 'ws').replace('/api/v1', '')}/ws/jobs/${id}/progress?token=${token}`)
      let messages = 0
      socket.onmessage = () => void messages++
      socket.onerror = ({ status }) => resolve({ ...(status !== undefined && { status }), messages })
      socket.onclose = ({ code }) => resolve({ code, messages })
    })
    const token = at.who.main['jwt']!['authorization']!.slice(7)
    const job = '5f0b0000-0000-4000-8000-000000000001'
    expect((await open(job, '')).status).toBe(401)
    expect((await open(job, 'nonsense')).status).toBe(401)
    expect((await open('5f0b0000-0000-4000-8000-000000000901', token)).status).toBe(404)
    expect(await open(job, token)).toEqual({ code: 1000, messages: 1 })
    await at.mock.close()
  })

  it('34. a webhook never holds up or fails the call, is tried again on the clock, and goes to loopback only', async () => {
    const sent: string[] = []
    const mock = createMock({ systems: ['flexorch'], clock: 'virtual', rateLimits: 'off', send: (url) => (sent.push(String(url)), Promise.reject(new Error('the receiver is down'))) })
    const headers = { 'x-api-key': 'dfx_test_full_access_0000000000000000', 'content-type': 'application/json' }
    const hook = await mock.fetch(`${mock.baseUrl('flexorch')}/webhooks`, { method: 'POST', headers, body: JSON.stringify({ url: 'http://127.0.0.1:9/hook', events: ['job.completed'], secret: 's'.repeat(16) }) })
    expect(hook.status).toBe(201)
    const form = new FormData()
    form.append('files', new File(['a,b\n1,2\n'], 'a.txt'))
    const upload = await mock.fetch(`${mock.baseUrl('flexorch')}/data-process/async`, { method: 'POST', headers: { 'x-api-key': headers['x-api-key'] }, body: form })
    expect(upload.status).toBe(202)
    for (let i = 0; i < 20; i++) {
      await mock.advance(6 * 3_600_000)
      await mock.world().idle()
    }
    expect(sent.length, 'tried again').toBeGreaterThan(1)
    expect(new Set(sent)).toEqual(new Set(['http://127.0.0.1:9/hook']))
    expect((await mock.fetch(`${mock.baseUrl('flexorch')}/jobs`, { headers })).status).toBe(200)
    await mock.close()
  })

  it('35. a reset is a reset, journalled before it happens, and the next request is well', async () => {
    const mock = createMock({ systems: ['orckai'], rateLimits: 'off' })
    const { port } = await mock.listen()
    const get = (prefer?: string) => new Promise<string>((resolve) => {
      const call = request({ port, path: '/orckai/api/v1/agents', headers: { ...KEY, ...(prefer && { prefer }) } }, (response) => {
        response.resume()
        response.on('end', () => resolve(String(response.statusCode)))
        response.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? 'error'))
      })
      call.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? 'error'))
      call.end()
    })
    mock.faults.add({ operation: 'agents.list', fault: 'reset', times: 1 } as never)
    expect(await get()).toBe('ECONNRESET')
    expect(mock.journal.entries().at(-1)).toMatchObject({ operationId: 'agents.list' })
    expect(await get()).toBe('200')
    await mock.close()
  })

  it('36. who is still sending sees the refusal, not a reset', async () => {
    const mock = createMock({ systems: ['orckai'], rateLimits: 'off' })
    const { port } = await mock.listen()
    const status = await new Promise<number | string>((resolve) => {
      const call = request({ port, method: 'POST', path: '/orckai/api/v1/agents', headers: { ...KEY, 'content-length': 40 * 1024 * 1024 } }, (response) => resolve(response.statusCode!))
      call.on('error', (error) => resolve(String(error)))
      const piece = Buffer.alloc(1024 * 1024, 97)
      for (let i = 0; i < 40; i++) call.write(piece)
      call.end()
    })
    expect(status).toBe(413)
    await mock.close()
  })
})
