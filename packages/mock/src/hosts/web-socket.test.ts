import { connect as netConnect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { definition, operation, validator } from '../../test/fixture.js'
import { ServerSocket } from '../effects/socket.js'
import { follow } from '../effects/follow.js'
import { defineSystem, type System } from '../kernel/system.js'
import { DEFAULTS } from '../world/options.js'
import { Gateway } from './gateway.js'
import { listen } from './node.js'
import { connect } from './web-socket.js'

const progress = validator((data: { status?: unknown }) => (typeof data.status === 'string' ? [] : [{ keyword: 'required', message: 'status is missing' }]))
const system: System = defineSystem({
  ...definition,
  document: { ...definition.document, system: 'orckai', routes: [...definition.document.routes, operation('runs.progress', 'GET', '/runs/{id}/socket', { success: 101, stream: { kind: 'websocket', event: progress } }), operation('runs.echo', 'GET', '/echo', { success: 101, stream: { kind: 'websocket', event: progress } })] },
  jobs: { run: { steps: [{ status: 'queued' }, { status: 'running' }], success: 'done' } },
  sockets: {
    'runs.progress': async (c, socket) => {
      c.start('run', c.path['id']!)
      for await (const job of follow(c, 'run', c.path['id']!, 20)) socket.send({ status: job.status })
    },
    'runs.echo': (_, socket) => new Promise((resolve) => {
      socket.onMessage((message) => (message === 'bye' ? socket.close(4001, 'bye') : socket.send({ status: String(message) })))
      socket.onClose(() => resolve())
    }),
  },
})

const gateway = new Gateway({ systems: ['orckai'], single: undefined, worldOptions: { ...DEFAULTS, strict: true, rateLimits: 'off', jobs: { by: 'clock', duration: 1_500 } }, start: { offset: 0, frozen: false }, state: undefined, asset: async () => undefined })
gateway.load = async () => system
let server: Awaited<ReturnType<typeof listen>>
beforeAll(async () => {
  server = await listen(gateway)
})
afterAll(() => server.close())

interface Seen {
  messages: string[]
  code: number
  status: number | undefined
}

function overPort(path: string, headers: Record<string, string> = { 'x-api-key': 'k-full' }, say: string[] = []): Promise<Seen> {
  return new Promise((resolve) => {
    const socket = new WebSocket(server.url.replace('http', 'ws') + path, { headers })
    const seen: Seen = { messages: [], code: 0, status: undefined }
    socket.on('open', () => say.forEach((message) => socket.send(message)))
    socket.on('message', (data) => seen.messages.push(String(data)))
    socket.on('unexpected-response', (_, response) => {
      seen.status = response.statusCode
      resolve(seen)
    })
    socket.on('error', () => {})
    socket.on('close', (code) => resolve({ ...seen, code }))
  })
}

function inProcess(path: string, headers: Record<string, string> = { 'x-api-key': 'k-full' }, say: string[] = []): Promise<Seen> {
  return new Promise((resolve) => {
    const socket = connect(gateway, `ws://mock${path}`, { headers })
    const seen: Seen = { messages: [], code: 0, status: undefined }
    socket.onopen = () => say.forEach((message) => socket.send(message))
    socket.addEventListener('message', (event) => seen.messages.push(String(event.data)))
    socket.onerror = (event) => (seen.status = event.status)
    socket.onclose = (event) => resolve({ ...seen, code: event.code! })
  })
}

describe.each([['over a port', overPort], ['in process', inProcess]])('%s', (_, open) => {
  it('tells the story of a job and closes', async () => {
    const { messages, code } = await open(`/orckai/runs/${_ === 'in process' ? 1 : 2}/socket`)
    expect([...new Set(messages.map((message) => (JSON.parse(message) as { status: string }).status))]).toEqual(['queued', 'running', 'done'])
    expect(code).toBe(1000)
  })

  it('refuses with real answers before the upgrade', async () => {
    expect((await open('/orckai/echo', {})).status).toBe(401)
    expect((await open('/orckai/nothing')).status).toBe(404)
    expect((await open('/nobody/echo')).status).toBe(404)
  })

  it('talks both ways and closes with the code asked for', async () => {
    expect(await open('/orckai/echo', undefined, ['one', 'two', 'bye'])).toMatchObject({ messages: ['{"status":"one"}', '{"status":"two"}'], code: 4001 })
  })
})

it('a plain GET is told to upgrade', async () => {
  expect((await fetch(`${server.url}/orckai/echo`, { headers: { 'x-api-key': 'k-full' } })).status).toBe(426)
})

it('a handshake without a proper key leaves nothing behind', async () => {
  const { status } = await new Promise<{ status: string }>((resolve) => {
    const socket = netConnect(server.port, '127.0.0.1', () => socket.write('GET /orckai/echo HTTP/1.1\r\nhost: x\r\nx-api-key: k-full\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: short\r\n\r\n'))
    let text = ''
    socket.on('data', (data) => (text += String(data)))
    socket.on('close', () => resolve({ status: text.slice(0, 12) }))
  })
  expect(status).toBe('HTTP/1.1 400')
  await expect.poll(() => gateway.world().connections).toBe(0)
})

it('messages that nobody listens to are not kept for ever', () => {
  const end = new ServerSocket({ send: () => {}, close: () => {}, drop: () => {} })
  for (let i = 0; i < 1_000; i++) end.received('a'.repeat(1024))
  let heard = 0
  end.onMessage(() => heard++)
  expect(heard).toBe(64)
  end.received('now')
  expect(heard).toBe(65)
})

it('going away is 1001', async () => {
  const other = await listen(gateway)
  const code = await new Promise((resolve) => {
    const socket = new WebSocket(`${other.url.replace('http', 'ws')}/orckai/echo`, { headers: { 'x-api-key': 'k-full' } })
    socket.on('open', () => void other.close())
    socket.on('close', resolve)
  })
  expect(code).toBe(1001)
})
