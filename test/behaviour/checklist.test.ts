import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Orca } from '@orkit/sdk/orca'
import type { StreamPromise, TokenStore } from '../../packages/sdk/src/core/index.js'
import { quick } from '../../packages/sdk/test/fixture/client.js'
import { fail, json, ok, rejection, serve, until, type TestServer } from '../../packages/sdk/test/fixture/server.js'
import { transports } from '../../packages/sdk/test/fixture/transports.js'

/** Lines of the correctness checklist that no test beside its subject covers; README.md says where the others are. */
describe.each(transports)('%s', (_, fetch) => {
  let server: TestServer
  beforeEach(async () => { server = await serve() })
  afterEach(() => server.close())
  const client = (options: Parameters<typeof quick>[1] = {}) => quick(server.url, { ...(fetch === undefined ? {} : { fetch }), ...options }).client
  const get = (on: ReturnType<typeof client>, id: string, options = {}) => on.request('items.get', { path: { id } }, options)

  it('keeps retry state apart between concurrent calls', async () => {
    const seen = new Map<string, number>()
    server.handle((request, response) => {
      const count = (seen.get(request.url) ?? 0) + 1
      seen.set(request.url, count)
      return request.url.endsWith('/bad') || count < 3 ? fail(response, 500) : ok(response, request.url)
    })
    const one = client({ retryBudget: false })
    const calls = Array.from({ length: 20 }, (_, i) => get(one, `a${i}`).withResponse())
    const bad = rejection(get(one, 'bad'))
    for (const { attempts } of await Promise.all(calls)) expect(attempts).toBe(3)
    expect((await bad).attempts).toBe(3)
  })

  it('gets over a kept connection that the server closes just then', async () => {
    const one = client()
    server.handle((_, response, n) => {
      if (n % 2 === 1) return void response.socket!.destroy()
      ok(response, n)
    })
    for (let i = 0; i < 5; i++) expect(await get(one, 'a')).toBeTypeOf('number')
  })

  it('a signal does not switch the time-out off, nor the other way round', async () => {
    server.handle(() => undefined)
    const { signal } = new AbortController()
    expect(await rejection(get(client(), 'a', { signal, timeout: 60, maxRetries: 0 }))).toMatchObject({ kind: 'TimeoutError' })
    expect(await rejection(get(client(), 'a', { signal: AbortSignal.timeout(50), timeout: 10_000 }))).toMatchObject({ kind: 'AbortedError', reason: { name: 'TimeoutError' } })
  })

  it('leaves no timer behind, whatever the end', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    server.handle((_, response, n) => (n % 2 === 0 ? ok(response, 1) : fail(response, 400)))
    const one = client({ timeout: 45_000, deadline: 50_000 })
    await get(one, 'warm')
    const before = timers()
    await Promise.allSettled(Array.from({ length: 20 }, () => get(one, 'a')))
    // The platform's own keep-alive timers come and go; those of 20 calls would show.
    expect(timers()).toBeLessThan(before + 5)
  })

  it('reads no more of an error\'s body than it needs', { timeout: 10_000 }, async () => {
    server.handle((_, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      const chunk = 'x'.repeat(64 * 1024)
      const more = () => { while (!response.destroyed && response.write(chunk)); }
      response.on('drain', more)
      more()
    })
    expect(await rejection(get(client(), 'a'))).toMatchObject({ status: 400 })
    await until(() => server.seen[0]!.left())
    server.handle((_, response) => { response.writeHead(503, { 'content-type': 'application/json' }).write('{"error":') })
    expect(await rejection(get(client(), 'a', { timeout: 100, maxRetries: 0 }))).toMatchObject({ status: 503 })
  })

  it('members called __proto__ or constructor do nothing', async () => {
    server.handle((_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"id":"a"}}'))
    expect(await get(client(), 'a')).toMatchObject({ id: 'a' })
    server.handle((_, response) => void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"__proto__":{"polluted":true},"code":"__proto__","message":"no"}}'))
    expect(await rejection(get(client(), 'a'))).toMatchObject({ code: '__proto__', kind: 'BadRequestError' })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('writes dates as they are, and takes buffers of another realm', async () => {
    server.handle((_, response) => ok(response, 1))
    const foreign = runInNewContext('new Uint8Array([104, 105]).buffer') as ArrayBuffer
    const created = new Date('2026-03-01T12:00:00Z')
    await client().request('files.upload', { params: { created, file: { name: 'a.txt', data: foreign } } })
    const body = server.seen[0]!.body.toString()
    expect(body).toContain('\r\n\r\n2026-03-01T12:00:00.000Z\r\n')
    expect(body).toContain('\r\n\r\nhi\r\n')
  })

  it('a stream that is dropped unread gives its connection back', { retry: 3 }, async () => {
    setFlagsFromString('--expose_gc')
    const collect = runInNewContext('gc') as () => void
    server.handle((_, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"content":"a"}\n\n') })
    const one = client()
    await (async () => { await one.request<StreamPromise<unknown>>('chat.stream', { params: { message: 'hi' } }) })()
    for (let i = 0; i < 100 && !server.seen[0]!.left(); i++) {
      collect()
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
    expect(server.seen[0]!.left()).toBe(true)
  })

  it('the halves of a stream outlive it', async () => {
    setFlagsFromString('--expose_gc')
    const collect = runInNewContext('gc') as () => void
    server.handle((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"content":"a"}\n\n')
      setTimeout(() => response.end('data: {"content":"b","done":true}\n\n'), 300)
    })
    const one = client()
    const [left, right] = await (async () => (await one.request<StreamPromise<unknown>>('chat.stream', { params: { message: 'hi' } })).tee())()
    const ends = [left.finalMessage(), right.finalMessage()]
    for (let i = 0; i < 10; i++) {
      collect()
      await new Promise((resolve) => { setTimeout(resolve, 10) })
    }
    expect((await Promise.all(ends)).map(({ text }) => text)).toEqual(['ab', 'ab'])
  })

  it('a drained retry budget under load fails calls, and nothing goes unobserved', async () => {
    const unobserved: unknown[] = []
    const note = (reason: unknown) => unobserved.push(reason)
    process.on('unhandledRejection', note)
    try {
      server.handle((_, response) => fail(response, 500))
      const one = client()
      const ends = await Promise.allSettled(Array.from({ length: 300 }, () => get(one, 'a')))
      expect(ends.every(({ status }) => status === 'rejected')).toBe(true)
      expect(server.seen.length).toBeLessThanOrEqual(300 + 20 + 30)
      server.handle((_, response) => ok(response, 1))
      await Promise.all(Array.from({ length: 20 }, () => get(one, 'a')))
      // Calls that succeed fill it again.
      server.handle((_, response, n) => (n % 2 === 0 ? fail(response, 500) : ok(response, 1)))
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    } finally {
      process.off('unhandledRejection', note)
    }
    expect(unobserved).toEqual([])
  })

  it('signing in follows no redirect', async () => {
    const other = await serve()
    try {
      server.handle((_, response) => void response.writeHead(307, { location: `${other.url}/steal` }).end())
      const orca = new Orca({ email: 'ada@example.com', password: 'a secret password', baseUrl: `${server.url}/api/v1`, maxRetries: 0, ...(fetch === undefined ? {} : { fetch }) })
      expect(await rejection(orca.jobs.list())).toMatchObject({ kind: expect.stringMatching(/ConnectionError|AuthenticationError/) })
      expect(other.seen).toHaveLength(0)
    } finally {
      await other.close()
    }
  })
})

describe('tokens', () => {
  it('a token that lives shorter than the early refresh is used, not refreshed at each call', async () => {
    const server = await serve((request, response) => (request.url.endsWith('/auth/login') || request.url.endsWith('/auth/refresh')
      ? ok(response, { access_token: `h.${Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 20 })).toString('base64url')}.s`, refresh_token: 'r' })
      : json(response, 200, { data: [] })))
    try {
      const orca = new Orca({ email: 'ada@example.com', password: 'p', baseUrl: `${server.url}/api/v1` })
      for (let i = 0; i < 5; i++) await orca.jobs.list()
      expect(server.seen.filter(({ url }) => url.includes('/auth/'))).toHaveLength(1)
    } finally {
      await server.close()
    }
  })

  it('a refresh that fails does not clear the newer token of another process', async () => {
    const kept = new Map<string, object>()
    const store: TokenStore = { get: (key) => kept.get(key) as never, set: (key, value) => void kept.set(key, value), delete: (key) => void kept.delete(key) }
    let stored: string | undefined
    const server = await serve((request, response) => {
      if (request.url.endsWith('/auth/login')) return stored === undefined ? ok(response, { access_token: 'first', refresh_token: 'r1' }) : fail(response, 401)
      if (request.url.endsWith('/auth/refresh')) {
        // Another process was quicker, and its refresh used the token up.
        stored = [...kept.keys()][0]!
        kept.set(stored, { accessToken: 'newer', refreshToken: 'r2' })
        return fail(response, 401)
      }
      if (request.headers.authorization === 'Bearer newer') return json(response, 200, { data: [] })
      return fail(response, 401)
    })
    try {
      const orca = new Orca({ email: 'ada@example.com', password: 'p', tokenStore: store, baseUrl: `${server.url}/api/v1`, maxRetries: 0 })
      await orca.jobs.list().catch(() => undefined)
      expect(stored).toBeDefined()
      expect(kept.get(stored!)).toMatchObject({ accessToken: 'newer' })
    } finally {
      await server.close()
    }
  })
})

it('every line of the table in README.md names a test that exists', () => {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const rows = readFileSync(`${here}/README.md`, 'utf8').split('## The correctness checklist')[1]!.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.split('|').map((part) => part.trim()))
  expect(rows.length).toBeGreaterThan(60)
  // Tests of the SDK stand beside what they test, or under test/ with the same path.
  const homes = [here, `${here}/../../packages/sdk/src`, `${here}/../../packages/sdk/test`]
  const missing = rows.filter(([, , file, title]) => !homes.some((home) => existsSync(`${home}/${file}`) && readFileSync(`${home}/${file}`, 'utf8').includes(title!)))
  expect(missing.map(([, line]) => line)).toEqual([])
})
