import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Orca } from '@orkit/sdk/orca'
import { nodeWebSocket } from '@orkit/sdk/node'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createMock, createProxy, type Proxy, type SystemName } from '../../src/index.js'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

const proxied = async (system: SystemName, target: string, onDrift?: () => void): Promise<Proxy> => {
  const proxy = await createProxy({ system, target, ...(onDrift && { onDrift }) })
  open.push(proxy)
  return proxy
}

/** A target of a test's own: what it does with requests and with sockets. */
async function target(onSocket: (socket: WebSocket) => void, onRequest?: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(onRequest ?? ((_, response) => response.writeHead(404).end()))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', onSocket)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ close: () => (sockets.close(), server.closeAllConnections(), new Promise((resolve) => server.close(resolve))) })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`
}

/** Opens a socket and gathers what comes until it closes. */
async function heard(url: string, options: { headers?: Record<string, string>; say?: string } = {}) {
  const socket = new WebSocket(url, { headers: options.headers ?? {} })
  const messages: string[] = []
  socket.on('message', (data) => messages.push(String(data as Buffer)))
  if (options.say !== undefined) socket.on('open', () => socket.send(options.say!))
  return new Promise<{ messages: string[]; code?: number; reason?: string; refused?: { status: number; body: string } }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ messages, code, reason: String(reason) }))
    socket.on('error', () => {})
    socket.on('unexpected-response', (_, response) => {
      let body = ''
      response.on('data', (chunk) => (body += String(chunk)))
      response.on('end', () => resolve({ messages, refused: { status: response.statusCode!, body } }))
    })
  })
}

const socketUrl = (proxy: Proxy, query = ''): string => `${proxy.url.replace('http', 'ws')}/ws/jobs/job-1/progress${query}`

describe('sockets through the proxy', () => {
  it('carries a whole story of our client, and finds nothing where the service keeps to the document', async () => {
    const mock = createMock({ system: 'orca', rateLimits: 'off', jobDuration: 150 })
    open.push(mock)
    const proxy = await proxied('orca', `${(await mock.listen()).url}/api/v1`)
    const orca = new Orca({ ...((await mock.credentials('orca')) as { email: string; password: string }), baseUrl: proxy.baseUrl, webSocket: nodeWebSocket() })
    const file = await orca.files.upload({ file: { name: 'people.csv', data: 'name,email\nAda,ada@example.com\n' } })
    const job = await orca.jobs.create({ name: 'Story', file_ids: [file.file_id!] })
    await orca.jobs.start(job.job_id)
    const states: unknown[] = []
    for await (const { status } of orca.jobs.watch(job.job_id)) states.push(status)
    expect(states.at(-1)).toBe('completed')
    expect(proxy.report().operations['jobs.watch']).toEqual({ 101: 1 })
    expect(proxy.report().findings).toEqual([])
  })

  it('reports messages that depart, with no secret in it, and carries both directions and the close', async () => {
    const said: string[] = []
    let reports = 0
    const proxy = await proxied('orca', await target((socket) => {
      // At once, before the client's side is open.
      socket.send(JSON.stringify({ status: 'very busy', secret_echo: 'tok-0123456789' }))
      socket.on('message', (data) => {
        said.push(String(data as Buffer))
        socket.send('no JSON')
        socket.close(4001, 'enough')
      })
    }), () => reports++)
    const { messages, code, reason } = await heard(socketUrl(proxy, '?token=tok-0123456789'), { say: 'hello', headers: { authorization: 'Bearer another-secret-token' } })
    expect(messages).toEqual([expect.stringContaining('very busy'), 'no JSON'])
    expect([said, code, reason]).toEqual([['hello'], 4001, 'enough'])
    const { findings, operations } = proxy.report()
    expect(operations).toEqual({ 'jobs.watch': { 101: 1 } })
    expect(findings.length).toBeGreaterThan(0)
    for (const finding of findings) expect(finding).toMatchObject({ direction: 'answer', operation: 'jobs.watch', status: 101 })
    expect(reports).toBeGreaterThan(0)
    expect(JSON.stringify(findings)).not.toMatch(/tok-0123456789|another-secret/)
  })

  it('breaks where the target breaks, and hands a refusal on as it is', async () => {
    const broken = await proxied('orca', await target((socket) => socket.terminate()))
    expect(await heard(socketUrl(broken))).toMatchObject({ code: 1006 })

    const refusing = createServer()
    refusing.on('upgrade', (_, socket) => socket.end('HTTP/1.1 418 I am a teapot\r\ncontent-type: application/json\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{"error":1}'))
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
    open.push({ close: () => refusing.close() })
    const proxy = await proxied('orca', `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/api/v1`)
    expect((await heard(socketUrl(proxy))).refused).toEqual({ status: 418, body: '{"error":1}' })
    expect(proxy.report().findings).toMatchObject([{ kind: 'undocumented-status', operation: 'jobs.watch', status: 418 }])

    const away = await proxied('orca', 'http://127.0.0.1:9/api/v1')
    expect((await heard(socketUrl(away))).refused).toMatchObject({ status: 502 })
  })

  it('holds no socket open when it closes', async () => {
    const ended: number[] = []
    const proxy = await proxied('orca', await target((socket) => socket.on('close', (code) => ended.push(code))))
    const waiting = heard(socketUrl(proxy))
    await expect.poll(() => proxy.report().operations['jobs.watch']).toBeDefined()
    await proxy.close()
    expect((await waiting).code).toBe(1006)
    await expect.poll(() => ended).toEqual([1006])
  })
})

describe('streams through the proxy', () => {
  it('come as they are sent, and each event is held against the document', async () => {
    let goOn: (() => void) | undefined
    const proxy = await proxied('orckai', await target(() => {}, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"type":"tok')
      response.write('en","content":7}\n\n')
      goOn = () => response.end('data: {"type":"surprise"}\n\ndata: [DONE]\n\n')
    }))
    const response = await fetch(`${proxy.baseUrl}/chat/stream`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-api-key': 'oak_secret_secret_secret' }, body: '{"message":"hello"}' })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    // The first event is here before the second one is sent.
    while (!text.includes('\n\n')) text += (await reader.read()).value ?? ''
    expect(proxy.report().findings.map(({ pointer }) => pointer)).toContainEqual(expect.stringMatching(/^\/event/))
    goOn!()
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value
    expect(text).toBe('data: {"type":"token","content":7}\n\ndata: {"type":"surprise"}\n\ndata: [DONE]\n\n')
    expect(proxy.report().findings.every(({ operation, status }) => operation === 'chat.stream' && status === 200)).toBe(true)
  })
})
