import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { fail, json, ok, rejection, serve, type TestServer } from '../../test/fixture/server.js'
import type { Agent } from './orckai/index.js'
import { FlexOrch } from './flexorch/index.js'
import { Klarefi, type KlarefiWebhookEvent } from './klarefi/index.js'
import { Orbiter } from './orbiter/index.js'
import { Orca } from './orca/index.js'
import { AuthenticationError, Orckai } from './orckai/index.js'
import { createApi } from './orckai/api.js'

let server: TestServer
beforeEach(async () => { server = await serve((_, response) => ok(response, [])) })
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
})
const last = () => server.seen.at(-1)!

describe('each client', () => {
  it('Orckai: key, envelope, types', async () => {
    const orckai = new Orckai({ apiKey: 'oak_x', baseUrl: `${server.url}/api/v1` })
    server.handle((_, response) => json(response, 200, { success: true, data: [{ id: 'a', name: 'n' }] }))
    const agents = await orckai.agents.list().toArray()
    expectTypeOf(agents).toEqualTypeOf<Agent[]>()
    expect(agents).toEqual([{ id: 'a', name: 'n' }])
    expect(last()).toMatchObject({ url: '/api/v1/agents', headers: { 'x-api-key': 'oak_x' } })
    server.handle((_, response) => json(response, 200, { success: true, executionId: 'e1' }))
    expect(await orckai.workflows.execute('w')).toEqual({ success: true, executionId: 'e1' })
  })

  it('Klarefi: bearer key, idempotency key in the body', async () => {
    const klarefi = new Klarefi({ apiKey: 'sk_test_x', baseUrl: server.url })
    server.handle((_, response) => json(response, 201, { case_id: 'c', doc_id: 'd', job_id: 'j', status: 'queued', idempotent_replay: false }))
    expect(await klarefi.process.create({ document_url: 'https://x/y.pdf', case_type_id: 't' } as never)).toMatchObject({ case_id: 'c' })
    expect(last().headers.authorization).toBe('Bearer sk_test_x')
    expect(last().json().idempotency_key).toMatch(/^[0-9a-f-]{36}$/)
    expectTypeOf<KlarefiWebhookEvent['event_type']>().toBeString()
  })

  it('FlexOrch: key, multipart, partial rejection, jobs to the end', async () => {
    const flexorch = new FlexOrch({ apiKey: 'dfx_x', baseUrl: `${server.url}/v1`, clock: { sleep: async () => undefined } })
    server.handle((request, response) => {
      if (request.method === 'GET') return ok(response, { job_id: 1, status: 'completed' })
      json(response, 202, { status: 'accepted', data: { accepted: 1, rejected: [{ filename: 'b.csv', error: 'UNSUPPORTED_FILE' }], jobs: [{ filename: 'a.pdf', job_id: 1001, status: 'queued' }] }, error: null })
    })
    const started = flexorch.documents.process({ files: [new File(['x'], 'a.pdf'), new File(['y'], 'b.csv')] } as never)
    expect(await started).toMatchObject({ accepted: 1, rejected: [{ filename: 'b.csv' }] })
    expect(await started.wait()).toEqual([{ job_id: 1, status: 'completed' }])
    expect(last()).toMatchObject({ url: '/v1/jobs/1001', headers: { 'x-api-key': 'dfx_x' } })
    server.handle((request, response) => ok(response, request.method === 'GET' ? { status: 'completed' } : { is_duplicate: true, existing_document_id: 1, existing_job_id: 7 }))
    await flexorch.documents.process({ files: [new File(['x'], 'a.pdf')] } as never).wait()
    expect(last().url).toBe('/v1/jobs/7')
  })

  it('Orca: signs in with a TOTP code on one surface, a key on the other', async () => {
    const orca = new Orca({ email: 'g@x', password: 'p', totp: () => '123456', apiKey: 'orca_live_x', baseUrl: `${server.url}/api/v1` })
    server.handle((request, response) => {
      if (request.url.endsWith('/auth/login')) return json(response, 200, { data: { requires_2fa: true, temp_token: 't' }, error: null, meta: {} })
      if (request.url.endsWith('/auth/totp/complete')) return json(response, 200, { data: { access_token: 'tok', refresh_token: 'r', token_type: 'bearer' } })
      ok(response, [])
    })
    expect(await orca.files.list({ limit: 5 }).toArray()).toEqual([])
    expect(last()).toMatchObject({ url: '/api/v1/files?limit=5', headers: { authorization: 'Bearer tok' } })
    await orca.public.alerts.list().toArray()
    expect(last().headers.authorization).toBe('Bearer orca_live_x')
  })

  it('Orbiter: cookie and CSRF, a key on /ci, the other spelling where the first is not there', async () => {
    const orbiter = new Orbiter({ email: 'a@x', password: 'p', ciKey: 'orb_ci_x', baseUrl: server.url })
    server.handle((request, response) => {
      if (request.url.endsWith('/auth/login')) return json(response, 200, { id: 'u' }, { 'set-cookie': 'orbiter_session=abc; HttpOnly; Path=/' })
      if (request.url.endsWith('/auth/csrf')) return json(response, 200, { token: 'csrf1' })
      if (request.url === '/api/v1/deployments/d' && request.method === 'PUT') return fail(response, 405)
      json(response, 200, { id: 'd' })
    })
    expect(await orbiter.deployments.update('d', { name: 'n' } as never)).toEqual({ id: 'd' })
    expect(last()).toMatchObject({ method: 'PATCH', headers: { cookie: 'orbiter_session=abc', 'x-csrf-token': 'csrf1' } })
  })
})

