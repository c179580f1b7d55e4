import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { fail, ok, rejection, serve, until, type TestServer } from '../../test/fixture/server.js'

/** The default of every platform but Node, on Node. */
vi.mock('#platform-fetch', () => import('./platform-fetch.js'))

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())
const get = (options = {}) => quick(server.url).client.request('items.get', { path: { id: 'a' } }, options)

it('goes over the global fetch and reads answers of any size, whole and in pieces', async () => {
  const large = 'ž€🤖'.repeat(200_000)
  server.handle((_, response, n) => (n === 0 ? ok(response, 'small') : ok(response, large)))
  expect(await get()).toBe('small')
  expect(await get()).toBe(large)
  expect(server.seen[0]!.headers['sec-fetch-mode']).toBeDefined()
  server.handle(async (_, response) => {
    const bytes = Buffer.from('{"data":"€"}')
    response.writeHead(200, { 'content-type': 'application/json' })
    for (const byte of bytes) await new Promise<void>((resolve) => { response.write(Buffer.from([byte]), () => resolve()) })
    response.end()
  })
  expect(await get()).toBe('€')
  server.handle((_, response) => void response.writeHead(200).end())
  expect(await get()).toBeUndefined()
})

it('ends with its limits before the headers and within the body, and closes the connection', async () => {
  server.handle(() => undefined)
  expect(await rejection(get({ timeout: 50, maxRetries: 0 }))).toMatchObject({ kind: 'TimeoutError', scope: 'attempt' })
  server.handle((_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"data":'))
  expect(await rejection(get({ timeout: 50, maxRetries: 0 }))).toMatchObject({ kind: 'TimeoutError', scope: 'attempt' })
  const stop = new AbortController()
  const left = rejection(get({ signal: stop.signal }))
  await until(() => server.seen.length === 3)
  stop.abort()
  expect(await left).toMatchObject({ kind: 'AbortedError' })
  await until(() => server.seen.every((request) => request.left()))
})

it('repeats what failed, and says of a cut body that it was cut', async () => {
  server.handle((_, response, n) => (n === 0 ? fail(response, 503) : ok(response, 'x')))
  expect(await get()).toBe('x')
  server.handle((_, response) => { response.writeHead(200, { 'content-length': 100 }).write('{'); setTimeout(() => response.socket?.destroy(), 10) })
  expect(await rejection(get({ maxRetries: 0 }))).toMatchObject({ kind: 'ConnectionError', sent: true })
})
