import { expect, it } from 'vitest'
import { generate, ID, json, operation, ORDER_EXAMPLE, refTo, writeFixture } from './fixture.js'

const order = { '200': { description: 'It.', content: json(refTo('Order'), ORDER_EXAMPLE) } }
const pageOf = async (paths: Record<string, unknown>, schemas: Record<string, unknown> = {}): Promise<string> => (await generate(writeFixture(paths, schemas))).reference

it('says what an operation is, takes, returns and how it fails', async () => {
  const page = await pageOf({ '/orders/{id}': { put: operation('orders.update', {
    parameters: [ID, { name: 'force', in: 'query', description: 'Even | if paid.', schema: { type: 'boolean', default: false } }],
    requestBody: { required: true, content: json(refTo('Order'), ORDER_EXAMPLE) }, responses: order, security: [{ apiKey: ['orders:write'] }], 'x-orkit': { note: 'Slow on Mondays.' },
  }) } })
  expect(page).toContain('| [`orders.update`](#ordersupdate) | `PUT /orders/{id}` | Do it |')
  expect(page).toContain('## orders\n\nOrders of the shop.\n\n### orders.update\n\nDo it.\n\nDoes it.\n\n*Slow on Mondays.*')
  expect(page).toContain("```ts\nconst result = await orckai.orders.update(id, { id: 'a1b2c3d4-0000-4000-8000-000000000001', status: 'open' })\n```")
  expect(page).toContain('| Request | `PUT /orders/{id}` |\n| Command | `orkit orckai orders update <id>` |\n| Scope | `orders:write` |\n| Rate limit | `standard` |\n| Repeated after a failure | yes |\n| Origin | seed |')
  expect(page).toContain('| `force` | query | boolean |  | Even \\| if paid. |')
  expect(page).toContain('| `status` | body | `open`, `paid` and others | yes | State. |')
  expect(page).toContain('Returns `ApiPromise<Order>`.\n\nOther answers: 400 (failed); 401 (failed); 404 (failed); 500 (failed).')
  expect(page).toContain('| `standard` | 10 in a minute | credential | All |')
  expect(page).toContain('| `BAD` | 400 | Bad |')
})

it('shows each kind of call as it is used, and what may not be repeated', async () => {
  const file = { type: 'object', description: 'A file.', required: ['file'], properties: { file: { type: 'string', format: 'binary', description: 'It.' } } }
  const page = await pageOf({
    '/orders': { get: operation('orders.list', { responses: { '200': { description: 'All.', content: json({ type: 'array', items: refTo('Order') }) } }, 'x-orkit': { pagination: { style: 'none', items: '/data' } } }) },
    '/orders/import': { post: operation('orders.import', { requestBody: { required: true, content: { 'multipart/form-data': { schema: refTo('Import') } } }, responses: order, 'x-orkit': { wait: { poll: 'orders.get', id: '/id', status: '/status', success: ['paid'], failure: [] } } }) },
    '/orders/{id}': { get: operation('orders.get', { parameters: [ID], responses: order }), delete: operation('orders.delete', { parameters: [ID], responses: { '204': { description: 'Gone.' } }, 'x-orkit': { origin: 'inferred' } }) },
  }, { Import: file })
  expect(page).toContain('for await (const item of orckai.orders.list()) console.log(item)')
  expect(page).toContain('const result = await orckai.orders.import({ file }).wait()')
  expect(page).toContain('`.wait()` follows `orders.get` until `paid`.')
  expect(page).toContain('await orckai.orders.delete(id)')
  expect(page).toContain('Do it. **Provisional:**')
  expect(page).toContain('| Repeated after a failure | only when the request did not reach the server, or with `retryUnsafe` |')
})
