import { join, resolve } from 'node:path'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assemble } from './assemble.js'
import { baseDocument, ID, json, operation, ORDER_EXAMPLE, refTo, writeFixture } from './fixture.js'
import { checkCommands } from './lint/commands.js'
import { checkExamples } from './lint/examples.js'
import { extensionCheck } from './lint/extension.js'
import { checkOperations } from './lint/operations.js'
import { lintWithRedocly } from './lint/redocly.js'
import { checkSchemas } from './lint/schemas.js'
import { checkSeeds } from './lint/seeds.js'
import { loadSystem } from './load.js'
import { buildModel } from './model.js'
import { formatProblem, Report } from './report.js'

const root = resolve(import.meta.dirname, '../..')
const order = { '200': { description: 'It.', content: json(refTo('Order'), ORDER_EXAMPLE) } }
const none = { '204': { description: 'Done.' } }

function lint(fixture: string): string[] {
  const report = new Report()
  const source = loadSystem(fixture, 'orckai', report)!
  extensionCheck(join(root, 'spec/x-orkit.schema.json'))(source, report)
  const model = buildModel(source, assemble(source, report), report)
  for (const check of [checkOperations, checkSchemas, checkExamples, checkSeeds, checkCommands]) check(model, report)
  return report.problems.map(formatProblem)
}

const good = { '/orders/{id}': { get: operation('orders.get', { parameters: [ID], responses: order }) } }

it('finds nothing in a good document', () => {
  expect(lint(writeFixture(good))).toEqual([])
})