it('reads the environment when it is needed, and not before', async () => {
  const orckai = new Orckai()
  expect(await rejection(orckai.agents.list())).toBeInstanceOf(AuthenticationError)
  vi.stubEnv('ORCKAI_API_KEY', 'oak_env')
  vi.stubEnv('ORCKAI_BASE_URL', `${server.url}/api/v1`)
  await orckai.agents.list()
  expect(last().headers['x-api-key']).toBe('oak_env')
})

it('knows its operations by id', async () => {
  const orckai = new Orckai({ apiKey: 'oak_x', baseUrl: `${server.url}/api/v1` })
  expect(Object.keys(orckai.operations)).toHaveLength(42)
  expect(orckai.profile.name).toBe('Orckai')
  await orckai.request('agents.get', { path: { id: 'x' } })
  expect(last().url).toBe('/api/v1/agents/x')
})

describe('createApi', () => {
  const api = () => createApi(new Orckai({ apiKey: 'oak_x', baseUrl: `${server.url}/api/v1`, clock: { sleep: async () => undefined } }))

  it('is openapi-fetch on the same pipeline', async () => {
    server.handle((_, response, n) => (n === 0 ? fail(response, 503) : json(response, 200, { success: true, data: { id: 'a', name: 'n' } })))
    const { data, response } = await api().GET('/agents/{id}', { params: { path: { id: 'a b' } } })
    expect(data?.data.name).toBe('n')
    expect(response.status).toBe(200)
    expect(server.seen.map((request) => request.url)).toEqual(['/api/v1/agents/a%20b', '/api/v1/agents/a%20b'])
    expect(last().headers['x-api-key']).toBe('oak_x')
  })

  it('passes refusals on as openapi-fetch does', async () => {
    server.handle((_, response) => json(response, 404, { success: false, error: 'Agent not found', code: 'NOT_FOUND' }))
    const { error, data, response } = await api().GET('/agents/{id}', { params: { path: { id: 'a' } } })
    expect({ error, data, status: response.status }).toEqual({ error: { success: false, error: 'Agent not found', code: 'NOT_FOUND' }, data: undefined, status: 404 })
  })

  it('sends bodies, does not repeat what may not be, and refuses bad path parameters', async () => {
    server.handle((_, response) => fail(response, 500))
    await api().POST('/agents', { body: { name: 'n', agentType: 'conversational' } as never })
    expect(server.seen).toHaveLength(1)
    expect(last()).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    expect(last().json()).toMatchObject({ name: 'n' })
    await expect(api().DELETE('/agents/{id}', { params: { path: { id: '..' } } })).rejects.toMatchObject({ kind: 'InvalidArgumentError' })
    await expect(createApi(new Orckai({ baseUrl: server.url })).GET('/agents')).rejects.toBeInstanceOf(AuthenticationError)
  })
})
