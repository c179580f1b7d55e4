import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { createMock } from '../../../mock/src/index.js'
import { quick, type FixtureOptions } from '../fixture/client.js'
import { rejection, until } from '../fixture/server.js'
import type { SocketStream } from '../../src/core/results.js'
import { explain } from '../../src/core/close-codes.js'
import { Orca } from '../../src/systems/orca/index.js'
import { nodeWebSocket } from '../../src/node/web-socket.js'

let http: Server
let sockets: WebSocketServer
let upgrades: IncomingMessage[]
let logins: number
let polls: number
let accepts: (token: string | undefined, n: number) => number
let onSocket: (socket: WebSocket, n: number) => void

beforeEach(async () => {
  upgrades = []
  logins = polls = 0
  accepts = () => 101
  onSocket = (socket) => socket.send(JSON.stringify({ status: 'completed' }))
  sockets = new WebSocketServer({ noServer: true })
  http = createServer((request, response) => {
    const login = request.url!.includes('/auth/')
    if (login) logins++
    else polls++
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: login ? { access_token: `token-number-${logins}`, refresh_token: `refresh-number-${logins}` } : { status: 'completed' } })))
  })
  http.on('upgrade', (request, socket, head) => {
    upgrades.push(request)
    const status = accepts(request.headers.authorization, upgrades.length - 1)
    if (status !== 101) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, (client) => onSocket(client, upgrades.length - 1))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  for (const client of sockets.clients) client.terminate()
  http.closeAllConnections()
  http.close()
})

const port = () => (http.address() as AddressInfo).port
const watch = (options: FixtureOptions = {}, poll = true) => {
  const { client } = quick(`http://127.0.0.1:${port()}`, { webSocket: nodeWebSocket(), email: 'a@b.c', password: 'secret-password', ...options })
  delete (client._options as { apiKey?: unknown }).apiKey
  return client._socket<{ status: string }>(poll ? client._operation('jobs.watch') : { ...client._operation('jobs.watch'), stream: { kind: 'websocket', end: { at: '/status', values: ['completed'] } } }, { job_id: 'j' })
}
const collect = async (stream: SocketStream<{ status: string }>) => {
  const all = []
  for await (const message of stream) all.push(message.status)
  return all
}