describe('x-orkit', () => {
  it('must match its schema, in the document, in operations and in the defaults', () => {
    const document = baseDocument()
    ;(document['x-orkit'] as Record<string, unknown>)['timestamps'] = { format: 'epoch' }
    ;(document['x-orkit-defaults'] as Record<string, unknown>)['extra'] = 1
    const all = lint(writeFixture({ '/x': { get: operation('orders.x', { responses: none, 'x-orkit': { origin: 'rumour', pages: 1 } }) } }, {}, document)).join('\n')
    expect(all).toContain('spec/orckai/openapi.yaml (x-orkit): /timestamps/format must be equal to one of the allowed values (date-time, sql)')
    expect(all).toContain('spec/orckai/openapi.yaml (x-orkit-defaults): it must NOT have additional properties (extra)')
    expect(all).toContain('spec/orckai/paths/orders.yaml (GET /x): x-orkit: it must NOT have additional properties (pages)')
    expect(all).toContain('x-orkit: /origin must be equal to one of the allowed values (seed, docs, sdk, server, inferred)')
  })

  it('must point at things that exist', () => {
    const x = {
      pagination: { style: 'cursor', items: '/data', limit: 'size', position: 'after' },
      rateLimit: 'nope', fallback: { operation: 'orders.no', on: [404] },
      stream: { kind: 'sse', event: '#/components/schemas/Order', text: '/nope', error: { at: '/nope', when: { at: '/kind', values: ['x'] } }, when: { go: true } },
      wait: { poll: 'orders.nope', id: '/nope', status: '/s', success: ['x'], failure: [] },
      retry: { idempotencyKey: { in: 'header', name: 'Key' } }, upload: { part: 'file' },
      cli: { columns: ['nope'], examples: ['go'] }
    }
    const all = lint(writeFixture({ '/x': { post: operation('orders.start', { responses: order, 'x-orkit': x }) } })).join('\n')
    for (const part of [
      'x-orkit.pagination.items `/data` does not lead to an array', 'names the query parameter `size`', 'names the query parameter `after`', 'needs `next`',
      'x-orkit.rateLimit names the category `nope`; there are standard', 'x-orkit.fallback names the operation `orders.no`', 'x-orkit.stream.text `/nope` leads nowhere in Order', 'x-orkit.stream.error.at `/nope` leads nowhere in Order', 'x-orkit.stream.error.when.at `/kind` leads nowhere in Order',
      'x-orkit.stream.when names the body member `go`', 'without a text/event-stream response', 'x-orkit.wait.id `/nope` leads nowhere', 'x-orkit.wait.poll names the operation `orders.nope`',
      'x-orkit.retry names the header member `Key`', 'x-orkit.upload names the part `file`', 'does not begin with the verb `start`'
    ]) expect(all).toContain(part)
  })

  it('wants a wait, or a reason, for what goes on after the answer', () => {
    const started = { ...order, '200': { description: 'It.', content: json(refTo('Run'), { id: 'r1', status: 'queued' }) } }
    const Run = { type: 'object', description: 'A run.', required: ['id'], properties: { id: { type: 'string', description: 'Identifier.' }, status: { type: 'string', 'x-extensible-enum': ['queued', 'done'], description: 'State.' } } }
    const list = (more = {}) => operation('runs.list', { responses: { '200': { description: 'All.', content: json({ type: 'array', items: refTo('Run') }, [{ id: 'r1', status: 'done' }]) } }, 'x-orkit': { pagination: { style: 'none', items: '/data' } }, ...more })
    const all = (x: object, path = '/runs') => lint(writeFixture({ [path]: { get: path === '/runs' ? list() : list({ parameters: [ID] }) }, '/start': { post: operation('runs.start', { responses: started, 'x-orkit': x }) } }, { Run })).filter((line) => line.includes('runs.start'))
    const wait = { poll: 'runs.list', id: '/id', find: '/id', status: '/status', success: ['done'], failure: [] }
    expect(all({}).join()).toContain('answers with the state `queued`, so it starts something long; say x-orkit.wait, or x-orkit.noWait and why')
    expect(all({ noWait: 'Nothing reads it.' })).toEqual([])
    expect(all({ wait })).toEqual([])
    expect(all({ wait, noWait: 'Both.' }).join()).toContain('remove one')
    expect(all({ wait: { ...wait, find: '/nope', reason: '/why' } }).join()).toMatch(/find `\/nope` leads nowhere in an item of runs\.list/)
    expect(all({ wait }, '/bases/{id}/runs').join()).toContain('runs.list has the path parameter `id`, which this operation does not have')
    expect(all({ wait: { ...wait, poll: 'runs.start' } }).join()).toContain('needs a list to look in; runs.start is none')
    const quiet = lint(writeFixture({ '/x': { post: operation('orders.go', { responses: order, 'x-orkit': { noWait: 'Why.' } }) }, '/y': { post: operation('orders.later', { responses: { '202': { description: 'Later.' } } }) } })).join('\n')
    expect(quiet).toContain('has x-orkit.noWait, but nothing in its answer goes on; remove it')
    expect(quiet).toContain('answers with the status 202')
  })

  it('wants a socket to end on every state that the wait with it ends on', () => {
    const state = { type: 'object', description: 'A run.', required: ['id', 'status'], properties: { id: { type: 'string', description: 'Identifier.' }, status: { type: 'string', description: 'State.' } } }
    const answer = { '200': { description: 'It.', content: json(refTo('Run'), { id: 'r1', status: 'queued' }) } }
    const wait = { poll: 'runs.get', id: '/id', status: '/status', success: ['done'], failure: ['failed', 'lost'], socket: 'runs.watch' }
    const all = (end: object) => lint(writeFixture({
      '/runs': { post: operation('runs.start', { responses: answer, 'x-orkit': { wait } }) },
      '/runs/{id}': { get: operation('runs.get', { parameters: [ID], responses: answer }) },
      '/runs/{id}/watch': { get: operation('runs.watch', { parameters: [ID], responses: { '101': { description: 'Open.' } }, 'x-orkit': { stream: { kind: 'websocket', event: '#/components/schemas/Run', end } } }) }
    }, { Run: state })).filter((line) => line.includes('runs.start'))
    expect(all({ at: '/status', values: ['done'] }).join()).toContain('x-orkit.wait ends on `failed`, `lost`, which the stream of runs.watch does not end on')
    expect(all({ at: '/status', values: ['done', 'failed', 'lost'] })).toEqual([])
    expect(all({ at: '/id', values: ['last'] }), 'another member than the state').toEqual([])
  })

  it('checks the columns of a table against its rows', () => {
    const list = operation('orders.list', { responses: { '200': { description: 'x', content: json({ type: 'array', items: refTo('Order') }, [ORDER_EXAMPLE]) } }, 'x-orkit': { pagination: { style: 'none', items: '/data' }, cli: { columns: ['id', 'colour'] } } })
    expect(lint(writeFixture({ '/orders': { get: list } }))).toEqual(['spec/orckai/paths/orders.yaml (orders.list, GET /orders): x-orkit.cli.columns names `colour`, which the result does not have'])
  })
})

it('checks the example lines of commands', () => {
  const get = operation('orders.get', { parameters: [ID], responses: order, 'x-orkit': { cli: { examples: ["get 1 --jq '.a --b'", 'get 1 2', 'get 1 --colour red'] } } })
  expect(lint(writeFixture({ '/orders/{id}': { get } }))).toEqual([
    'spec/orckai/paths/orders.yaml (orders.get, GET /orders/{id}): x-orkit.cli.examples has `get 1 2`, which has 2 arguments; the command takes 1',
    'spec/orckai/paths/orders.yaml (orders.get, GET /orders/{id}): x-orkit.cli.examples has `get 1 --colour red`, but there is no flag --colour; there is none'
  ])
})

