import { describe, expect, it } from 'vitest'
import { baseDocument, generate, ID, json, operation, ORDER_EXAMPLE, problems, refTo, writeFixture } from './fixture.js'
import type { Document } from './openapi.js'

const get = (members: Record<string, unknown> = {}): Record<string, unknown> => operation('orders.get', { parameters: [ID], responses: { '200': { description: 'It.', content: json(refTo('Order'), ORDER_EXAMPLE) } }, ...members })

async function assembled(paths: Record<string, unknown>, document = baseDocument()): Promise<Document> {
  return JSON.parse((await generate(writeFixture(paths, {}, document))).document) as Document
}

describe('envelope', () => {
  it('wraps schema and example of a JSON success', async () => {
    const document = await assembled({ '/orders/{id}': { get: get() } })
    const media = document.paths['/orders/{id}']!.get!.responses!['200']!.content!['application/json']!
    expect(media.schema).toEqual({ type: 'object', required: ['success', 'data'], properties: { success: { type: 'boolean', const: true, description: 'True.' }, data: refTo('Order') } })
    expect(JSON.stringify(media.example)).toBe(JSON.stringify({ success: true, data: ORDER_EXAMPLE }))
  })

  it('leaves errors and operations that opt out alone', async () => {
    const document = await assembled({ '/orders/{id}': { get: get({ 'x-orkit': { envelope: false } }) } })
    const responses = document.paths['/orders/{id}']!.get!.responses!
    expect(responses['200']!.content!['application/json']!.schema).toEqual(refTo('Order'))
    expect(document.components.responses!['Failed']!.content!['application/json']!.example).toEqual({ error: 'BAD' })
  })

  it('describes a list that is written in place by the words of its response', async () => {
    const list = { type: 'array', items: refTo('Order') }
    const of = async (schema: Record<string, unknown>) => {
      const document = await assembled({ '/orders/{id}': { get: get({ responses: { '200': { description: 'All of it.', content: json(schema, [ORDER_EXAMPLE]) } } }) } })
      return document.paths['/orders/{id}']!.get!.responses!['200']!.content!['application/json']!.schema!.properties!['data']
    }
    expect(await of(list)).toEqual({ ...list, description: 'All of it.' })
    expect(await of({ ...list, description: 'Its own.' })).toEqual({ ...list, description: 'Its own.' })
  })

  it('wraps a shared success response where it is used', async () => {
    const base = baseDocument()
    const components = base['components'] as { responses: Record<string, unknown> }
    components.responses['Done'] = { description: 'Done.', content: json(refTo('Order'), ORDER_EXAMPLE) }
    const document = await assembled({ '/orders/{id}': { get: get({ responses: { '200': { $ref: '#/components/responses/Done' } } }) } }, base)
    expect(document.paths['/orders/{id}']!.get!.responses!['200']!.content!['application/json']!.example).toEqual({ success: true, data: ORDER_EXAMPLE })
    expect(document.components.responses!['Done']).toBeUndefined()
  })
})

describe('defaults', () => {
  it('adds responses by what the operation is, and headers everywhere', async () => {
    const document = await assembled({ '/orders/{id}': { get: get() }, '/ping': { get: operation('orders.ping', { security: [], responses: { '204': { description: 'Here.' } } }) } })
    expect(Object.keys(document.paths['/orders/{id}']!.get!.responses!)).toEqual(['200', '401', '404', '500'])
    expect(Object.keys(document.paths['/ping']!.get!.responses!)).toEqual(['204', '500'])
    expect(document.paths['/ping']!.get!.responses!['204']!.headers).toEqual({ 'X-Limit': { $ref: '#/components/headers/X-Limit' } })
    const own = { description: 'Its own.', schema: { type: 'string' } }
    const kept = await assembled({ '/ping': { get: operation('orders.ping', { security: [], responses: { '204': { description: 'Here.', headers: { 'X-Limit': own } } } }) } })
    expect(kept.paths['/ping']!.get!.responses!['204']!.headers).toEqual({ 'X-Limit': own })
    expect(document.components.responses!['Failed']!.headers).toEqual({ 'X-Limit': { $ref: '#/components/headers/X-Limit' } })
    expect('x-orkit-defaults' in document).toBe(false)
  })

  it("takes one away with '404': null and keeps what is written", async () => {
    const own = { '200': { description: 'It.', content: json(refTo('Order'), ORDER_EXAMPLE) }, '404': null, '401': { description: 'Own.' } }
    const document = await assembled({ '/orders/{id}': { get: get({ responses: own }) } })
    expect(Object.keys(document.paths['/orders/{id}']!.get!.responses!)).toEqual(['200', '401', '500'])
    expect(document.paths['/orders/{id}']!.get!.responses!['401']!.description).toBe('Own.')
  })

  it('adds input errors for query parameters and bodies', async () => {
    const query = operation('orders.list', { parameters: [{ name: 'q', in: 'query', description: 'Search.', schema: { type: 'string' } }], responses: { '204': { description: 'None.' } } })
    const document = await assembled({ '/orders': { get: query } })
    expect(Object.keys(document.paths['/orders']!.get!.responses!)).toContain('400')
  })
})

