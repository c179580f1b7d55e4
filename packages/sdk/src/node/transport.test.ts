import { createServer, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import zlib from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { KEY, quick } from '../../test/fixture/client.js'
import { ok, rejection, serve, until } from '../../test/fixture/server.js'
import { idleTime } from './idle.js'
import { nodeTransport } from './transport.js'

/** What the default transport makes of servers as they are, byte for byte. */

const open: { close(): void }[] = []
afterEach(() => { for (const each of open.splice(0)) each.close() })

interface Raw { readonly url: string; readonly sockets: Socket[]; readonly heads: string[] }

/** A server of bytes: it is told of each request, when its head is there. */
async function raw(answer: (socket: Socket, n: number, head: string) => void, host = '127.0.0.1'): Promise<Raw> {
  const sockets: Socket[] = []
  const heads: string[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      if (!bytes.includes('HTTP/1.1\r\n')) return
      heads.push(String(bytes))
      answer(socket, heads.length - 1, String(bytes))
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
  open.push({ close: () => { for (const each of sockets) each.destroy(); server.close() } })
  const { port } = server.address() as { port: number }
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, sockets, heads }
}
const head = (length: number, more = '') => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`
const whole = (data: unknown, more = '') => { const body = JSON.stringify({ data }); return head(Buffer.byteLength(body), more) + body }
const get = (url: string, options: Parameters<typeof quick>[1] = {}) => quick(url, { maxRetries: 0, ...options }).client.request('items.get', { path: { id: 'a' } })
const post = (url: string, options: Parameters<typeof quick>[1] = {}) => quick(url, options).client.request('items.create', { params: { name: 'x' } })

it('a source is read when there is a connection to send it over, and closed when there will be none', async () => {
  const { url, sockets } = await raw(() => {})
  let [read, closed] = [false, false]
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      read = true
      yield Buffer.from('x')
    } finally {
      closed = true
    }
  }
  const ending = new AbortController()
  // A server that never says its part of the handshake.
  const sent = rejection(nodeTransport()(url.replace('http:', 'https:'), { method: 'POST', headers: {}, body: source() as never, signal: ending.signal, redirect: 'error' }))
  await until(() => sockets.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([read, closed]).toEqual([false, false])
  ending.abort(new Error('enough'))
  expect(await sent).toMatchObject({ message: 'enough' })
  await until(() => closed)
})

describe('answers', () => {
  it.each([
    ['after an early hint and a 100', (socket: Socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${whole('x')}`)],
    ['in chunks with trailers', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n8\r\n{"data":\r\n4\r\n"x"}\r\n0\r\nx-sum: 1\r\n\r\n')],
    ['without a length, to the end', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"data":"x"}')],
    ['of HTTP/1.0', (socket: Socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n{"data":"x"}')],
    ['with a header that stands there twice', (socket: Socket) => socket.write(whole('x', 'x-a: 1\r\nx-a: 2\r\n'))],
    ['byte by byte', async (socket: Socket) => { for (const byte of whole('x')) await new Promise<void>((resolve) => { socket.write(byte, () => resolve()) }) }],
  ])('%s', async (_, answer) => {
    const { url } = await raw(answer)
    expect(await get(url)).toBe('x')
  })

  const text = Buffer.from('{"data":"small"}')
  const { zstdCompressSync } = zlib as { zstdCompressSync?(bytes: Buffer): Buffer }
  const codings: [string, Buffer][] = [
    ['gzip', zlib.gzipSync(text)], ['x-gzip', zlib.gzipSync(text)], ['GZIP', zlib.gzipSync(text)], ['deflate', zlib.deflateSync(text)], ['br', zlib.brotliCompressSync(text)],
    ['deflate, gzip', zlib.gzipSync(zlib.deflateSync(text))], ['identity', text], ...(zstdCompressSync === undefined ? [] : [['zstd', zstdCompressSync(text)] as [string, Buffer]]),
  ]
  it.each(codings)('coded as %s', async (coding, bytes) => {
    const { url } = await raw((socket) => { socket.write(head(bytes.length, `content-encoding: ${coding}\r\n`)); socket.write(bytes) })
    expect(await get(url)).toBe('small')
  })

  it.each(codings.filter(([coding]) => coding !== 'identity'))('coded as %s and cut', async (coding, bytes) => {
    const { url } = await raw((socket) => { socket.write(head(bytes.length, `content-encoding: ${coding}\r\n`)); socket.write(bytes.subarray(0, 4), () => socket.destroy()) })
    expect(await rejection(get(url))).toMatchObject({ kind: 'ConnectionError' })
  })

  it('whose coding is a lie are an error', async () => {
    const { url } = await raw((socket) => { socket.write(head(text.length, 'content-encoding: gzip\r\n')); socket.write(text) })
    expect(await rejection(get(url))).toMatchObject({ kind: 'ConnectionError', code: 'Z_DATA_ERROR' })
  })

  it('that are not HTTP, or too much of it, are told as such', async () => {
    const garbage = await raw((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'))
    expect(await rejection(get(garbage.url))).toMatchObject({ kind: 'ConnectionError', code: expect.stringMatching(/^HPE_/), message: expect.stringMatching(/: Parse Error: Expected HTTP.* \(HPE_/) })
    const large = await raw((socket) => socket.write(whole('x', `x-large: ${'x'.repeat(80_000)}\r\n`)))
    expect(await rejection(get(large.url))).toMatchObject({ kind: 'ConnectionError', code: 'HPE_HEADER_OVERFLOW', message: expect.stringMatching(/: Parse Error: Header overflow \(HPE_HEADER_OVERFLOW/) })
    expect(await rejection(get(large.url, { fetch: globalThis.fetch }))).toMatchObject({ kind: 'ConnectionError', message: expect.stringMatching(/Headers Overflow Error \(UND_ERR_HEADERS_OVERFLOW/) })
  })
})

describe('hosts', () => {
  it('by an IPv6 address', async ({ skip }) => {
    const server = await raw((socket) => socket.write(whole('x')), '::1').catch(() => undefined)
    if (server === undefined) return skip('this machine has no IPv6')
    expect(await get(server.url)).toBe('x')
    expect(server.heads[0]).toMatch(/^host: \[::1\]:\d+/im)
  })

  it('in capitals; with user and password they are refused', async () => {
    const { url } = await raw((socket) => socket.write(whole('x')))
    expect(await get(url.replace('127.0.0.1', 'LOCALHOST'))).toBe('x')
    expect(await rejection(get(url.replace('://', '://ada:pass-in-the-url@')))).toMatchObject({ kind: 'InvalidArgumentError', message: expect.not.stringContaining('pass-in') })
  })
})

describe('connections', () => {
  it('a hundred that are held open keep no call waiting', async () => {
    const { url } = await serve((request, response) => (request.url.includes('stream') ? void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n') : ok(response, 'x')))
    const stop = new AbortController()
    const { client } = quick(url)
    const streams = Array.from({ length: 100 }, () => client.request<PromiseLike<unknown>>('chat.stream', {}, { signal: stop.signal }))
    await Promise.all(streams)
    expect(await get(url, { timeout: 10_000 })).toBe('x')
    stop.abort()
  })

  it.each([[undefined, 4_000], ['timeout=5', 4_000], ['timeout=5, max=100', 4_000], ['max=100, Timeout = 30', 29_000], ['timeout=600', 60_000], ['timeout=1', 0], ['timeout=0', -1_000], ['max=5', 4_000], ['nonsense', 4_000]])('after Keep-Alive: %s may be idle for %i ms', (value, ms) => {
    expect(idleTime(value)).toBe(ms)
  })

  it('are used again, given up before the server gives them up, and not kept where it keeps them too shortly', async () => {
    const two = await raw((socket) => socket.write(whole('x', 'keep-alive: timeout=2\r\n')))
    for (let i = 0; i < 6; i++) await get(two.url)
    expect(two.sockets.length).toBeLessThanOrEqual(2)
    await until(() => two.sockets.every(({ readableEnded }) => readableEnded), 10_000)
    const one = await raw((socket) => socket.write(whole('x', 'keep-alive: timeout=1\r\n')))
    for (let i = 0; i < 3; i++) await get(one.url)
    expect(one.sockets).toHaveLength(3)
  })

  it('of a server that closes them without a word cost no safe call, and no unsafe one is repeated', async () => {
    const { url, heads } = await raw((socket) => socket.end(whole('x')))
    for (let i = 0; i < 50; i++) expect(await get(url, { maxRetries: 2 })).toBe('x')
    heads.length = 0
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => post(url)))
    for (const each of outcomes) if (each.status === 'rejected') expect(each.reason).toMatchObject({ kind: 'ConnectionError', attempts: 1 })
    expect(heads.length).toBeLessThanOrEqual(20)
  })

  it('that are cut when they are used again: safe calls are repeated, unsafe ones fail with what may have happened', async () => {
    const { url, heads } = await raw((socket, n) => (n % 2 === 0 ? socket.write(whole('x')) : socket.resetAndDestroy()))
    await get(url)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    expect(await get(url, { maxRetries: 1 })).toBe('x')
    expect(heads).toHaveLength(3)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    expect(await rejection(post(url))).toMatchObject({ kind: 'ConnectionError', code: 'ECONNRESET', sent: true, attempts: 1 })
    expect(heads).toHaveLength(4)
  })

  it('that are given up before they are there, or break while they rest, end no process', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => { closed.listen(0, '127.0.0.1', resolve) })
    const { port } = closed.address() as { port: number }
    await new Promise<void>((resolve) => { closed.close(() => resolve()) })
    const broken = await raw((socket) => socket.write(whole('x'), () => socket.resetAndDestroy()))
    const uncaught: unknown[] = []
    const note = (error: unknown) => void uncaught.push(error)
    process.on('uncaughtException', note)
    const transport = nodeTransport()
    for (let i = 0; i < 50; i++) {
      const stop = new AbortController()
      const left = rejection(transport(`http://127.0.0.1:${port}/`, { method: 'GET', headers: {}, signal: stop.signal, redirect: 'error' }))
      stop.abort()
      await left
      await get(broken.url).catch(() => undefined)
    }
    await new Promise((resolve) => { setTimeout(resolve, 50) })
    process.off('uncaughtException', note)
    expect(uncaught).toEqual([])
    transport.close()
  })

  it('an answer that comes before the body was sent is the answer', async () => {
    const { url } = await raw((socket) => socket.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n'))
    const { client } = quick(url)
    const file = { name: 'large.bin', stream: async function* () { for (let i = 0; i < 64; i++) yield new Uint8Array(65_536) } }
    expect(await rejection(client.request('files.upload', { params: { file } }))).toMatchObject({ status: 413 })
  })

  it('ten thousand calls leave no timer and no listener, and are given fair warning of none', { timeout: 120_000 }, async () => {
    const server = await serve((_, response) => ok(response, 'x'))
    const warnings: Error[] = []
    const note = (warning: Error) => void warnings.push(warning)
    process.on('warning', note)
    const { client } = quick(server.url)
    const { signal } = new AbortController()
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    let left = 10_000
    await Promise.all(Array.from({ length: 32 }, async () => { while (left-- > 0) await client.request('items.get', { path: { id: 'a' } }, { signal }) }))
    process.off('warning', note)
    expect(warnings).toEqual([])
    expect(timers()).toBeLessThanOrEqual(before + 1)
    expect(server.seen).toHaveLength(10_000)
    for (const socket of server.sockets) expect(socket.listenerCount('close')).toBeLessThan(10)
    expect(server.opened()).toBeLessThan(100)
    await server.close()
  })

  it('no more than asked for, where a limit is set', async () => {
    const server = await serve((_, response) => void setTimeout(() => ok(response, 'x'), 5))
    const fetch = nodeTransport({ maxSockets: 3 })
    await Promise.all(Array.from({ length: 20 }, () => get(server.url, { fetch })))
    expect(server.opened()).toBeLessThanOrEqual(3)
    fetch.close()
    await server.close()
  })
})

describe('the answer that is handed out', () => {
  const answer = (socket: Socket) => socket.write(`HTTP/1.1 200 Fine\r\ncontent-type: application/json\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 12\r\n\r\n{"data":"x"}`)

  it('is a true Response, unread by asResponse() and read by withResponse()', async () => {
    const { url } = await raw(answer)
    const response = await get(url).asResponse()
    expect(response).toBeInstanceOf(Response)
    expect(response.headers).toBeInstanceOf(Headers)
    expect({ status: response.status, text: response.statusText, url: response.url, used: response.bodyUsed }).toEqual({ status: 200, text: 'Fine', url: `${url}/api/v1/items/a`, used: false })
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await response.clone().json()).toEqual({ data: 'x' })
    expect(await response.text()).toBe('{"data":"x"}')
    const { response: read, data } = await get(url).withResponse()
    expect(data).toBe('x')
    expect(read).toBeInstanceOf(Response)
    expect(read.bodyUsed).toBe(true)
    expect(await rejection(read.text())).toBeInstanceOf(TypeError)
    expect(() => read.clone()).toThrow(TypeError)
  })

  it('streams, and closes the connection when its body is left', async () => {
    const { url, sockets } = await raw((socket) => { socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n') })
    const response = await get(url).asResponse()
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first')
    await reader.cancel()
    await until(() => sockets[0]!.readableEnded || sockets[0]!.destroyed)
  })

  it('reads in every way that fetch\'s does, from the transport itself too', async () => {
    const form = 'a=1&b=2'
    const { url } = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`))
    const transport = nodeTransport()
    const ask = () => transport(url, { method: 'GET', headers: {}, signal: new AbortController().signal, redirect: 'error' })
    expect([...(await (await ask()).formData()).entries()]).toEqual([['a', '1'], ['b', '2']])
    expect(await (await (await ask()).blob()).text()).toBe(form)
    expect(new TextDecoder().decode(await (await ask()).arrayBuffer())).toBe(form)
    expect(new TextDecoder().decode(await (await ask()).bytes())).toBe(form)
    const twice = await ask()
    expect([await twice.clone().text(), await twice.text()]).toEqual([form, form])
    expect(twice.bodyUsed).toBe(true)
    expect(await rejection(twice.text())).toBeInstanceOf(TypeError)
    expect(() => (twice.headers as Headers).set('a', 'b')).toThrow(TypeError)
    expect(new Headers(twice.headers).get('content-length')).toBe('7')
    transport.close()
  })

  it('shows nothing of the request that it belongs to', async () => {
    const { url } = await raw(answer)
    let seen: unknown
    await get(url, { hooks: { onResponse: (info) => { seen = info } }, policies: [async (call, next) => { const reply = await next(call); seen = [seen, reply]; return reply }] })
    const shown = inspect(seen, { depth: 12, showHidden: true }) + JSON.stringify(seen)
    expect(shown).toContain("'content-length': '12'")
    expect(shown).not.toMatch(/a=1|b=2/)
    expect(shown).not.toContain(KEY)
  })
})