it('a 401 on the upgrade refreshes the token and opens the socket once more, at once', async () => {
  accepts = (token) => (token === 'Bearer token-number-1' ? 401 : 101)
  expect(await collect(watch())).toEqual(['completed'])
  expect(upgrades.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-number-1', 'Bearer token-number-2'])
  expect({ logins, polls }).toEqual({ logins: 2, polls: 0 })
})

it('a second 401 is final: it is polled, or told', async () => {
  accepts = () => 401
  expect(await collect(watch())).toEqual(['completed'])
  expect({ upgrades: upgrades.length, polls }).toEqual({ upgrades: 2, polls: 1 })
  const error = await rejection(collect(watch({}, false)))
  expect(error).toMatchObject({ kind: 'StreamError', reason: 'refused', code: '401' })
  expect(error.message).toContain('refused with 401 (not signed in)')
  expect(error.message).not.toContain('token-number')
})

it('a close that says "not signed in" renews as well', async () => {
  onSocket = (socket, n) => (n === 0 ? socket.close(4401) : socket.send(JSON.stringify({ status: 'completed' })))
  expect(await collect(watch())).toEqual(['completed'])
  expect(logins).toBe(2)
})

it('403 and 404 are not tried again', async () => {
  for (const [status, why] of [[403, 'not allowed'], [404, 'no such thing']] as const) {
    accepts = () => status
    expect((await rejection(collect(watch({}, false)))).message).toContain(why)
  }
  expect(upgrades).toHaveLength(2)
})

it('every close code is explained', () => {
  for (const code of [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 4401, 4403, 4404, 4408, 4429]) expect(explain(code)).not.toBe('no reason given')
})

it('a peer that leaves pings unanswered is given up, and the socket opened again', async () => {
  const frozen: Socket[] = []
  onSocket = (socket, n) => {
    if (n > 0) return socket.send(JSON.stringify({ status: 'completed' }))
    socket.send(JSON.stringify({ status: 'running' }))
    const { _socket: raw } = socket as unknown as { _socket: Socket }
    raw.pause()
    frozen.push(raw)
  }
  expect(await collect(watch({ webSocket: nodeWebSocket({ heartbeat: 40 }) }))).toEqual(['running', 'completed'])
  expect(upgrades).toHaveLength(2)
  for (const raw of frozen) raw.destroy()
})

it('goes through a proxy, with its credentials, and past it to this machine', async () => {
  const seen: (string | undefined)[] = []
  const open = new Set<Socket>()
  const proxy = createServer()
  proxy.on('connect', (request, socket) => {
    seen.push(request.headers['proxy-authorization'])
    const [host, to] = request.url!.split(':')
    expect(host).toBe('jobs.example')
    const upstream = connect(Number(to), '127.0.0.1', () => { socket.write('HTTP/1.1 200 OK\r\n\r\n'); upstream.pipe(socket).pipe(upstream) })
    open.add(upstream)
    for (const each of [upstream, socket]) each.on('error', () => undefined)
    upstream.on('close', () => open.delete(upstream))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const env = { HTTP_PROXY: `http://ada:s%40crt@127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const ask = async (host: string) => {
    const socket = await nodeWebSocket({ env })(`ws://${host}:${port()}/ws`, { headers: {} })
    return new Promise((resolve, reject) => {
      socket.onerror = reject
      socket.onmessage = ({ data }: { data: unknown }) => {
        resolve(JSON.parse(String(data)))
        socket.close()
      }
    })
  }
  expect(await ask('jobs.example')).toEqual({ status: 'completed' })
  expect(seen).toEqual([`Basic ${Buffer.from('ada:s@crt').toString('base64')}`])
  expect(await ask('127.0.0.1')).toEqual({ status: 'completed' })
  expect(seen).toHaveLength(1)
  await until(() => open.size === 0)
  proxy.closeAllConnections()
  proxy.close()
})

it('ORCA: the watch itself crosses the ten minutes: no message twice, none lost, progress only forward', async () => {
  const mock = createMock({ systems: ['orca'], jobDuration: 25 * 60_000, clock: 'virtual', rateLimits: 'off' })
  const { url } = await mock.listen()
  const clock = { now: () => mock.clock.now(), sleep: async () => new Promise<void>((resolve) => setTimeout(resolve, 5)) }
  const orca = new Orca({ ...await mock.credentials('orca'), baseUrl: `${url}/orca/api/v1`, webSocket: nodeWebSocket(), clock })
  const [file] = await orca.files.list().toArray({ max: 1 })
  const { job_id: job } = await orca.jobs.create({ file_ids: [file!.file_id] } as never) as { job_id: string }
  await orca.jobs.start(job)
  const messages: { status: string; percentage: number }[] = []
  let over = false
  const reading = (async () => {
    for await (const message of orca.jobs.watch(job)) messages.push(message as never)
  })().finally(() => { over = true })
  while (!over) {
    await mock.advance(15_000)
    await new Promise((resolve) => setTimeout(resolve, 4))
  }
  await reading
  expect(mock.journal.entries({ operationId: 'jobs.watch' }).length).toBeGreaterThanOrEqual(3)
  expect(mock.journal.entries({ operationId: 'jobs.get' })).toHaveLength(0)
  const percents = messages.map(({ percentage }) => percentage)
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  expect(new Set(messages.map((message) => JSON.stringify(message))).size).toBe(messages.length)
  expect(messages.at(-1)!.status).toMatch(/^complete/)
  expect(messages.filter(({ status }) => status.startsWith('complete'))).toHaveLength(1)
  await mock.close()
})
