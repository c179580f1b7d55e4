import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KEY, quick } from '../../test/fixture/client.js'
import { fail, json, ok, rejection, serve, until, type TestServer } from '../../test/fixture/server.js'
import { transports } from '../../test/fixture/transports.js'
import { profile } from '../../test/fixture/operations.js'
import {
  AbortedError, ApiError, AuthenticationError, ConnectionError, DecodeError, InvalidArgumentError, NotFoundError, OrkitError, PlanError, QuotaExceededError, RateLimitError, ServerError,
  TimeoutError, ValidationError,
} from './errors/index.js'

/** Each row of the behaviour matrix that is about requests, over the platform's fetch and over ours. */
describe.each(transports)('%s', (_, fetch) => {
  let server: TestServer
  beforeEach(async () => { server = await serve() })
  afterEach(() => server.close())
  const client = (options: Parameters<typeof quick>[1] = {}, as?: typeof profile) => quick(server.url, { ...(fetch === undefined ? {} : { fetch }), ...options }, as)
  const get = (options = {}, more: Parameters<typeof quick>[1] = {}) => client(more).client.request('items.get', { path: { id: 'a' } }, options)
  const create = (options = {}, more: Parameters<typeof quick>[1] = {}) => client(more).client.request('items.create', { params: { name: 'x' } }, options)

  it('sends what the operation says and unwraps the answer', async () => {
    server.handle((_, response) => ok(response, { id: 'a' }, { 'x-request-id': 'r1' }))
    const { data, response, requestId, attempts } = await client().client.request('items.create', { params: { name: 'ü' } }).withResponse()
    expect({ data, status: response.status, requestId, attempts }).toEqual({ data: { id: 'a' }, status: 200, requestId: 'r1', attempts: 1 })
    const [request] = server.seen
    expect(request!.method).toBe('POST')
    expect(request!.url).toBe('/api/v1/items')
    expect(request!.headers).toMatchObject({ 'x-api-key': KEY, 'content-type': 'application/json', accept: 'application/json', 'user-agent': expect.stringMatching(/^orkit-sdk\//) })
    expect(request!.json()).toEqual({ name: 'ü' })
  })

  it('makes one request however often the promise is used', async () => {
    const promise = get()
    await Promise.all([promise, promise, promise.withResponse()])
    await promise
    expect(server.seen).toHaveLength(1)
    get().catch(() => undefined)
    await until(() => server.seen.length === 2)
  })

  it('hands out the raw answer', async () => {
    server.handle((_, response) => ok(response, { id: 'a' }))
    const response = await get().asResponse()
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ data: { id: 'a' } })
    const promise = get()
    expect(await promise).toEqual({ id: 'a' })
    expect(await (await promise.asResponse()).json()).toEqual({ data: { id: 'a' } })
    const raw = get()
    await (await raw.asResponse()).text()
    expect(await rejection(raw)).toBeInstanceOf(TypeError)
  })

  it.each([[204, undefined], [205, undefined], [200, ''], [200, undefined]])('takes %i with body %j as nothing', async (status, body) => {
    server.handle((_, response) => void response.writeHead(status).end(body))
    expect(await get()).toBeUndefined()
  })

  it('reads envelopes that are there, absent or strange', async () => {
    for (const [body, expected] of [[{ data: [1] }, [1]], [{ id: 1 }, { id: 1 }], [[1, 2], [1, 2]], [{ data: null }, null], ['text', 'text'], [7, 7], [{ __proto__: null, data: { ok: true }, error: null, meta: {} }, { ok: true }]] as const) {
      server.handle((_, response) => json(response, 200, body))
      expect(await get()).toEqual(expected)
    }
  })

  it('is not fooled by a 200 that reports a failure', async () => {
    server.handle((_, response) => json(response, 200, { data: null, error: { code: 'nope', message: 'no' } }))
    expect(await rejection(get())).toMatchObject({ status: 200, code: 'nope' })
  })

  it('retries a GET that fails, with a pause under full jitter', async () => {
    server.handle((_, response, n) => (n < 2 ? fail(response, 500) : ok(response, 'done')))
    const { client: it, slept } = client({ clock: { random: () => 0.5 } })
    const { data, attempts } = await it.request('items.get', { path: { id: 'a' } }).withResponse()
    expect({ data, attempts, slept }).toEqual({ data: 'done', attempts: 3, slept: [250, 500] })
  })

  it.each([[500, 3], [502, 3], [503, 3], [408, 3], [425, 3], [429, 3], [501, 1], [505, 1], [400, 1], [404, 1], [409, 1]])('GET always %i: %i attempts', async (status, attempts) => {
    server.handle((_, response) => fail(response, status))
    const error = await rejection(get())
    expect(error).toBeInstanceOf(ApiError)
    expect({ seen: server.seen.length, attempts: error.attempts, status: error.status }).toEqual({ seen: attempts, attempts, status })
  })

  it.each([500, 503, 429])('POST always %i: one attempt', async (status) => {
    server.handle((_, response) => fail(response, status))
    await rejection(create())
    expect(server.seen).toHaveLength(1)
    await rejection(create({ retryUnsafe: true }))
    expect(server.seen).toHaveLength(4)
  })

  it('maxRetries 0 is one attempt', async () => {
    server.handle((_, response) => fail(response, 500))
    await rejection(get({ maxRetries: 0 }))
    expect(server.seen).toHaveLength(1)
  })

  it('repeats with one and the same idempotency key', async () => {
    server.handle((_, response) => fail(response, 500))
    const { client: it } = client()
    const error = await rejection(it.request('payments.create', { params: { amount: 1 } }))
    const keys = server.seen.map((request) => request.json().idempotency_key)
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(error.idempotencyKey).toBe(keys[0])
    await rejection(it.request('payments.refund', { params: { amount: 1 } }, { idempotencyKey: 'mine' }))
    expect(server.seen.slice(3).map((request) => request.headers['idempotency-key'])).toEqual(['mine', 'mine', 'mine'])
    await rejection(it.request('payments.create', { params: { idempotency_key: 'body' } }, { idempotencyKey: 'option', maxRetries: 0 }))
    expect(server.seen.at(-1)!.json().idempotency_key).toBe('body')
  })

  it.each([['1', 1000], ['0.5', 500]])('Retry-After %s is kept to', async (value, expected) => {
    server.handle((_, response, n) => (n === 0 ? fail(response, 429, 'X', { 'retry-after': value }) : ok(response, 1)))
    const { client: it, slept } = client()
    await it.request('items.get', { path: { id: 'a' } })
    expect(slept).toEqual([expected])
  })

  it('Retry-After in the past falls back to the backoff; an hour fails at once', async () => {
    server.handle((_, response, n) => (n === 0 ? fail(response, 503, 'X', { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }) : ok(response, 1)))
    const { client: it, slept } = client({ clock: { random: () => 0.5 } })
    await it.request('items.get', { path: { id: 'a' } })
    expect(slept).toEqual([250])
    server.handle((_, response) => fail(response, 429, 'X', { 'retry-after': '3600', 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0' }))
    const error = await rejection(get())
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ attempts: 1, retryAfter: 3600, retryAfterMs: 3_600_000, limit: 5, remaining: 0 })
    expect(error.message).toMatch(/try again in 3600 s/)
    expect(error.headers['x-ratelimit-limit']).toBe('5')
  })

  it('never repeats what will not pass', async () => {
    server.handle((_, response) => fail(response, 429, 'QUOTA_EXCEEDED', { 'retry-after': '1' }))
    expect(await rejection(get())).toBeInstanceOf(QuotaExceededError)
    server.handle((_, response) => fail(response, 402, 'TRIAL_EXPIRED'))
    expect(await rejection(get())).toBeInstanceOf(PlanError)
    expect(server.seen).toHaveLength(2)
  })

  it('takes an untrusted reset for nothing and its Retry-After for a lower bound', async () => {
    const untrusted = { ...profile, rateLimits: { ...profile.rateLimits, headers: { ...profile.rateLimits.headers, resetUnit: 'untrusted' as const } } }
    server.handle((_, response, n) => (n < 2 ? fail(response, 429, 'X', { 'retry-after': '1', 'x-ratelimit-reset': '1', 'x-ratelimit-limit': '5' }) : ok(response, 1, { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '1' })))
    const { client: it, slept } = client({ clock: { random: () => 0.999 }, maxRetries: 3 }, untrusted)
    await it.request('items.get', { path: { id: 'a' } })
    expect(slept[0]).toBe(1000)
    expect(it.rateLimits.get('standard')).toMatchObject({ limit: 5, remaining: 4, resetAt: undefined })
  })

  it('an abort during the backoff rejects within 20 ms with the caller\'s reason', { retry: 2 }, async () => {
    server.handle((_, response) => fail(response, 500))
    const controller = new AbortController()
    const reason = { mine: true }
    const { client: it } = client({ clock: { random: () => 0.999, sleep: (await import('./clock.js')).sleep } })
    const failed = rejection(it.request('items.get', { path: { id: 'a' } }, { signal: controller.signal }))
    await until(() => server.seen.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const start = performance.now()
    controller.abort(reason)
    const error = await failed
    expect(performance.now() - start).toBeLessThan(20)
    expect(error).toBeInstanceOf(AbortedError)
    expect(error.reason).toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })

  it('an aborted signal sends nothing; an abort in flight closes the connection', async () => {
    expect(await rejection(get({ signal: AbortSignal.abort('no') }))).toMatchObject({ kind: 'AbortedError', reason: 'no' })
    expect(server.seen).toHaveLength(0)
    server.handle(() => undefined)
    const controller = new AbortController()
    const failed = rejection(get({ signal: controller.signal }))
    await until(() => server.seen.length === 1)
    controller.abort()
    expect(await failed).toBeInstanceOf(AbortedError)
    await until(() => server.seen[0]!.left())
  })

  it('leaves no listener on a signal that is used for many calls', async () => {
    const { signal } = new AbortController()
    server.handle((_, response, n) => (n % 3 === 0 ? fail(response, 404) : n % 3 === 1 ? fail(response, 500) : ok(response, 1)))
    await Promise.allSettled(Array.from({ length: 30 }, () => get({ signal, maxRetries: 1 })))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('times each attempt, headers and body, and retries', async () => {
    server.handle(() => undefined)
    const error = await rejection(get({ timeout: 60 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ scope: 'attempt', timeoutMs: 60, attempts: 3, system: 'Fixture', message: 'Fixture items.get: no complete answer within 60 ms (attempt 3)' })
    expect(server.seen).toHaveLength(3)
    server.handle((_, response) => { response.writeHead(200, { 'content-type': 'application/json' }).write('{"data":') })
    const stalled = await rejection(get({ timeout: 60, maxRetries: 1 }))
    expect(stalled).toMatchObject({ kind: 'TimeoutError', scope: 'attempt', attempts: 2 })
    await until(() => server.seen.every((request) => request.left()))
    // What may have been done is not sent again, and the error says so; that of a call which is over as a whole does not.
    expect(await rejection(create({ timeout: 60 }))).toMatchObject({ attempts: 1, message: 'Fixture items.create: no complete answer within 60 ms (attempt 1); not repeated, because it may have been done' })
    expect(server.seen).toHaveLength(6)
    expect(await rejection(create({ deadline: 60 }))).toMatchObject({ scope: 'call', message: 'Fixture items.create: no result within the deadline of 60 ms (attempt 1)' })
  })

  it('ends the whole call at the deadline and does not wait past it', { retry: 2 }, async () => {
    server.handle(() => undefined)
    const start = performance.now()
    const error = await rejection(get({ timeout: 60, deadline: 100 }, { clock: { random: () => 0.01 } }))
    expect(error).toMatchObject({ kind: 'TimeoutError', scope: 'call', timeoutMs: 100, attempts: 2 })
    expect(performance.now() - start).toBeLessThan(400)
    server.handle((_, response) => fail(response, 503, 'X', { 'retry-after': '5' }))
    expect(await rejection(get({ deadline: 1000 }))).toMatchObject({ status: 503, attempts: 1, retryAfterMs: 5000 })
  })

  it('refuses durations that a timer cannot do', async () => {
    expect(await rejection(get({ timeout: 2 ** 31 }))).toBeInstanceOf(InvalidArgumentError)
    expect(await rejection(get({ timeout: 0 }))).toBeInstanceOf(InvalidArgumentError)
    expect(() => client({ timeout: -1 })).toThrow(InvalidArgumentError)
  })

  it('reset connections: GET twice more, POST never', async () => {
    server.handle((_, response) => { response.socket!.destroy() })
    const error = await rejection(get())
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ attempts: 3, sent: true, retryable: true, system: 'Fixture', operation: 'items.get' })
    expect(server.seen).toHaveLength(3)
    const unsafe = await rejection(create())
    expect(server.seen).toHaveLength(4)
    // Who reads it at night needs to know which system, where, and why nothing was tried again.
    const { host } = new URL(server.url)
    expect(error.message).toMatch(new RegExp(`^Fixture items\\.get: the connection was cut \\(\\w+, ${host}\\)$`))
    expect(unsafe.message).toMatch(new RegExp(`^Fixture items\\.create: the connection was cut \\(\\w+, ${host}\\); not repeated, because it may have been done$`))
  })

  it('refused connections: POST is tried again, since nothing arrived', async () => {
    const { url } = server
    await server.close()
    const { client: it, slept } = quick(url, fetch === undefined ? {} : { fetch })
    const error = await rejection(it.request('items.create', { params: {} }))
    expect(error).toMatchObject({ kind: 'ConnectionError', code: 'ECONNREFUSED', sent: false, attempts: 3 })
    expect(error.message).toBe(`Fixture items.create: the server refused the connection (ECONNREFUSED, ${new URL(url).host})`)
    expect(slept).toHaveLength(2)
    server = await serve()
  })

  it('keeps the number of connections flat over many retried calls with large error bodies', async () => {
    const padding = 'x'.repeat(64 * 1024)
    server.handle((_, response, n) => (n % 2 === 0 ? json(response, 500, { padding }) : ok(response, 1)))
    const { client: it } = client()
    for (let i = 0; i < 50; i++) await it.request('items.get', { path: { id: 'a' } })
    expect(server.opened()).toBeLessThanOrEqual(2)
  })

  it('200 with broken JSON is a DecodeError', async () => {
    server.handle((_, response) => void response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'r9' }).end(`{"data": ${'x'.repeat(600)}`))
    const error = await rejection(get())
    expect(error).toBeInstanceOf(DecodeError)
    expect(error).toMatchObject({ status: 200, requestId: 'r9' })
    expect(error.excerpt).toHaveLength(512)
    expect(server.seen).toHaveLength(1)
    expect(JSON.stringify(error)).not.toContain('xxx')
  })

  it.each([
    [{ message: 'nope' }, 'nope'], [{ detail: 'nope' }, 'nope'], [{ error: 'nope' }, 'nope'], ['<html>oops</html>', 'Bad Request'], [undefined, 'Bad Request'], ['nope', 'nope'],
    [{ detail: [{ loc: ['body', 'a'], msg: 'nope' }] }, 'nope'],
  ])('400 with body %j is an error', async (body, message) => {
    server.handle((_, response) => void response.writeHead(400, { 'content-type': 'text/plain' }).end(typeof body === 'object' ? JSON.stringify(body) : body))
    const error = await rejection(get())
    expect(error).toBeInstanceOf(ApiError)
    expect(error.kind).toBe('BadRequestError')
    expect(error.detail).toBe(message)
  })

  it('fills in the error', async () => {
    server.handle((_, response) => json(response, 422, { error: { code: 'VALIDATION', message: 'bad\nname', request_id: 'r2', details: { fields: [{ field: 'name', message: 'too short', type: 'x' }] } } }, { 'set-cookie': 'a=b' }))
    const error = await rejection(create())
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toBeInstanceOf(OrkitError)
    expect(error).toMatchObject({ system: 'Fixture', operation: 'items.create', status: 422, code: 'VALIDATION', requestId: 'r2', attempts: 1, retryable: false, fields: [{ field: 'name', message: 'too short', type: 'x' }] })
    expect(error.message).toBe('Fixture items.create: 422 VALIDATION: bad name (request r2)')
    expect(error.headers['set-cookie']).toBeUndefined()
    server.handle((_, response) => fail(response, 403))
    expect((await rejection(create())).message).toMatch(/needs scope items:write/)
    server.handle((_, response) => fail(response, 404))
    expect(await rejection(get())).toBeInstanceOf(NotFoundError)
    server.handle((_, response) => void response.writeHead(503).end('x'.repeat(2_000_000)))
    expect(await rejection(get({ maxRetries: 0 }))).toBeInstanceOf(ServerError)
  })

  it('follows no redirect and leaks no credential', async () => {
    const other = await serve((_, response) => ok(response, 'stolen'))
    server.handle((_, response) => void response.writeHead(302, { location: `${other.url}/x` }).end())
    const error = await rejection(get())
    expect(error).toMatchObject({ kind: 'ConnectionError', code: 'redirect_refused', attempts: 1 })
    expect(other.seen).toHaveLength(0)
    await other.close()
  })

  it('follows a documented redirect without credentials', async () => {
    const other = await serve((_, response) => void response.writeHead(200, { 'content-type': 'application/pdf', 'content-disposition': 'attachment; filename="../r.pdf"' }).end('PDF'))
    server.handle((_, response) => void response.writeHead(307, { location: `${other.url}/signed?sig=1` }).end())
    const download = await client({ headers: { 'x-mine': '1' } }).client.request<Promise<any>>('items.report', { path: { id: 'a' } })
    expect(await download.text()).toBe('PDF')
    expect(download.name).toBe('r.pdf')
    expect(Object.keys(other.seen[0]!.headers)).not.toContain('x-api-key')
    expect(Object.keys(other.seen[0]!.headers)).not.toContain('x-mine')
    // What part is wanted is no secret, and without it no download could go on.
    const more = await client().client.request<Promise<any>>('items.report', { path: { id: 'a' } }, { headers: { Range: 'bytes=1-', 'If-Range': '"v1"', cookie: 'mine=1' } })
    await more.cancel()
    expect(other.seen[1]!.headers).toMatchObject({ range: 'bytes=1-', 'if-range': '"v1"' })
    for (const name of ['x-api-key', 'authorization', 'cookie']) expect(other.seen[1]!.headers[name]).toBeUndefined()
    server.handle((_, response) => void response.writeHead(307, { location: 'http://example.com/x' }).end())
    expect(await rejection(client().client.request('items.report', { path: { id: 'a' } }))).toMatchObject({ code: 'redirect_refused' })
    await other.close()
  })

  it('refuses bad path parameters before sending', async () => {
    for (const id of ['..', '', '%2e%2e', '../x', '..;a']) expect(await rejection(client().client.request('items.delete', { path: { id } }))).toBeInstanceOf(InvalidArgumentError)
    expect(server.seen).toHaveLength(0)
  })

  it('turns to the other operation where this one is not there', async () => {
    server.handle((request, response) => (request.url.startsWith('/api/v1/items/a/export/csv') ? void response.end('a,b') : fail(response, 404)))
    const download = await client().client.request<Promise<any>>('items.export', { path: { id: 'a' }, params: { format: 'csv' } })
    expect(await download.text()).toBe('a,b')
    expect(server.seen.map((request) => request.url)).toEqual(['/api/v1/items/a/export?format=csv', '/api/v1/items/a/export/csv'])
    server.handle((_, response) => fail(response, 404, `C${server.seen.length}`))
    expect(await rejection(client().client.request('items.export', { path: { id: 'a' }, params: { format: 'csv' } }))).toMatchObject({ operation: 'items.export', code: 'C3' })
  })

  it('asks for credentials before sending', async () => {
    const { client: it } = client({ apiKey: undefined })
    const error = await rejection(it.request('items.get', { path: { id: 'a' } }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(/FIXTURE_API_KEY/)
    expect(await it.request('health')).toEqual({})
    expect(server.seen).toHaveLength(1)
    await it.request('items.get', { path: { id: 'a' } }, { headers: { 'X-API-Key': 'by hand' } })
    expect(server.seen[1]!.headers['x-api-key']).toBe('by hand')
  })

  it('calls functions for credentials, and refuses line breaks without showing them', async () => {
    let n = 0
    const { client: it } = client({ apiKey: async () => `fix_rotating_${++n}` })
    await it.request('items.get', { path: { id: 'a' } })
    await it.request('items.get', { path: { id: 'a' } })
    expect(server.seen.map((request) => request.headers['x-api-key'])).toEqual(['fix_rotating_1', 'fix_rotating_2'])
    const error = await rejection(get({}, { apiKey: 'fix_evil\r\nx: y' }))
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error.message).not.toContain('evil')
    expect(await rejection(get({ headers: { 'x-a': 'b\nc' } }))).toBeInstanceOf(InvalidArgumentError)
  })

  it('calls hooks in order and logs without secrets', async () => {
    const lines: string[] = []
    const note = (level: string) => (message: string, fields?: unknown) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
    const seen: string[] = []
    server.handle((_, response, n) => (n === 0 ? json(response, 500, { error: { code: 'E', message: `key ${KEY} is bad` } }, { 'x-request-id': 'r1' }) : ok(response, 1)))
    await get({ query: { api_key: 'hidden-query', q: 'shown' } }, {
      logLevel: 'debug', logger: { error: note('error'), warn: note('warn'), info: note('info'), debug: note('debug') },
      hooks: {
        onRequest: ({ attempt, headers }) => { seen.push(`request ${attempt}`); headers['x-hook'] = 'yes' },
        onResponse: ({ attempt, status, requestId }) => void seen.push(`response ${attempt} ${status} ${requestId}`),
        onRetry: ({ error, delayMs }) => void seen.push(`retry ${error.kind} ${typeof delayMs}`),
      },
    })
    expect(seen).toEqual(['request 1', 'response 1 500 r1', 'retry ServerError number', 'request 2', 'response 2 200 undefined'])
    expect(server.seen[0]!.headers['x-hook']).toBe('yes')
    const text = lines.join('\n')
    expect(text).toMatch(/q=shown/)
    expect(text).not.toContain(KEY)
    expect(text).not.toContain('hidden-query')
  })

  it('shows no secret in an error, however it is printed', async () => {
    server.handle((request, response) => json(response, 400, { error: { code: 'E', message: `bad key ${request.headers['x-api-key']}` }, echo: request.headers }))
    const error = await rejection(get())
    const { inspect } = await import('node:util')
    for (const text of [error.message, String(error), JSON.stringify(error), inspect(error, { depth: 9 }), error.stack]) expect(text).not.toContain(KEY)
  })

  it('sheds retries when a host keeps failing', async () => {
    server.handle((_, response) => fail(response, 500))
    const { client: it } = client()
    for (let i = 0; i < 100; i++) await rejection(it.request('items.get', { path: { id: 'a' } }))
    expect(server.seen.length).toBeLessThanOrEqual(130)
  })

  it('asks to be allowed plain http', async () => {
    const { client: it } = quick('http://example.com', fetch === undefined ? {} : { fetch })
    expect(await rejection(it.request('items.get', { path: { id: 'a' } }))).toMatchObject({ kind: 'InvalidArgumentError', message: expect.stringMatching(/plain http/) })
  })

  it('overrides paths that are a guess', async () => {
    await client({ pathOverrides: { 'items.get': '/v9/things/{id}' } }).client.request('items.get', { path: { id: 'a' } })
    expect(server.seen[0]!.url).toBe('/api/v1/v9/things/a')
  })
})
