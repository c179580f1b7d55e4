import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket as WsWebSocket, WebSocketServer } from 'ws'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { quick, type FixtureOptions } from '../../test/fixture/client.js'
import { rejection, until } from '../../test/fixture/server.js'
import { nodeWebSocket } from '../node/web-socket.js'
import { AbortedError, StreamError } from './errors/index.js'
import type { SocketStream } from './results.js'
import type { WebSocketLike } from './socket-types.js'

interface Message { status: string; progress?: number }

let http: Server
let sockets: WebSocketServer
let upgrades: IncomingMessage[]
let polls: number
let polled: (n: number) => unknown
let onSocket: (socket: WsWebSocket, n: number) => void
let refuse: number | undefined

beforeEach(async () => {
  upgrades = []
  polls = 0
  refuse = undefined
  polled = () => ({ status: 'completed' })
  sockets = new WebSocketServer({ noServer: true })
  http = createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: polled(polls++) })))
  http.on('upgrade', (request, socket, head) => {
    upgrades.push(request)
    if (refuse !== undefined) return void socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, (client) => onSocket(client, upgrades.length - 1))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  for (const client of sockets.clients) client.terminate()
  http.closeAllConnections()
  http.close()
})

const watch = (options: FixtureOptions = {}, call = {}) =>
  quick(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mock`, { webSocket: nodeWebSocket(), ...options }).client.request<SocketStream<Message>>('jobs.watch', { path: { job_id: 'j' } }, call)
const collect = async (stream: SocketStream<Message>) => {
  const all: Message[] = []
  for await (const message of stream) all.push(message)
  return all
}
const say = (socket: WsWebSocket, ...messages: unknown[]) => messages.forEach((message) => socket.send(JSON.stringify(message)))

it('gives typed messages to the one that ends them, with the credential in a header and beside the base path', async () => {
  onSocket = (socket) => say(socket, { status: 'running', progress: 10 }, { type: 'ping' }, { status: 'running', progress: 60 }, { status: 'completed', progress: 100 }, { status: 'never' })
  expect(await collect(watch())).toEqual([{ status: 'running', progress: 10 }, { status: 'running', progress: 60 }, { status: 'completed', progress: 100 }])
  expect(upgrades[0]!.url).toBe('/mock/ws/jobs/j')
  expect(upgrades[0]!.headers['x-api-key']).toMatch(/^fix_/)
  await until(() => sockets.clients.size === 0)
})

it('reads a message that comes as bytes, also where the platform would make a Blob of it', async () => {
  onSocket = (socket) => {
    socket.send(Buffer.from('{"status":"running","progress":10}'), { binary: true })
    say(socket, { status: 'completed', progress: 100 })
  }
  const asBrowsersDo = Object.assign((url: string, { headers }: { headers: Readonly<Record<string, string>> }) => {
    const socket = new WsWebSocket(url, { headers })
    // Its types do not know this one yet.
    ;(socket as { binaryType: string }).binaryType = 'blob'
    return socket as unknown as WebSocketLike
  }, { sendsHeaders: true })
  expect(await collect(watch({ webSocket: asBrowsersDo }))).toEqual([{ status: 'running', progress: 10 }, { status: 'completed', progress: 100 }])
})

it('reconnects when it is cut; progress never goes back and nothing is said twice', async () => {
  onSocket = (socket, n) => {
    if (n === 0) {
      say(socket, { status: 'running', progress: 50 })
      setTimeout(() => socket.terminate(), 20)
    } else say(socket, { status: 'running', progress: 50 }, { status: 'running', progress: 20, stage: 'x' }, { status: 'completed', progress: 100 })
  }
  expect(await collect(watch())).toEqual([{ status: 'running', progress: 50 }, { status: 'running', progress: 50, stage: 'x' }, { status: 'completed', progress: 100 }])
  expect(upgrades).toHaveLength(2)
})

it('polls when no socket can be had', async () => {
  refuse = 503
  polled = (n) => (n === 0 ? { status: 'running', progress: 5 } : { status: 'completed', progress: 100 })
  expect(await collect(watch({}, { maxRetries: 1 }))).toEqual([{ status: 'running', progress: 5 }, { status: 'completed', progress: 100 }])
  expect({ upgrades: upgrades.length, polls }).toEqual({ upgrades: 2, polls: 2 })
})

it('uses the platform\'s socket with the token in the URL where headers cannot be sent', async () => {
  onSocket = (socket) => say(socket, { status: 'completed' })
  const factory = Object.assign((url: string) => new WsWebSocket(url) as never, { sendsHeaders: false })
  expect(await watch({ webSocket: factory }).final()).toEqual({ status: 'completed' })
  expect(upgrades[0]!.url).toMatch(/^\/mock\/ws\/jobs\/j\?token=fix_/)
})

it('stops for good when the server refuses', async () => {
  onSocket = (socket) => socket.close(4404)
  expect(await rejection(collect(watch()))).toMatchObject({ kind: 'StreamError', reason: 'refused', code: '4404', message: expect.stringContaining('no such thing') })
  expect(upgrades).toHaveLength(1)
})

it('a message that is not JSON is an error of ours', async () => {
  onSocket = (socket) => socket.send('{nope')
  const error = await rejection(collect(watch()))
  expect(error).toBeInstanceOf(StreamError)
  expect(error.reason).toBe('decode')
})

it('closes on break, close() and abort', async () => {
  onSocket = (socket) => say(socket, { status: 'running' })
  for await (const _ of watch()) break
  await until(() => sockets.clients.size === 0)
  const stream = watch()
  for await (const _ of stream) stream.close()
  await until(() => sockets.clients.size === 0)
  const controller = new AbortController()
  const error = await rejection((async () => { for await (const _ of watch({}, { signal: controller.signal })) controller.abort('why') })())
  expect(error).toBeInstanceOf(AbortedError)
  expect(error.reason).toBe('why')
  await until(() => sockets.clients.size === 0)
})

it('asks by request where an open socket stays silent: one opened as the work ended tells nothing any more', async () => {
  onSocket = () => {}
  polled = (n) => (n < 2 ? { status: 'running', progress: 5 } : { status: 'completed', progress: 100 })
  expect(await collect(watch({}, { idleTimeout: 1200 }))).toEqual([{ status: 'completed', progress: 100 }])
  expect({ upgrades: upgrades.length, polls }).toEqual({ upgrades: 1, polls: 3 })
})

it('goes on listening where such a look fails or finds no end', async () => {
  onSocket = (socket) => {
    say(socket, { status: 'running' })
    setTimeout(() => say(socket, { status: 'completed' }), 300)
  }
  http.removeAllListeners('request')
  http.on('request', (_, response) => { polls++; response.writeHead(404, { 'content-type': 'application/json' }).end('{}') })
  expect(await collect(watch({}, { idleTimeout: 1200 }))).toEqual([{ status: 'running' }, { status: 'completed' }])
  expect(polls).toBeGreaterThan(0)
  expect(upgrades).toHaveLength(1)
})
