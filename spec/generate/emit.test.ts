import { describe, expect, it } from 'vitest'
import { baseDocument, generate, ID, json, operation, ORDER_EXAMPLE, problems, refTo, writeFixture, type Generated } from './fixture.js'

const order = { '200': { description: 'It.', content: json(refTo('Order'), ORDER_EXAMPLE) } }
const none = { '204': { description: 'Done.' } }
const query = (name: string, schema: unknown = { type: 'string' }, required = false): Record<string, unknown> => ({ name, in: 'query', required, description: `The ${name}.`, schema })

async function one(path: string, method: string, object: Record<string, unknown>, schemas: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Generated> {
  return generate(writeFixture({ [path]: { [method]: object }, ...more }, schemas))
}

/** The emitted method, signature and body. */
function methodOf({ resources }: Generated, name: string): string {
  return new RegExp(`^  ${name}\\([\\s\\S]*?\\n  }$`, 'm').exec(resources)?.[0] ?? ''
}

const lineOf = ({ operations }: Generated, id: string): string => operations.split('\n').find((line) => line.startsWith(`  '${id}'`))?.replace(/,$/, '') ?? ''

describe('resources', () => {
  it('documents a method and resolves its payload through the envelope', async () => {
    const { resources } = await one('/orders/{id}', 'get', operation('orders.get', { parameters: [ID], responses: order, security: [{ apiKey: ['orders:read'] }], 'x-orkit': { note: 'Slow on Mondays.' } }))
    expect(resources).toContain(`/** Orders of the shop. */
export class Orders extends Resource {
  /**
   * Do it.
   *
   * Does it.
   *
   * Note: Slow on Mondays.
   *
   * Scope: \`orders:read\`. Rate limit: \`standard\`. Origin: seed.
   *
   * @param id Identifier of the order.
   * @param options Time limits, retries, signal and headers of this call.
   */
  get(id: string, options?: RequestOptions): ApiPromise<Order> {
    return this._client._call(op['orders.get'], { id }, undefined, options)
  }
}`)
    expect(resources).toContain("export type { Error, Order } from './types.gen.js'")
    expect(resources).toContain('export abstract class ShopResources extends ApiClient {\n  /** Orders of the shop. */\n  readonly orders = new Orders(this)\n}')
    expect(resources).toContain("export interface ShopCredentials {\n  /** A key. Default: the environment's `SHOP_API_KEY`. */\n  apiKey?: Secret\n}")
  })

  it('merges body, query and header into one params type', async () => {
    const header = { name: 'X-Trace', in: 'header', description: 'Trace.', schema: { type: 'string' } }
    const result = await one('/orders/{order_id}', 'put', operation('orders.update', { parameters: [{ ...ID, name: 'order_id', schema: { type: ['string', 'integer'] } }, query('force', { type: 'boolean' }), header], requestBody: { required: true, content: json(refTo('Order'), ORDER_EXAMPLE) }, responses: order }))
    expect(result.resources).toContain("export type OrdersUpdateParams = Order & NonNullable<operations['orders.update']['parameters']['query']> & NonNullable<operations['orders.update']['parameters']['header']>")
    expect(methodOf(result, 'update')).toBe(`  update(orderId: string | number, params: OrdersUpdateParams, options?: RequestOptions): ApiPromise<Order> {
    return this._client._call(op['orders.update'], { order_id: orderId }, params, options)
  }`)
  })

  it('makes params optional when nothing in them is required', async () => {
    const patch = { OrderUpdate: { type: 'object', description: 'x', properties: { total: { type: 'number', description: 'x' } } } }
    const result = await one('/orders/{id}', 'patch', operation('orders.update', { parameters: [ID], requestBody: { required: true, content: json(refTo('OrderUpdate'), {}) }, responses: none }), patch)
    expect(methodOf(result, 'update')).toContain('update(id: string, params?: OrderUpdate, options?: RequestOptions): ApiPromise<void>')
  })

  it('types arrays, inline payloads and several successes', async () => {
    const list = await one('/orders', 'get', operation('orders.all', { responses: { '200': { description: 'x', content: json({ type: 'array', items: refTo('Order') }) } } }))
    expect(methodOf(list, 'all')).toContain('ApiPromise<Order[]>')
    const either = await one('/orders', 'get', operation('orders.all', { responses: { '200': { description: 'x', content: json({ type: 'array', items: { oneOf: [refTo('Order'), refTo('Error')] } }) } } }))
    expect(methodOf(either, 'all')).toContain('ApiPromise<(Order | Error)[]>')
    const inline = await one('/orders', 'get', operation('orders.count', { responses: { '200': { description: 'x', content: json({ type: 'object', properties: { n: { type: 'integer', description: 'x' } } }) } } }))
    expect(methodOf(inline, 'count')).toContain("ApiPromise<operations['orders.count']['responses'][200]['content']['application/json']['data']>")
    const both = await one('/orders', 'post', operation('orders.create', { responses: { ...order, '202': { description: 'x', content: json(refTo('Error')) } } }))
    expect(methodOf(both, 'create')).toContain('ApiPromise<Order | Error>')
  })

  it('renames a class that a schema has the name of, and imports likewise', async () => {
    const result = await one('/orders', 'get', operation('order.get', { responses: { '200': { description: 'x', content: json(refTo('Download')) } } }), { Download: { type: 'object', description: 'x' } })
    expect(result.resources).toContain('export class OrderResource extends Resource')
    expect(result.resources).toContain('readonly order = new OrderResource(this)')
    const file = await one('/orders', 'get', operation('order.file', { responses: { '200': { description: 'x', content: { 'application/pdf': { schema: { type: 'string', format: 'binary' } } } } } }), { Download: { type: 'object', description: 'x' } })
    expect(file.resources).toContain('Download as Download_')
  })

  it('nests resources', async () => {
    const result = await one('/orders/{id}/items', 'get', operation('orders.items.list', { parameters: [ID], responses: none }))
    expect(result.resources).toContain('/** Items of orders. */\nexport class OrdersItems extends Resource')
    expect(result.resources).toContain('  /** Items of orders. */\n  readonly items = new OrdersItems(this._client)')
  })

  it('marks what is inferred', async () => {
    const result = await one('/orders', 'get', operation('orders.guess', { responses: none, 'x-orkit': { origin: 'inferred', note: 'Path guessed' } }))
    expect(result.resources).toContain('@experimental Provisional: the vendor names this without giving its path. Path guessed.')
    expect(lineOf(result, 'orders.guess')).toContain('provisional: true')
  })
})

describe('kinds', () => {
  it('paginates', async () => {
    const page = { type: 'object', description: 'x', properties: { items: { type: 'array', items: refTo('Order'), description: 'x' }, next: { type: ['string', 'null'], description: 'x' } } }
    const pagination = { style: 'cursor', items: '/data/items', limit: 'limit', position: 'cursor', next: '/data/next' }
    const result = await one('/orders', 'get', operation('orders.list', { parameters: [query('limit', { type: 'integer', default: 20 }), query('cursor')], responses: { '200': { description: 'x', content: json(refTo('OrderPage'), { items: [] }) } }, 'x-orkit': { pagination } }), { OrderPage: page })
    expect(methodOf(result, 'list')).toBe("  list(params?: OrdersListParams, options?: RequestOptions): PagePromise<Order> {\n    return this._client._list(op['orders.list'], {}, params, options)\n  }")
    expect(lineOf(result, 'orders.list')).toBe("  'orders.list': { id: 'orders.list', method: 'GET', path: '/orders', query: ['limit', 'cursor'], paginate: { style: 'cursor', items: '/data/items', limit: 'limit', position: 'cursor', next: '/data/next' } }")
    expect(result.routes).toContain('defaultLimit: 20')
    expect(JSON.parse(result.manifest).commands[0]).toMatchObject({ output: 'list', path: ['orders', 'list'] })
  })

  it('streams, also only when asked', async () => {
    const schemas = { Ask: { type: 'object', description: 'x', required: ['q'], properties: { q: { type: 'string', description: 'x' }, stream: { type: 'boolean', description: 'x' } } }, Piece: { type: 'object', description: 'x', properties: { text: { type: 'string', description: 'x' } } } }
    const stream = { kind: 'sse', event: '#/components/schemas/Piece', text: '/text' }
    const body = { requestBody: { required: true, content: json(refTo('Ask'), { q: 'x' }) } }
    const sse = { 'text/event-stream': { schema: { type: 'string' } } }
    const always = await one('/ask', 'post', operation('orders.stream', { ...body, responses: { '200': { description: 'x', content: sse } }, 'x-orkit': { stream } }), schemas)
    expect(methodOf(always, 'stream')).toContain("StreamPromise<Piece> {\n    return this._client._stream(op['orders.stream'], {}, params, options)")
    expect(lineOf(always, 'orders.stream')).toContain("stream: { kind: 'sse', text: '/text' }")
    expect(always.routes).toContain("stream: {\n        kind: 'sse',\n        event: v.Piece\n      }")
    const maybe = await one('/ask', 'post', operation('orders.ask', { ...body, responses: { '200': { description: 'x', content: { ...json(refTo('Order'), ORDER_EXAMPLE), ...sse } } }, 'x-orkit': { stream: { ...stream, when: { stream: true } } } }), schemas)
    expect(maybe.resources).toContain(`  ask(params: Ask & { stream: true }, options?: RequestOptions): StreamPromise<Piece>
  ask(params: Ask, options?: RequestOptions): ApiPromise<Order>
  ask(params: Ask, options?: RequestOptions): StreamPromise<Piece> | ApiPromise<Order> {
    if (params.stream === true) return this._client._stream<Piece>(op['orders.ask'], {}, params, options)
    return this._client._call<Order>(op['orders.ask'], {}, params, options)
  }`)
    expect(JSON.parse(maybe.manifest).commands[0]).toMatchObject({ output: 'object', streamWhen: { stream: true } })
  })

  it('opens sockets beside the base path', async () => {
    const watch = operation('orders.watch', { parameters: [ID], servers: [{ url: 'wss://shop.example' }], responses: { '101': { description: 'x' } }, 'x-orkit': { stream: { kind: 'websocket', event: '#/components/schemas/Order' } } })
    const result = await one('/ws/{id}', 'get', watch)
    expect(methodOf(result, 'watch')).toContain('watch(id: string, options?: RequestOptions): SocketStream<Order>')
    expect(lineOf(result, 'orders.watch')).toContain("base: ''")
    expect(result.routes).toContain("path: '/ws/{id}'")
    expect(result.routes).toContain('success: 101')
  })

  it('waits for the result of another operation', async () => {
    const start = operation('orders.start', { responses: { '202': { description: 'x', content: json(refTo('Order'), ORDER_EXAMPLE) } }, 'x-orkit': { wait: { poll: 'orders.get', id: '/id', status: '/status', success: ['paid'], failure: [] } } })
    const result = await one('/orders', 'post', start, { Full: { type: 'object', description: 'x', properties: { status: { type: 'string', description: 'x' } } } }, { '/orders/{id}': { get: operation('orders.get', { parameters: [ID], responses: { '200': { description: 'x', content: json(refTo('Full'), {}) } } }) } })
    expect(methodOf(result, 'start')).toContain('WaitablePromise<Order, Full> {\n    return this._client._wait(')
    expect(lineOf(result, 'orders.start')).toContain("wait: { poll: 'orders.get', id: '/id', status: '/status', success: ['paid'], failure: [], param: 'id' }")
  })

  it('waits for an item of a list, where nothing reads the work alone', async () => {
    const start = operation('orders.start', { responses: { '202': { description: 'x', content: json(refTo('Order'), ORDER_EXAMPLE) } }, 'x-orkit': { wait: { poll: 'orders.list', id: '/id', find: '/id', status: '/status', success: ['paid'], failure: [] } } })
    const list = operation('orders.list', { responses: { '200': { description: 'x', content: json({ type: 'array', items: refTo('Full') }, []) } }, 'x-orkit': { pagination: { style: 'none', items: '/data' } } })
    const result = await one('/orders', 'post', start, { Full: { type: 'object', description: 'x', properties: { id: { type: 'string', description: 'x' }, status: { type: 'string', description: 'x' } } } }, { '/all': { get: list } })
    expect(methodOf(result, 'start')).toContain('WaitablePromise<Order, Full> {')
    expect(lineOf(result, 'orders.start')).toContain("wait: { poll: 'orders.list', id: '/id', find: '/id', status: '/status', success: ['paid'], failure: [] }")
    expect(result.reference).toContain('`.wait()` follows its item in `orders.list` until `paid`.')
  })

  it('uploads and downloads files', async () => {
    const form = { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary', description: 'x' }, tag: { type: 'string', description: 'x' } } }
    const up = await one('/files', 'post', operation('orders.upload', { requestBody: { required: true, content: { 'multipart/form-data': { schema: form } } }, responses: none, 'x-orkit': { upload: { part: 'file' } } }))
    expect(up.resources).toContain("export type OrdersUploadParams = operations['orders.upload']['requestBody']['content']['multipart/form-data']")
    expect(up.types).toContain("import type { Uploadable } from '../../core/uploads.js'")
    expect(up.types).toContain('file: Uploadable;')
    expect(lineOf(up, 'orders.upload')).toContain("body: 'multipart', files: ['file']")
    expect(up.routes).toContain("content: { 'multipart/form-data': v.orders_upload_multipart },\n        files: ['file']")
    expect(JSON.parse(up.manifest).commands[0].flags[0]).toMatchObject({ flag: 'file', type: 'file', required: true })
    const binary = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
    const down = await one('/files', 'get', operation('orders.download', { responses: { '200': { description: 'x', content: binary } } }))
    expect(methodOf(down, 'download')).toContain('ApiPromise<Download> {\n    return this._client._download(')
    expect(down.routes).toContain("'200': { content: { 'application/octet-stream': null }")
    const moved = await one('/files', 'get', operation('orders.download', { responses: { '307': { description: 'x' } }, 'x-orkit': { redirect: true } }))
    expect(lineOf(moved, 'orders.download')).toContain('binary: true, redirect: true')
    expect(moved.routes).toContain('success: 307')
  })

  it('carries retry, rate limit and fallback, and leaves defaults out', async () => {
    const document = baseDocument()
    ;(document['x-orkit'] as { rateLimits: { categories: Record<string, unknown> } }).rateLimits.categories['slow'] = { description: 'x', key: 'ip', windows: [] }
    const create = operation('orders.create', { requestBody: { content: json(refTo('Order')) }, responses: order, 'x-orkit': { retry: { idempotencyKey: { in: 'body', name: 'id' } }, rateLimit: 'slow', fallback: { operation: 'orders.make', on: [404] } } })
    const make = operation('orders.make', { responses: order, security: [], 'x-orkit': { retry: 'unsafe', rateLimit: 'standard' } })
    const result = await generate(writeFixture({ '/a': { post: create }, '/b': { post: make } }, {}, document))
    expect(lineOf(result, 'orders.create')).toBe("  'orders.create': { id: 'orders.create', method: 'POST', path: '/a', body: 'json', retry: { in: 'body', name: 'id' }, limit: 'slow', fallback: { operation: 'orders.make', on: [404] } }")
    expect(lineOf(result, 'orders.make')).toBe("  'orders.make': { id: 'orders.make', method: 'POST', path: '/b', auth: [] }")
  })

  it('says what may be repeated where the method does not', async () => {
    const result = await generate(writeFixture({ '/a': { get: operation('orders.draw', { responses: order, 'x-orkit': { retry: 'unsafe' } }), post: operation('orders.find', { responses: order, 'x-orkit': { retry: 'safe' } }) } }))
    expect([lineOf(result, 'orders.draw'), lineOf(result, 'orders.find')]).toEqual([expect.stringContaining("retry: 'unsafe'"), expect.stringContaining("retry: 'safe'")])
  })
})

describe('types', () => {
  it('keeps open enums open and operation ids as keys', async () => {
    const { types } = await one('/orders/{id}', 'get', operation('orders.get', { parameters: [ID], responses: order }))
    expect(types).toContain('status: "open" | "paid" | (string & {});')
    expect(types).toContain('"orders.get": {')
    expect(types).toContain('total?: number | null;')
    expect(types).toContain('/** State. */')
    // Editors show the name of a type that was declared with it, and first what a comment begins with.
    expect(types).toContain('/** An order. */\nexport type Order = {')
    expect(types).toContain('Order: Order;')
    expect(types).not.toContain('components["schemas"]')
    expect(types).toContain('     * Identifier.\n     * Format: uuid\n     */\n    id: string;')
    expect(types).toMatch(/\/\*\* The paths of \w+, .* \*\/\nexport interface paths \{\n {4}\/\*\* GET: Do it\. \*\/\n {4}"\/orders\/\{id\}": \{/)
  })

  it('does not make members with a default required', async () => {
    const { types } = await one('/x', 'get', operation('orders.x', { responses: none }), { Settings: { type: 'object', description: 'x', properties: { size: { type: 'integer', default: 3, description: 'x' } } } })
    expect(types).toContain('size?: number;')
  })
})

describe('schemas', () => {
  it('of answers hold what says something about a value: nothing that only a client sends, and answers stay open', async () => {
    const ticket = { type: 'object', description: 'x', required: ['id', 'pin'], additionalProperties: false, properties: { id: { type: 'string', format: 'uuid', minLength: 1, description: 'x' }, pin: { type: 'string', writeOnly: true, description: 'x' }, next: { oneOf: [refTo('Ticket'), { type: 'null' }], description: 'x' } } }
    const { schemas } = await one('/x', 'get', operation('orders.x', { responses: { 200: { description: 'x', content: json(refTo('Ticket')) } } }), { Ticket: ticket })
    expect(schemas).toContain('"Ticket": {"type":"object","properties":{"id":{"type":"string","minLength":1},"next":{"anyOf":[{"$ref":"#/$defs/Ticket"},{"type":"null"}]}},"required":["id"]}')
  })
})

describe('secrets', () => {
  const properties = { token: { type: 'string', format: 'password', description: 'x' }, link: { type: 'string', 'x-secret': true, description: 'x' }, piece: { type: 'string', 'x-secret': false, description: 'x' } }

  it('names the members that are marked', async () => {
    const { operations } = await one('/x', 'get', operation('orders.x', { responses: none }), { Ticket: { type: 'object', description: 'x', properties } })
    expect(operations).toContain("secrets: ['link', 'token']")
  })
})

describe('manifest', () => {
  const body = {
    OrderCreate: {
      type: 'object', description: 'x', required: ['title'],
      properties: {
        title: { type: 'string', description: 'Title.' },
        tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, description: 'Tags.' },
        shipTo: { type: 'object', description: 'Address.', required: ['city'], properties: { city: { type: 'string', description: 'City.' }, geo: { type: 'object', description: 'Free.' } } },
        timeout: { type: ['integer', 'null'], default: 5, description: 'Seconds.' },
        state: { type: 'string', 'x-extensible-enum': ['new'], description: 'State.' }
      }
    }
  }
  const create = (cli: unknown): Record<string, unknown> => operation('orders.createFast', { parameters: [query('dry_run', { type: 'boolean' })], requestBody: { required: true, content: json(refTo('OrderCreate'), { title: 'x' }) }, responses: order, 'x-orkit': { cli } })

  it('makes arguments and flags', async () => {
    const { manifest } = await one('/orders', 'post', create({ args: ['title'], columns: ['id'], examples: ["create-fast 'x'"] }), body)
    const [command] = JSON.parse(manifest).commands
    expect(command).toMatchObject({ path: ['orders', 'create-fast'], columns: ['id'], body: 'json', output: 'object' })
    expect(command.args).toEqual([{ name: 'title', in: 'body', type: 'string', required: true, description: 'Title.' }])
    expect(command.flags).toEqual([
      { name: 'dry_run', in: 'query', type: 'boolean', description: 'The dry_run.', flag: 'query-dry-run' },
      { name: 'tags', in: 'body', type: 'array', items: 'string', description: 'Tags.', enum: ['a', 'b'], flag: 'tags' },
      { name: 'shipTo', in: 'body', type: 'object', description: 'Address.', flag: 'ship-to' },
      { name: 'shipTo.city', in: 'body', type: 'string', description: 'City.', flag: 'ship-to.city' },
      { name: 'shipTo.geo', in: 'body', type: 'object', description: 'Free.', flag: 'ship-to.geo' },
      { name: 'timeout', in: 'body', type: 'integer', description: 'Seconds.', default: 5, flag: 'body-timeout' },
      { name: 'state', in: 'body', type: 'string', description: 'State.', known: ['new'], flag: 'state' }
    ])
  })

  it('a parameter gives way to the member that its flag would be', async () => {
    const { manifest } = await one('/orders', 'post', operation('orders.create', { parameters: [query('ship_to', { type: 'string' })], requestBody: { content: json(refTo('OrderCreate'), { title: 'x' }) }, responses: order }), body)
    expect(JSON.parse(manifest).commands[0].flags.map(({ flag }: { flag: string }) => flag)).toEqual(expect.arrayContaining(['query-ship-to', 'ship-to']))
  })

  it('asks before deletions only, and signing out is none', async () => {
    const document = baseDocument()
    ;(document['x-orkit'] as { auth: Record<string, object> }).auth['apiKey'] = { ...(document['x-orkit'] as { auth: Record<string, object> }).auth['apiKey'], logout: 'orders.close' }
    const closed = await generate(writeFixture({ '/session': { delete: operation('orders.close', { responses: none }) }, '/orders': { post: operation('orders.purgeAll', { responses: none }), get: operation('orders.list', { responses: order }) } }, {}, document))
    expect(JSON.parse(closed.manifest).commands.map(({ id, destructive }: { id: string; destructive?: true }) => [id, destructive])).toEqual([['orders.close', undefined], ['orders.list', undefined], ['orders.purgeAll', true]])

    const remove = await one('/orders/{id}', 'delete', operation('orders.delete', { parameters: [ID], responses: none }))
    expect(JSON.parse(remove.manifest).commands[0]).toMatchObject({ destructive: true, output: 'none', args: [{ name: 'id', in: 'path', required: true }] })
  })

  it('refuses an argument that is not there', async () => {
    expect(await problems(writeFixture({ '/orders': { post: create({ args: ['nope'] }) } }, body))).toEqual([
      'spec/orckai/paths/orders.yaml (orders.createFast, POST /orders): x-orkit.cli.args names `nope`, which is neither a body property nor a parameter; correct the name'
    ])
  })
})

describe('seed', () => {
  it('is passed on as JSON', async () => {
    const { seed } = await generate(writeFixture({ '/x': { get: operation('orders.x', { responses: none }) } }, {}, baseDocument(), { 'seed.yaml': { orders: [ORDER_EXAMPLE] } }))
    expect(JSON.parse(seed!)).toEqual({ orders: [ORDER_EXAMPLE] })
  })
})

it('is deterministic', async () => {
  const root = writeFixture({ '/orders/{id}': { get: operation('orders.get', { parameters: [ID], responses: order }) } })
  const [first, second] = [await generate(root), await generate(root)]
  expect({ ...second, model: 0 }).toEqual({ ...first, model: 0 })
})
