import { Ajv2020 } from 'ajv/dist/2020.js'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { actions } from '../../src/hosts/control/table.js'
import { createMock, type Listening, type Mock } from '../../src/index.js'
import type { Json } from '../../src/kernel/types.js'
import { AGENT, orckai } from './helpers.js'

let mock: Mock
let server: Listening
let document: Json
const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } })
beforeAll(async () => {
  mock = createMock({ systems: ['orckai', 'klarefi'], rateLimits: 'off', jobDuration: 'manual' })
  server = await mock.listen()
  document = await (await fetch(`${server.url}/__orkit/openapi.json`)).json()
  ajv.addSchema(document, 'control')
})
afterAll(() => mock.close())

const pointer = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1')

/** Calls an action and holds the answer against what the document says of that status. */
async function call(id: string, path: string, body?: unknown): Promise<Json> {
  const action = actions.find((one) => one.id === id)!
  const response = await fetch(`${server.url}/__orkit${path}`, { method: action.method, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const said = document.paths[action.path][action.method.toLowerCase()].responses[response.status]
  expect(said, `${id}: ${response.status} is documented`).toBeDefined()
  const answer: Json = await response.json()
  const at = said.$ref ?? `#/paths/${pointer(action.path)}/${action.method.toLowerCase()}/responses/${response.status}`
  const validate = ajv.getSchema(`control${at}/content/application~1json/schema`)!
  expect(validate(answer), `${id} ${response.status}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(answer).slice(0, 400)}`).toBe(true)
  called.add(id)
  return answer
}
const called = new Set<string>()

it('describes every action, and each answers as it is described', async () => {
  const described = Object.entries<Json>(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
  expect(described.toSorted()).toEqual(actions.map(({ method, path }) => `${method} ${path}`).toSorted())
  const receiver = createServer((_, response) => response.end())
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))

  await call('health', '/health')
  await call('reset', '/reset', { seed: 'orkit' })
  await call('reset', '/reset', { seed: 1 })
  await call('seed', '/seed', { data: { orckai: { agents: [{ name: 'Mine' }] } } })
  await call('seed', '/seed', { data: { nobody: {} } })
  await orckai(mock, server)('/agents', { method: 'POST', body: '{"nam":"x"}' })
  await orckai(mock, server)(`/agents/${AGENT}`)
  await orckai(mock, server)('/nowhere')
  expect(await call('journal', '/journal?limit=2')).toHaveLength(2)
  expect(await call('journal', '/journal?method=post&path=/agents')).toHaveLength(1)
  await call('journal', '/journal?status=many')
  await call('inspect', '/journal/1')
  await call('inspect', '/journal/99')
  await call('world', '/world')
  await call('hash', '/hash')
  await call('check', '/verify?operation=agents.get&times=1')
  await call('verify', '/verify', { operation: 'agents.get', times: 2 })
  await call('verify', '/verify', { order: [{ operation: 'agents.create' }, { operation: 'agents.get' }] })
  await call('wait', '/wait', { operation: 'agents.get' })
  await call('wait', '/wait', { operation: 'agents.delete', timeout: 1 })
  await call('fail', '/faults', { id: 'mine', operation: 'agents.get', fault: 'extra-bytes', times: 2 })
  await call('fail', '/faults', { operation: 'agents.get', fault: 'sneeze' })
  await call('faults', '/faults')
  await call('removeFault', '/faults/mine')
  await call('removeFault', '/faults/mine')
  await call('clearFaults', '/faults')
  await call('freeze', '/clock/freeze', { at: '2026-05-01T00:00:00Z' })
  await call('advance', '/clock/advance', { ms: 10 })
  await call('advance', '/clock/advance', { ms: -1 })
  await call('clock', '/clock')
  await call('resume', '/clock/resume')
  const [job] = await call('jobs', '/jobs?system=orckai')
  await call('jobs', '/jobs')
  for (const action of ['step', 'fail', 'cancel', 'jump']) await call('moveJob', '/jobs', { system: 'orckai', kind: job.kind, id: job.id, action })
  await call('moveJob', '/jobs', { system: 'orckai', kind: 'none', id: 'none' })
  await call('sendWebhook', '/webhooks', { system: 'klarefi', url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`, event: 'session.completed', payload: {}, secret: 'whsec_0123456789abcdef' })
  await call('sendWebhook', '/webhooks', { system: 'klarefi', url: 'http://10.0.0.1/', event: 'session.completed', payload: {}, secret: 'whsec_0123456789abcdef' })
  await call('sendWebhook', '/webhooks', { system: 'orckai' })
  await call('restore', '/restore', await call('snapshot', '/snapshot'))
  await call('restore', '/restore', { format: 'other' })
  receiver.close()

  // A stream is no JSON: `plane.test.ts` reads it.
  expect([...called, 'events'].toSorted()).toEqual(actions.map(({ id }) => id).toSorted())
})

it('takes its own examples', () => {
  for (const { id, path, method, body } of actions) {
    if (body?.example === undefined) continue
    const validate = ajv.getSchema(`control#/paths/${pointer(path)}/${method.toLowerCase()}/requestBody/content/application~1json/schema`)!
    expect(validate(body.example), `${id}: ${ajv.errorsText(validate.errors)}`).toBe(true)
  }
})

/** How to get at a world in process, and how to begin and end one: nothing that a control plane has. */
const WAYS_IN = ['fetch', 'webSocket', 'listen', 'handlers', 'baseUrl', 'credentials', 'world', 'close', 'journal', 'clock', 'faults']
/** Means nothing where there is no port. */
const PORT_ONLY = ['health']

it('is there in process as well, action by action', () => {
  const at = (path: string): unknown => path.split('.').reduce<Json>((value, name) => value?.[name], mock)
  for (const { id, inProcess } of actions) {
    if (!PORT_ONLY.includes(id)) expect(inProcess.length, `${id} has no counterpart`).toBeGreaterThan(0)
    for (const member of inProcess) expect(typeof at(member), `mock.${member}, for ${id}`).toBe('function')
  }
  const counterparts = new Set(actions.flatMap(({ inProcess }) => inProcess.map((member) => member.split('.')[0]!)))
  expect(Object.keys(mock).filter((member) => !WAYS_IN.includes(member) && !counterparts.has(member))).toEqual([])
})

it('does in process what it does over the port', async () => {
  await mock.reset()
  await orckai(mock)(`/agents/${AGENT}`)
  expect(mock.inspect(1)).toEqual(await call('inspect', '/journal/1'))
  expect(await mock.hash()).toBe((await call('hash', '/hash')).hash)
  expect((await mock.info()).hash).toBe(await mock.hash())
  const [job] = await mock.jobs('orckai')
  const failed = await mock.moveJob('orckai', job!.kind, job!.id, 'fail', 'no luck')
  expect(failed).toMatchObject({ id: job!.id })
  expect(await mock.moveJob('orckai', 'none', 'none')).toBeUndefined()
  expect(await mock.sendWebhook('klarefi', { url: 'http://10.0.0.1/', event: 'x', payload: {}, secret: 'whsec_0123456789abcdef' })).toMatchObject({ refused: true })
})

it('says which methods a path has, and what it has at all', async () => {
  const wrong = await fetch(`${server.url}/__orkit/reset`)
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
  expect((await fetch(`${server.url}/__orkit/journal/%ZZ`)).status).toBe(400)
  expect(((await (await fetch(`${server.url}/__orkit/rest`, { method: 'POST' })).json()) as { error: string }).error).toContain('POST /reset')
})
