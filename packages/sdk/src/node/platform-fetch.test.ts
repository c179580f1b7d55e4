import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { http as mswHttp, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import nock from 'nock'
import { Agent, getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { ok, rejection, serve, type TestServer } from '../../test/fixture/server.js'
import { isFetchUntouched, isNodesFetch } from './untouched.js'

// Importing nock is enough for it to replace fetch.
nock.restore()

/** Importing undici has put an agent in the usual place: that alone changes nothing. */
const usual = getGlobalDispatcher()
let server: TestServer
beforeEach(async () => { server = await serve((_, response) => ok(response, 'from the server')) })
afterEach(async () => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  setGlobalDispatcher(usual)
  await server.close()
})

const get = (options: Parameters<typeof quick>[1] = {}) => quick(server.url, { maxRetries: 0, ...options }).client.request('items.get', { path: { id: 'a' } })
const made = (data: unknown) => new Response(JSON.stringify({ data }), { headers: { 'content-type': 'application/json' } })
/** Only the platform's fetch says this of itself. */
const byFetch = () => server.seen.map(({ headers }) => headers['sec-fetch-mode'] !== undefined)

it('goes over node:http, and over the fetch that is given', async () => {
  expect(await get()).toBe('from the server')
  expect(await get({ fetch: globalThis.fetch })).toBe('from the server')
  expect(byFetch()).toEqual([false, true])
})

it('a fetch that stands in for the global one gets the requests, from the next one on and until it leaves', async () => {
  await get()
  vi.stubGlobal('fetch', async () => made('stub'))
  expect(await get()).toBe('stub')
  vi.unstubAllGlobals()
  const spy = vi.spyOn(globalThis, 'fetch')
  expect(await get()).toBe('from the server')
  expect(spy).toHaveBeenCalledOnce()
  spy.mockReturnValueOnce(made('not even a promise') as never)
  expect(await get()).toBe('not even a promise')
  spy.mockRestore()
  await get()
  expect(byFetch()).toEqual([false, true, false])
})

it.each([
  ['a wrapper by the same name', (fetch: typeof globalThis.fetch) => ({ fetch: (...args: Parameters<typeof fetch>) => fetch(...args) }).fetch],
  ['bound', (fetch: typeof globalThis.fetch) => fetch.bind(undefined)],
  ['a Proxy', (fetch: typeof globalThis.fetch) => new Proxy(fetch, {})],
  ['async', (fetch: typeof globalThis.fetch) => Object.assign(async (...args: Parameters<typeof fetch>) => fetch(...args), { native: true })],
])('Node\'s fetch %s counts as replaced', async (_, wrap) => {
  vi.stubGlobal('fetch', wrap(globalThis.fetch))
  expect(isNodesFetch(globalThis.fetch)).toBe(false)
  await get()
  expect(byFetch()).toEqual([true])
})

it('what stands in and never looks at the signal ends with it all the same, answer and body', async () => {
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  expect(await rejection(get({ timeout: 30 }))).toMatchObject({ kind: 'TimeoutError' })
  vi.stubGlobal('fetch', async () => new Response(new ReadableStream()))
  expect(await rejection(get({ timeout: 30 }))).toMatchObject({ kind: 'TimeoutError' })
  vi.stubGlobal('fetch', () => { throw new RangeError('at once') })
  expect(await rejection(get())).toMatchObject({ kind: 'ConnectionError', cause: expect.any(RangeError) })
})

it('undici: importing it changes nothing, its MockAgent answers', async () => {
  await get()
  const agent = new MockAgent()
  agent.disableNetConnect()
  setGlobalDispatcher(agent)
  agent.get(server.url).intercept({ path: '/api/v1/items/a' }).reply(200, { data: 'from MockAgent' })
  expect(await get()).toBe('from MockAgent')
  setGlobalDispatcher(new Agent())
  await get()
  expect(byFetch()).toEqual([false, false])
})

it.each([
  ['with settings', () => new Agent({ headersTimeout: 1_000 })],
  ['with certificates', () => new Agent({ connect: { ca: 'PEM' } })],
  ['with a factory', () => new Agent({ factory: () => { throw new Error('not called') } })],
  ['composed', () => new Agent().compose((dispatch) => (options, handler) => dispatch(options, handler))],
  ['patched', () => Object.assign(new Agent(), { dispatch: () => true })],
  ['derived', () => new (class Mine extends Agent {})()],
])('undici: an agent %s is the program\'s choice', (_, agent) => {
  expect(isFetchUntouched()).toBe(true)
  setGlobalDispatcher(agent() as Agent)
  expect(isFetchUntouched()).toBe(false)
})

it('msw answers while it listens', async () => {
  const worker = setupServer(mswHttp.get('*/api/v1/items/:id', ({ params }) => HttpResponse.json({ data: `msw ${String(params['id'])}` })))
  worker.listen()
  try {
    expect(await get()).toBe('msw a')
  } finally {
    worker.close()
  }
  await get()
  expect(byFetch()).toEqual([false])
})

it('nock answers while it is active', async () => {
  try {
    nock.activate()
    nock(server.url).get('/api/v1/items/a').reply(200, { data: 'nock' })
    expect(await get()).toBe('nock')
  } finally {
    nock.restore()
    nock.cleanAll()
  }
  await get()
  expect(byFetch()).toEqual([false])
})

it('is the same with a fetch that was replaced before the client was loaded, and without any; importing a client loads neither node:http nor fetch', async () => {
  const program = `
    import { createServer } from 'node:net'
    const loaded = () => process.moduleLoadList.filter((name) => /NativeModule (_http_client|internal\\/deps\\/undici\\/undici)$/.test(name)).length
    const { Orckai } = await import(${JSON.stringify(new URL('../systems/orckai/index.ts', import.meta.url).href)})
    const before = loaded()
    const own = globalThis.fetch
    const heads = []
    const server = createServer((socket) => socket.once('data', (bytes) => { heads.push(String(bytes)); socket.end('HTTP/1.1 200 OK\\r\\nconnection: close\\r\\ncontent-length: 11\\r\\n\\r\\n{"data":{}}') }))
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const agent = () => new Orckai({ apiKey: 'oak_x', baseUrl: 'http://127.0.0.1:' + server.address().port, maxRetries: 0 }).agents.get('a')
    delete globalThis.fetch
    await agent()
    globalThis.fetch = own
    await agent()
    server.close()
    console.log(JSON.stringify({ before, fetch: heads.map((head) => head.includes('sec-fetch-mode')) }))`
  const run = async (more: string[]) => JSON.parse((await promisify(execFile)(process.execPath, [...more, '--import', 'tsx', '--input-type=module', '-e', program], { env: { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../../../tsconfig.base.json', import.meta.url)) } })).stdout) as unknown
  const early = `data:text/javascript,const own = globalThis.fetch; globalThis.fetch = function fetch(...args) { return own(...args) }`
  const [plain, replaced] = await Promise.all([run([]), run(['--import', early])])
  expect(plain).toEqual({ before: 0, fetch: [false, false] })
  expect(replaced).toEqual({ before: 0, fetch: [false, true] })
})
