import { describe, expect, it } from 'vitest'
import { anything, client, definition, named, operation } from '../../test/fixture.js'
import { violation } from './contract.js'
import { Reply } from './reply.js'
import { defineSystem } from './system.js'

describe('the order of the gates', () => {
  it('is route, sign-in, scope, rate limit, media type, validation, behaviour', async () => {
    const { call } = client({ rateLimits: 'documented' })
    expect((await call('POST', '/nothing', { key: '', body: '{' })).status).toBe(404)
    expect((await call('PATCH', '/items', { key: '' })).status).toBe(405)
    expect((await call('POST', '/items', { key: '', headers: { 'content-type': 'text/plain' }, body: '{' })).status).toBe(401)
    expect((await call('GET', '/items/mine', { key: 'k-read', headers: { accept: 'image/png' } })).status).toBe(403)
    expect((await call('POST', '/items', { headers: { 'content-type': 'text/plain' }, body: '{' })).status).toBe(415)
    expect((await call('POST', '/items', { headers: { accept: 'image/png' }, body: {} })).status).toBe(406)
    expect((await call('POST', '/items', { headers: { 'content-type': 'application/json' }, body: '{' })).status).toBe(400)
    expect((await call('PUT', '/items/none', { headers: { 'content-type': 'application/json' }, body: '{' })).status).toBe(400)
    expect((await call('PUT', '/items/none', { body: {} })).status).toBe(404)
    // Five were counted: the sixth is refused before anything of it is looked at.
    expect((await call('POST', '/items', { headers: { 'content-type': 'text/plain' }, body: '{' })).status).toBe(429)
  })

  it('answers 401 with a challenge and tells missing, wrong and revoked apart', async () => {
    const { call } = client()
    expect(await call('GET', '/items', { key: '' })).toMatchObject({ status: 401, body: { message: 'missing' } })
    expect(await call('GET', '/items', { key: 'nonsense' })).toMatchObject({ status: 401, body: { message: 'invalid' } })
    expect(await call('GET', '/items', { key: 'k-old' })).toMatchObject({ status: 401, body: { message: 'revoked' } })
    expect((await call('GET', '/items', { key: '' })).headers.get('www-authenticate')).toContain('X-API-Key')
  })

  it('answers 405 with Allow, HEAD like GET, and OPTIONS for browsers', async () => {
    const { call } = client()
    expect((await call('PATCH', '/items')).headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST')
    const head = await call('HEAD', '/items')
    expect([head.status, head.body]).toEqual([200, undefined])
    const preflight = await call('OPTIONS', '/items', { key: '', headers: { origin: 'http://page', 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('x-api-key')
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
  })
})

describe('what comes in', () => {
  it('names the member that is wrong', async () => {
    const { call } = client()
    expect(await call('POST', '/items', { body: {} })).toMatchObject({ status: 400, body: { message: 'name: is required' } })
    expect(await call('POST', '/items', { body: { name: 1 } })).toMatchObject({ status: 400, body: { message: 'name: must be string' } })
    expect(await call('GET', '/items?limit=x')).toMatchObject({ status: 400, body: { message: 'limit: must be integer' } })
    expect(await call('GET', '/items?limit=0')).toMatchObject({ status: 400 })
  })

  it.each([
    ['broken JSON', '{"name":'],
    ['nesting without end', '['.repeat(100_000)],
    ['deep nesting that is closed', `${'['.repeat(2_000)}${']'.repeat(2_000)}`],
  ])('answers %s with 400', async (_, body) => {
    const { call } = client()
    expect((await call('POST', '/items', { headers: { 'content-type': 'application/json' }, body })).status).toBe(400)
  })

  it('keeps `__proto__` out of the store', async () => {
    const { call } = client()
    const made = await call('POST', '/items', { headers: { 'content-type': 'application/json' }, body: '{"name":"x","__proto__":{"polluted":true}}' })
    expect(made.status).toBe(201)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('reads multipart bodies, and refuses broken ones', async () => {
    const { call } = client()
    const form = new FormData()
    form.set('note', 'hi')
    form.append('file', new File(['abc'], 'a.txt'))
    form.append('file', new File(['defg'], 'b.txt'))
    expect(await call('POST', '/files', { body: form })).toMatchObject({ status: 201, body: { files: [{ name: 'a.txt', size: 3 }, { name: 'b.txt', size: 4 }], fields: { note: 'hi' } } })
    expect((await call('POST', '/files', { headers: { 'content-type': 'multipart/form-data' }, body: 'x' })).status).toBe(400)
    expect((await call('POST', '/files', { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: '--b\r\nx' })).status).toBe(400)
  })

  it('answers bad escapes in path and query with 400', async () => {
    const { call } = client()
    expect((await call('GET', '/items/%E0%A4%A')).status).toBe(400)
    expect((await call('GET', '/items?color=%zz')).status).toBe(400)
  })
})

describe('strict', () => {
  it('turns an answer that the document does not allow into a 500 that says where', async () => {
    const { call } = client({ strict: true })
    const wrong = await call('GET', '/wrong')
    expect(wrong).toMatchObject({ status: 500, body: { message: expect.stringMatching(/mock_contract_violation: wrong\.answer: body .*name/) } })
    expect(wrong.headers.get('x-mock-contract-violation')).toContain('wrong.answer')
    expect(await call('GET', '/wrong-status')).toMatchObject({ status: 500, body: { message: expect.stringContaining('status 202 is not documented') } })
  })

  it('hides a crash without it', async () => {
    expect(await client().call('GET', '/crash')).toMatchObject({ status: 500, body: { message: 'Internal server error' } })
    const { call, world } = client({ strict: true })
    expect(await call('GET', '/crash')).toMatchObject({ status: 500, body: { message: 'boom' } })
    expect(world.journal.entries()[0]!.note).toContain('boom')
  })
})

describe('rules', () => {
  it('fails the next k, then succeeds', async () => {
    const { call, world } = client()
    world.faults.add({ operation: 'items.list', times: 2, status: 503 })
    expect([(await call('GET', '/items')).status, (await call('GET', '/items/i1')).status, (await call('GET', '/items')).status, (await call('GET', '/items')).status]).toEqual([503, 200, 503, 200])
  })

  it('does what a single request asks for', async () => {
    const { call } = client()
    const limited = await call('GET', '/items', { headers: { prefer: 'code=429' } })
    expect(limited).toMatchObject({ status: 429, body: { code: 'LIMITED' } })
    expect(limited.headers.get('retry-after')).toBe('1')
    expect((await call('GET', '/items', { headers: { prefer: 'code=500, times=1' } })).status).toBe(500)
    expect((await call('GET', '/items', { headers: { prefer: 'code=500, times=1' } })).status).toBe(200)
    await expect(call('GET', '/items', { headers: { prefer: 'fault=reset' } })).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
  })
})

it('answers a new resource of the document by convention, without a word about it; what has a parent or a verb of its own needs words', async () => {
  const routes = (...more: ReturnType<typeof operation>[]) => ({ ...definition, document: { ...definition.document, routes: [...definition.document.routes, ...more] } })
  const system = defineSystem(routes(operation('labels.list', 'GET', '/labels', { wrapped: true }), operation('labels.create', 'POST', '/labels', { wrapped: true, body: { required: true, content: { 'application/json': named } } }), operation('labels.get', 'GET', '/labels/{id}', { wrapped: true, parameters: [{ name: 'id', in: 'path', required: true, type: 'string', validate: anything }] })))
  const { call } = client({}, undefined, system)
  const made = await call('POST', '/labels', { body: { name: 'urgent' } })
  const { data } = made.body as { data: { id: string } }
  expect(made).toMatchObject({ status: 201, body: { data: { name: 'urgent' } } })
  expect(await call('GET', `/labels/${data.id}`)).toMatchObject({ status: 200, body: { data } })
  expect(await call('GET', '/labels')).toMatchObject({ body: { data: [data] } })
  expect(() => defineSystem(routes(operation('labels.archive', 'POST', '/labels/{id}/archive')))).toThrow('labels.archive')
  expect(() => defineSystem(routes(operation('notes.list', 'GET', '/items/{id}/notes')))).toThrow('notes.list')
})

it('refuses a document that nothing answers, and behaviours for nothing', () => {
  const { 'auth.me': _, ...behaviours } = definition.behaviours!
  expect(() => defineSystem({ ...definition, behaviours })).toThrow('auth.me')
  expect(() => defineSystem({ ...definition, behaviours: { ...definition.behaviours, 'no.such': () => 1 } })).toThrow('no.such')
})

it('journals what is wrong with a request, and not what was there instead', async () => {
  const { call, world } = client()
  await call('POST', '/items', { body: { name: { password: 'hunter2' } } })
  await call('POST', '/items', { body: ['hunter2'] })
  expect(world.journal.entries().map(({ issues }) => issues)).toEqual([
    [{ field: 'name', in: 'body', message: 'must be string', keyword: 'type' }],
    [expect.objectContaining({ field: 'name', keyword: 'required' })],
  ])
  expect(JSON.stringify(world.journal.raw().map(({ issues }) => issues))).not.toContain('hunter2')
})

it('gates may answer with what goes for every operation, and with nothing else that is not documented', () => {
  const bare = { ...operation('x.get', 'GET', '/x'), responses: { 200: {} } }
  for (const status of [404, 405, 406, 413, 415, 426]) {
    expect(violation(bare, new Reply(status, {}), true), String(status)).toBeUndefined()
    expect(violation(bare, new Reply(status, {}), false), String(status)).toBe(`status ${status} is not documented`)
  }
  for (const status of [400, 401, 403, 429, 500]) expect(violation(bare, new Reply(status, {}), true), String(status)).toBe(`status ${status} is not documented`)
})