describe('broken sources', () => {
  it('names both files of a schema that is defined twice', async () => {
    const root = writeFixture({}, {}, baseDocument(), { 'schemas/other.yaml': { Order: { type: 'object' } } })
    expect(await problems(root)).toEqual(['spec/orckai/schemas/other.yaml (Order): is also defined in spec/orckai/schemas/orders.yaml; a schema name may be defined once, rename one of the two'])
  })

  it('names both files of an operation that is written twice, but lets a path be spread', async () => {
    const done = { responses: { '204': { description: 'Done.' } } }
    const spread = writeFixture({ '/orders': { get: operation('orders.list', done) } }, {}, baseDocument(), { 'paths/x.yaml': { '/orders': { post: operation('orders.create', done) } } })
    expect(await problems(spread)).toEqual([])
    const twice = writeFixture({ '/orders': { get: operation('orders.list', done) } }, {}, baseDocument(), { 'paths/x.yaml': { '/orders': { get: operation('orders.all', done) } } })
    expect(await problems(twice)).toEqual(['spec/orckai/paths/x.yaml (GET /orders): is also in spec/orckai/paths/orders.yaml; keep one of the two'])
  })

  it('tells the line of a YAML mistake', async () => {
    const [problem] = await problems(writeFixture({}, {}, baseDocument(), { 'paths/x.yaml': '/a:\n  get: {\n' }))
    expect(problem).toMatch(/^spec\/orckai\/paths\/x\.yaml \(line \d+\): YAML: /)
  })

  it('prints every problem, with the operation and the mend', async () => {
    const root = writeFixture({
      '/a': { get: operation('bad', { responses: { '200': { description: 'x', content: json(refTo('Nope')) } } }) },
      '/b': { get: { operationId: 'orders.b', responses: { '204': { description: 'x' } } } },
      '/c/{id}': { get: operation('orders.c', { responses: { '204': { description: 'x' } } }) },
      '/d': { get: operation('orders.d', { parameters: [{ name: 'id', in: 'path', required: true, description: 'x', schema: { type: 'string' } }], responses: { '204': { description: 'x' } } }) }
    })
    const all = await problems(root)
    expect(all).toContain('spec/orckai/paths/orders.yaml (GET /a): refers to #/components/schemas/Nope, which does not exist; references are written against the assembled document, like #/components/schemas/Agent')
    expect(all).toContain('spec/orckai/paths/orders.yaml (GET /a): has the operationId `bad`; it must be `resource.method` in camelCase with at least two segments')
    expect(all).toContain('spec/orckai/paths/orders.yaml (orders.b, GET /b): has no x-orkit.origin; say seed, docs, sdk, server or inferred')
    expect(all).toContain('spec/orckai/paths/orders.yaml (orders.c, GET /c/{id}): does not declare its path parameter `id`')
    expect(all).toContain('spec/orckai/paths/orders.yaml (orders.d, GET /d): declares the path parameter `id`, which its path does not have')
  })

  it('finds a broken reference also in a member or an answer that is called as a keyword is', async () => {
    const schema = { type: 'object', description: 'x', properties: { default: refTo('Nope'), example: { type: 'object', description: 'x', properties: { enum: refTo('Nope') } } } }
    const all = await problems(writeFixture({ '/a': { get: operation('orders.a', { responses: { '204': { description: 'x' }, default: { $ref: '#/components/responses/Nope' } } }) } }, { Odd: schema }))
    expect(all.filter((problem) => problem.includes('does not exist')).map((problem) => /\((.*?)\): refers to #\/components\/(\w+)/.exec(problem)!.slice(1))).toEqual([['GET /a', 'responses'], ['Odd', 'schemas']])
    // What stands in an example is no reference.
    expect(await problems(writeFixture({ '/a': { get: operation('orders.a', { responses: { '200': { description: 'x', content: json(refTo('Order'), { id: { $ref: '#/nowhere' } }) } } }) } }))).toEqual([])
  })

  it('refuses a name in two places, a method that is a resource, a payload that is not there', async () => {
    const clash = operation('orders.create', {
      parameters: [{ name: 'id', in: 'query', description: 'x', schema: { type: 'string' } }],
      requestBody: { content: json(refTo('Order')) }, responses: { '204': { description: 'x' } }
    })
    const tree = operation('orders.get', { responses: { '204': { description: 'x' } } })
    const below = operation('orders.get.deep', { responses: { '200': { description: 'x', content: json(refTo('Order')) } }, 'x-orkit': { payload: '/nowhere' } })
    const all = (await problems(writeFixture({ '/a': { post: clash }, '/b': { get: tree }, '/c': { get: below } }))).join('\n')
    expect(all).toContain('`id` is a query and a body member')
    expect(all).toContain('is a method, but `orders.get.deep` makes a resource of the same name')
    expect(all).toContain('the payload pointer `/nowhere` leads nowhere in the 200 body')
  })

  it('refuses unknown keywords and formats in schemas', async () => {
    const all = await problems(writeFixture({}, { Bad: { type: 'object', description: 'x', properties: { a: { type: 'string', format: 'colour', description: 'x' }, b: { type: 'string', maxlength: 3, description: 'x' } } } }))
    expect(all.join('\n')).toContain('spec/orckai/schemas/orders.yaml (Bad): uses the keyword `maxlength`')
    expect(all.join('\n')).toContain('uses the unknown format `colour`')
  })
})