describe('examples', () => {
  it('must be there and match', () => {
    const create = operation('orders.create', {
      parameters: [{ name: 'n', in: 'query', description: 'x', schema: { type: 'integer' }, example: 'many' }],
      requestBody: { required: true, content: json(refTo('Order')) },
      responses: { '200': { description: 'x', content: json(refTo('Order'), { id: 'x' }) }, '409': { description: 'x', content: json(refTo('Error'), { error: 'ODD' }) } }
    })
    const all = lint(writeFixture({ '/orders': { post: create } })).join('\n')
    expect(all).toContain('(orders.create, POST /orders): the application/json request body has no example')
    expect(all).toContain("the example of the 200 response does not match its schema: /data must have required property 'status'")
    expect(all).toContain('/data/id must match format "uuid"')
    expect(all).toContain('the example of parameter n does not match its schema: it must be integer')
    expect(all).toContain('the example of the 409 response has the code `ODD`')
  })

  it('includes those of the seeds, private members aside', () => {
    const all = lint(writeFixture(good, {}, baseDocument(), { 'seed.yaml': { orders: [{ ...ORDER_EXAMPLE, _org: 'other' }, { id: 'a1b2c3d4-0000-4000-8000-000000000002' }], _keys: [{}] } }))
    expect(all).toEqual(["spec/orckai/seed.yaml (orders a1b2c3d4-0000-4000-8000-000000000002): does not match the schema of its collection: it must have required property 'status'"])
  })
})

describe('schemas and texts', () => {
  it('must mark what is called a secret', () => {
    const properties = { api_key: { type: 'string', description: 'x' }, password: { type: 'string', format: 'password', description: 'x' }, max_tokens: { type: 'integer', description: 'x' }, token: { type: 'string', 'x-secret': false, description: 'x' } }
    const all = lint(writeFixture({ '/x': { get: operation('orders.x', { responses: { '200': { description: 'x', content: json(refTo('Ticket'), {}) } } }) } }, { Ticket: { type: 'object', description: 'x', properties } }))
    expect(all).toEqual(['spec/orckai/schemas/orders.yaml (Ticket/api_key): is called a secret: mark it with `format: password` (or `x-secret: true` where the format says something else), or say `x-secret: false`'])
    const query = (schema: object) => ({ name: 'token', in: 'query', description: 'x', schema })
    const asked = (schema: object) => lint(writeFixture({ '/x': { get: operation('orders.x', { parameters: [query(schema)], responses: none }) } }))
    expect(asked({ type: 'string' }).join()).toContain('(orders.x, GET /x): parameter `token` is called a secret')
    expect(asked({ type: 'string', format: 'password' })).toEqual([])
  })

  it('must be described and answers open', () => {
    const Bad = { type: 'object', additionalProperties: false, properties: { a: { type: 'string' }, b: { type: 'integer', 'x-extensible-enum': ['x'], description: 'x' } } }
    const all = lint(writeFixture({ '/x': { get: { ...operation('orders.x', { responses: { '200': { description: 'x', content: json(refTo('Bad'), {}) } } }), summary: 'Ends with a stop.' } } }, { Bad }))
    expect(all).toEqual([
      'spec/orckai/paths/orders.yaml (orders.x, GET /x): has a summary that ends with a full stop; drop it',
      'spec/orckai/schemas/orders.yaml (Bad): has no description',
      'spec/orckai/schemas/orders.yaml (Bad): is part of an answer and says additionalProperties: false; answers are open, so remove it',
      'spec/orckai/schemas/orders.yaml (Bad/a): has no description',
      'spec/orckai/schemas/orders.yaml (Bad/b): has x-extensible-enum without `type: string`'
    ])
  })
})

it("leads Redocly's messages back to the source", async () => {
  const fixture = writeFixture(good, { Unused: { type: 'object', description: 'x' } })
  const report = new Report()
  const source = loadSystem(fixture, 'orckai', report)!
  const file = join(fixture, 'document.json')
  writeFileSync(file, JSON.stringify(assemble(source, report)))
  await lintWithRedocly(root, source, file, report)
  expect(report.problems.map(formatProblem)).toEqual(['spec/orckai/schemas/orders.yaml (Unused): Component: "Unused" is never used. [redocly no-unused-components]'])
})
