import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMock, type Mock, type MockOptions } from '../../../mock/src/index.js'
import { quick } from '../fixture/client.js'
import { fail, ok, rejection, serve, until, type TestServer } from '../fixture/server.js'
import { Klarefi } from '../../src/systems/klarefi/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'
import type { Clock } from '../../src/core/clock.js'
import { Lane } from '../../src/rate-limit/lane.js'
import { Queue } from '../../src/rate-limit/queue.js'
import { memoryRateLimitStore, RateLimitError, type RateLimitStore } from '../../src/rate-limit/index.js'
import { Meter } from '../../src/rate-limit/meter.js'

let mock: Mock | undefined
let server: TestServer | undefined
afterEach(async () => {
  await mock?.close()
  await server?.close()
  mock = server = undefined
})

const start = async (options: MockOptions) => {
  mock = createMock(options)
  return { mock, url: (await mock.listen()).url }
}
/** The reference server's clock is the client's: waiting moves it on. */
const shared = (of: Mock): Partial<Clock> => ({ now: () => of.clock.now(), sleep: (ms) => of.advance(ms) })
const refused = (of: Mock) => of.journal.entries({ status: 429 }).length

describe('the rate limits', () => {
  it('keeps 250 calls within 100 a minute without one 429, and shows its state', async () => {
    const { mock, url } = await start({ systems: ['orckai'], clock: 'virtual' })
    const orckai = new Orckai({ ...await mock.credentials('orckai'), baseUrl: `${url}/orckai/api/v1`, clock: shared(mock), maxRetries: 0 })
    const began = mock.clock.now()
    for (let i = 0; i < 250; i++) await orckai.agents.list()
    expect(refused(mock)).toBe(0)
    expect(mock.clock.now() - began).toBeGreaterThan(120_000)
    expect(mock.clock.now() - began).toBeLessThan(122_000)
    const [state] = orckai.rateLimits.local()
    expect(state).toMatchObject({ category: 'standard', inFlight: 0, queued: 0 })
    expect(state!.windows.map(({ requests, used }) => [requests, used])).toEqual([[100, 50], [3000, 250], [50_000, 250]])
    expect(orckai.rateLimits.get('standard')).toMatchObject({ limit: 100, remaining: 50 })
  })

  it('would run into the limit without it', async () => {
    const { mock, url } = await start({ systems: ['orckai'], clock: 'virtual' })
    const orckai = new Orckai({ ...await mock.credentials('orckai'), baseUrl: `${url}/orckai/api/v1`, rateLimit: false, maxRetries: 0 })
    for (let i = 0; i < 100; i++) await orckai.agents.list()
    expect(await rejection(orckai.agents.list())).toBeInstanceOf(RateLimitError)
    expect(orckai.rateLimits.local()).toEqual([])
  })

  it('holds 60 calls at once to Orckai\'s 20 concurrent', async () => {
    const { mock, url } = await start({ systems: ['orckai'], latency: 25 })
    const orckai = new Orckai({ ...await mock.credentials('orckai'), baseUrl: `${url}/orckai/api/v1`, maxRetries: 0 })
    const calls = Array.from({ length: 60 }, () => orckai.agents.list().toArray())
    await until(() => orckai.rateLimits.local()[0]?.queued === 40)
    expect(orckai.rateLimits.local()[0]).toMatchObject({ inFlight: 20 })
    await Promise.all(calls)
    expect(refused(mock)).toBe(0)
    expect(orckai.rateLimits.local()[0]).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('holds a place for a stream until it ends', async () => {
    const { mock, url } = await start({ systems: ['orckai'] })
    const orckai = new Orckai({ ...await mock.credentials('orckai'), baseUrl: `${url}/orckai/api/v1`, rateLimit: { concurrent: { standard: 1 } } })
    const stream = await orckai.chat.stream({ message: 'What is the refund policy?' })
    const next = orckai.agents.list().toArray()
    await until(() => orckai.rateLimits.local()[0]?.queued === 1)
    await stream.finalMessage()
    expect((await next).length).toBeGreaterThan(0)
    const left = await orckai.chat.stream({ message: 'What is the refund policy?' })
    for await (const _ of left) break
    expect((await orckai.agents.list()).items.length).toBeGreaterThan(0)
    expect(orckai.rateLimits.local()[0]).toMatchObject({ inFlight: 0 })
  })

  it('learns another plan from the headers, and waits for what others used', async () => {
    const { mock, url } = await start({ systems: ['klarefi'], clock: 'virtual', rateLimits: 10 })
    const make = async (rateLimit: boolean) => new Klarefi({ ...await mock.credentials('klarefi'), baseUrl: `${url}/klarefi`, clock: shared(mock), rateLimit, maxRetries: 0 })
    const [plain, klarefi] = [await make(false), await make(true)]
    for (let i = 0; i < 6; i++) await plain.me.get()
    for (let i = 0; i < 30; i++) await klarefi.me.get()
    expect(refused(mock)).toBe(0)
    expect(klarefi.rateLimits.local()[0]!.windows[0]).toMatchObject({ requests: 10 })
  })

  it('is one budget for all clients of a credential, and another for another credential', async () => {
    server = await serve((_, response) => ok(response, []))
    const store = memoryRateLimitStore()
    const make = (apiKey: string) => quick(server!.url, { apiKey, rateLimit: { store, limits: { standard: [{ requests: 5, seconds: 600 }] }, maxWait: 0 } }).client
    const [one, two, other] = [make('fix_same'), make('fix_same'), make('fix_other')]
    for (let i = 0; i < 5; i++) await (i % 2 === 0 ? one : two).request('items.get', { path: { id: i } })
    const error = await rejection(two.request('items.get', { path: { id: 9 } }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ code: 'client_rate_limit', retryable: false })
    expect(error.retryAfterMs).toBeGreaterThan(590_000)
    await other.request('items.get', { path: { id: 9 } })
    expect(server.seen).toHaveLength(6)
    expect(JSON.stringify(error)).not.toContain('fix_same')
  })

  it('shares a budget between processes through a store of theirs, and its key holds no secret', async () => {
    server = await serve((_, response) => ok(response, []))
    let shelf: Record<string, unknown> = {}
    const keys = new Set<string>()
    // What another process would see: JSON only, and every access takes a turn.
    let turn: Promise<unknown> = Promise.resolve()
    const exclusive = <T>(work: () => T): Promise<T> => {
      const mine = turn.then(() => new Promise((resolve) => setImmediate(resolve))).then(work)
      turn = mine.catch(() => undefined)
      return mine
    }
    const store = (): RateLimitStore => ({
      take: (key, windows, now) => exclusive(() => {
        keys.add(key)
        const meter = Meter.from(shelf[key])
        const wait = meter.take(windows, now)
        shelf = JSON.parse(JSON.stringify({ ...shelf, [key]: meter }))
        return wait
      }),
      learn: () => undefined,
    })
    const make = () => quick(server!.url, { apiKey: 'fix_shared_secret', rateLimit: { store: store(), limits: { standard: [{ requests: 8, seconds: 600 }] }, maxWait: 0 } }).client
    const clients = [make(), make(), make()]
    const results = await Promise.allSettled(Array.from({ length: 15 }, (_, i) => clients[i % 3]!.request('items.get', { path: { id: i } })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
    expect(server.seen).toHaveLength(8)
    expect([...keys].join()).not.toContain('fix_shared_secret')
    expect(keys.size).toBe(1)
  })

  it('leaves the queue when aborted, and at the deadline; neither costs a place', async () => {
    let release: (() => void) | undefined
    server = await serve((_, response, n) => {
      if (n > 0) return ok(response, [])
      release = () => ok(response, [])
    })
    const store = memoryRateLimitStore()
    const { client } = quick(server.url, { clock: { sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }, rateLimit: { store, concurrent: { standard: 1 } } })
    const first = client.request('items.get', { path: { id: 1 } })
    const abort = new AbortController()
    const aborted = rejection(client.request('items.get', { path: { id: 2 } }, { signal: abort.signal }))
    const late = rejection(client.request('items.get', { path: { id: 3 } }, { deadline: 1_000 }))
    const last = client.request('items.get', { path: { id: 4 } })
    await until(() => client.rateLimits.local()[0]?.queued === 3)
    abort.abort(new Error('enough'))
    expect(await aborted).toMatchObject({ kind: 'AbortedError', reason: new Error('enough') })
    expect(await late).toMatchObject({ kind: 'TimeoutError', scope: 'call' })
    release!()
    await Promise.all([first, last])
    expect(server.seen.map(({ url }) => url)).toEqual(['/api/v1/items/1', '/api/v1/items/4'])
    expect(client.rateLimits.local()[0]).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('is told by a refusal how long to be quiet', async () => {
    let now = 1_000_000
    const starts: number[] = []
    server = await serve((_, response, n) => {
      starts.push(now)
      return n === 0 ? fail(response, 429, 'SLOW', { 'retry-after': '20' }) : ok(response, {})
    })
    const { client } = quick(server.url, { maxRetries: 0, clock: { now: () => now, sleep: async (ms) => { now += ms } }, rateLimit: {} })
    expect(await rejection(client.request('items.get', { path: { id: 1 } }))).toBeInstanceOf(RateLimitError)
    await client.request('items.get', { path: { id: 2 } })
    expect(starts).toEqual([1_000_000, 1_020_000])
  })

  it('does not wait for itself: a sign-in leaves while its caller holds the only place', async () => {
    server = await serve((request, response) => (request.url.endsWith('/auth/login') ? ok(response, { access_token: 'token-of-login', refresh_token: 'r' }) : ok(response, [])))
    const { client } = quick(server.url, { email: 'a@b.c', password: 'secret-password', rateLimit: { concurrent: { standard: 1 } } })
    delete (client._options as { apiKey?: unknown }).apiKey
    await Promise.all([1, 2, 3].map((id) => client.request('items.get', { path: { id } })))
    expect(server.seen.map(({ url }) => url)).toEqual(['/api/v1/auth/login', '/api/v1/items/1', '/api/v1/items/2', '/api/v1/items/3'])
  })

  it('fails at once, saying when, where a turn would come after the deadline or maxWait; nothing is sent', async () => {
    server = await serve((_, response) => ok(response, {}))
    const { client } = quick(server.url, { apiKey: 'fix_deadline', rateLimit: { limits: { standard: [{ requests: 2, seconds: 60 }] } } })
    const get = (id: number, options = {}) => client.request('items.get', { path: { id } }, options)
    await Promise.all([get(1), get(2)])
    const error = await rejection(get(3, { deadline: 5_000 }))
    expect(error).toMatchObject({ kind: 'RateLimitError', code: 'client_rate_limit', attempts: 0, message: expect.stringContaining('before the deadline of 5000 ms') })
    expect(error.retryAfter).toBeGreaterThan(50)
    const { client: hasty } = quick(server.url, { apiKey: 'fix_deadline', rateLimit: { limits: { standard: [{ requests: 2, seconds: 60 }] }, maxWait: 1_000 } })
    expect(await rejection(hasty.request('items.get', { path: { id: 4 } }))).toMatchObject({ code: 'client_rate_limit', message: expect.stringContaining('maxWait') })
    expect(server.seen).toHaveLength(2)
    expect(client.rateLimits.local()[0]).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('holds maxWait while waiting for others to end, too', async () => {
    let release: (() => void) | undefined
    server = await serve((_, response) => { release = () => ok(response, {}) })
    const { client } = quick(server.url, { apiKey: 'fix_stuck', rateLimit: { concurrent: { standard: 1 }, maxWait: 60 } })
    const first = client.request('items.get', { path: { id: 1 } })
    await until(() => release !== undefined)
    expect(await rejection(client.request('items.get', { path: { id: 2 } }))).toMatchObject({ code: 'client_rate_limit' })
    release!()
    await first
    expect(client.rateLimits.local()[0]).toMatchObject({ inFlight: 0, queued: 0 })
  })

  it('lets a call that asks for it go without waiting, and counts it', async () => {
    server = await serve((_, response) => ok(response, {}))
    const { client } = quick(server.url, { apiKey: 'fix_hurry', rateLimit: { limits: { standard: [{ requests: 1, seconds: 60 }] }, maxWait: 0 } })
    await client.request('items.get', { path: { id: 1 } })
    await client.request('items.get', { path: { id: 2 } }, { rateLimit: false })
    expect(await rejection(client.request('items.get', { path: { id: 3 } }))).toMatchObject({ code: 'client_rate_limit' })
    expect(client.rateLimits.local()[0]!.windows).toEqual([{ requests: 1, seconds: 60, used: 2 }])
  })

  it('counts every request: retries, and the one after a renewed credential', async () => {
    const tokens = ['expired-token', 'fresh-token-1']
    server = await serve((request, response, n) => {
      if (request.url.endsWith('/auth/login')) return ok(response, { access_token: tokens.shift() })
      if (request.headers.authorization === 'Bearer expired-token') return fail(response, 401, 'EXPIRED')
      return n < 4 ? fail(response, 500, 'OOPS') : ok(response, {})
    })
    const { client } = quick(server.url, { email: 'counts@b.c', password: 'secret-password', rateLimit: {} })
    delete (client._options as { apiKey?: unknown }).apiKey
    await client.request('items.get', { path: { id: 1 } })
    expect(server.seen.map(({ url }) => url.split('/').pop())).toEqual(['login', '1', 'login', '1', '1'])
    expect(client.rateLimits.local()[0]!.windows[0]!.used).toBe(server.seen.length)
  })

  it('signs anew after a wait in which the credential ran out', async () => {
    let now = 1_900_000_000_000
    const token = (seconds: number) => `e30.${Buffer.from(JSON.stringify({ exp: now / 1000 + seconds })).toString('base64url')}.s`
    server = await serve((request, response) => {
      if (request.url.endsWith('/auth/login')) return ok(response, { access_token: token(40), refresh_token: 'refresh-1' })
      if (request.url.endsWith('/auth/refresh')) return ok(response, { access_token: token(400), refresh_token: 'refresh-2' })
      return ok(response, { used: request.headers.authorization })
    })
    const clock: Partial<Clock> = { now: () => now, sleep: async (ms) => { now += ms } }
    const { client } = quick(server.url, { email: 'waits@b.c', password: 'secret-password', clock, rateLimit: { limits: { standard: [{ requests: 2, seconds: 100 }] } } })
    delete (client._options as { apiKey?: unknown }).apiKey
    await client.request('items.get', { path: { id: 1 } })
    await client.request('items.get', { path: { id: 2 } })
    expect(server.seen.map(({ url }) => url.split('/').pop())).toEqual(['login', '1', 'refresh', '2'])
  })

  it('is on without being asked for, one budget in the process, and off with false', async () => {
    const { mock, url } = await start({ systems: ['klarefi'], clock: 'virtual' })
    const make = async (options = {}) => new Klarefi({ ...await mock.credentials('klarefi'), baseUrl: `${url}/klarefi`, maxRetries: 0, clock: shared(mock), ...options })
    const [one, two, off] = [await make(), await make(), await make({ rateLimit: false })]
    const began = mock.clock.now()
    for (let i = 0; i < 60; i++) await Promise.all([one.me.get(), two.me.get()])
    expect(refused(mock)).toBe(0)
    expect(mock.clock.now() - began).toBeGreaterThan(60_000)
    expect(off.rateLimits.local()).toEqual([])
    expect((await Promise.allSettled(Array.from({ length: 101 }, () => off.me.get()))).filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
  })
})

describe('the hook onWait', () => {
  it('tells of a wait before it begins, and of how long it takes', async () => {
    const { mock, url } = await start({ systems: ['orckai'], clock: 'virtual' })
    const told: unknown[] = []
    const orckai = new Orckai({
      ...await mock.credentials('orckai'), baseUrl: `${url}/orckai/api/v1`, clock: shared(mock), maxRetries: 0,
      hooks: { onWait: ({ system, operation, category, delayMs, attempt }) => void told.push({ system, operation, category, delayMs: delayMs > 0 && delayMs <= 60_250, attempt, used: mock.clock.now() - began }) },
    })
    const began = mock.clock.now()
    for (let i = 0; i < 101; i++) await orckai.agents.list()
    expect(told).toEqual([{ system: 'orckai', operation: 'agents.list', category: 'standard', delayMs: true, attempt: 1, used: 0 }])
  })

  it('that fails takes no place', async () => {
    const { mock, url } = await start({ systems: ['orckai'], clock: 'virtual' })
    const orckai = new Orckai({
      ...await mock.credentials('orckai'), baseUrl: `${url}/orckai/api/v1`, clock: shared(mock), maxRetries: 0, rateLimit: { limits: { standard: [{ requests: 1, seconds: 60 }] } },
      hooks: { onWait: () => { throw new Error('the hook broke') } },
    })
    await orckai.agents.list()
    expect((await rejection(orckai.agents.list())).message).toContain('the hook broke')
    expect(orckai.rateLimits.local()[0]).toMatchObject({ inFlight: 0, queued: 0 })
  })
})

describe('the queue', () => {
  it('is first come, first served, whoever leaves it, and loses no place (P)', async () => {
    const call = fc.record({ concurrent: fc.integer({ min: 1, max: 4 }), leaves: fc.boolean() })
    await fc.assert(fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (calls, perTurn) => {
      let now = 0
      let left = 0
      const clock: Clock = { now: () => now, random: () => 0, sleep: async (ms) => { now += ms; left = perTurn } }
      const lane = new Lane('test')
      const queue = new Queue(lane, () => (left-- > 0 ? 0 : 10))
      lane.queue = queue
      const served: number[] = []
      const gone: number[] = []
      const settled = calls.map(({ concurrent, leaves }, index) => new Promise<void>((resolve) => {
        const quit = queue.join({ concurrent, windows: [], clock, deadlineAt: Infinity, maxWait: Infinity, refuse: () => undefined, go: () => {
          served.push(index)
          queueMicrotask(() => { lane.leave(); resolve() })
        } })
        if (leaves) queueMicrotask(() => { if (quit()) { gone.push(index); resolve() } })
      }))
      await Promise.all(settled)
      expect(served).toEqual(served.toSorted((a, b) => a - b))
      expect([...served, ...gone].toSorted((a, b) => a - b)).toEqual(calls.map((_, index) => index))
      expect([lane.inFlight, queue._length]).toEqual([0, 0])
    }), { numRuns: 100 })
  })

  it('does not fail calls when the store does', async () => {
    server = await serve((_, response) => ok(response, []))
    const store: RateLimitStore = { take: vi.fn(async () => { throw new Error('redis is away') }), learn: async () => { throw new Error('redis is away') } }
    const { client } = quick(server.url, { rateLimit: { store } })
    await client.request('items.get', { path: { id: 1 } })
    expect(store.take).toHaveBeenCalled()
  })
})
