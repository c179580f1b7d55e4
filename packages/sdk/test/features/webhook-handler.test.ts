import http from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createMock, type Mock } from '../../../mock/src/index.js'
import { nodeWebhookHandler } from '../../src/node/webhook-handler.js'
import { Klarefi, type KlarefiWebhookEvent } from '../../src/systems/klarefi/index.js'
import { memoryDeliveryStore, once, signPayload, webhookHandler } from '../../src/webhooks/index.js'

const secret = 'whsec_test_0123456789'
const event = (id = 'd-1', type = 'v1.case.completed') => JSON.stringify({ event_type: type, delivery_id: id, data: {} })
const deliver = async (handler: (request: Request) => Promise<Response>, body: string, init: { header?: string; method?: string } = {}) => {
  const method = init.method ?? 'POST'
  const response = await handler(new Request('https://x.example/hook', { method, headers: { 'x-klarefi-signature': init.header ?? await signPayload(body, secret) }, ...(method === 'POST' ? { body } : {}) }))
  return { status: response.status, body: await response.json() as Record<string, unknown> }
}

let mock: Mock | undefined
let server: http.Server | undefined
afterEach(async () => {
  await mock?.close()
  server?.closeAllConnections()
  server?.close()
  mock = server = undefined
})

describe('the Fetch handler', () => {
  it('gives typed events, each once, and remembers nothing that failed', async () => {
    const seen: string[] = []
    let broken = true
    const errors: unknown[] = []
    const handler = webhookHandler<KlarefiWebhookEvent>({
      secret: async () => [secret, 'old'],
      onError: (error) => errors.push(error),
      on: { 'v1.case.completed': (each) => { expectTypeOf(each.event_type).toEqualTypeOf<'v1.case.completed'>(); seen.push(each.delivery_id) } },
      onEvent: (each) => { if (broken && each.delivery_id === 'd-2') throw new Error('database is away') },
    })
    expect(await deliver(handler, event())).toEqual({ status: 200, body: { received: true } })
    expect(await deliver(handler, event())).toEqual({ status: 200, body: { received: true, duplicate: true } })
    expect(await deliver(handler, event('d-2'))).toEqual({ status: 500, body: { error: 'the event could not be handled' } })
    broken = false
    expect(await deliver(handler, event('d-2'))).toEqual({ status: 200, body: { received: true } })
    expect(await deliver(handler, event('d-3', 'v9.of.tomorrow'))).toMatchObject({ status: 200 })
    expect(seen).toEqual(['d-1', 'd-2', 'd-2'])
    expect(errors).toEqual([new Error('database is away')])
  })

  it('asks to come again while the same delivery is being worked on', async () => {
    let done = () => undefined as void
    const handler = webhookHandler<KlarefiWebhookEvent>({ secret, onEvent: () => new Promise<void>((resolve) => { done = resolve }) })
    const first = deliver(handler, event())
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await deliver(handler, event())).toMatchObject({ status: 503 })
    done()
    expect(await first).toMatchObject({ status: 200 })
  })

  it('refuses what it must, and tells the sender little', async () => {
    const onError = vi.fn()
    const handler = webhookHandler<KlarefiWebhookEvent>({ secret, onError, maxBytes: 200 })
    expect(await deliver(handler, event(), { header: 't=1,v1=00' })).toEqual({ status: 400, body: { error: 'the signature could not be verified', reason: 'signature' } })
    expect(await deliver(handler, event(), { header: await signPayload(event(), secret, { timestamp: 1000 }) })).toMatchObject({ status: 400, body: { reason: 'timestamp' } })
    expect(await deliver(handler, 'x'.repeat(300))).toMatchObject({ status: 413 })
    expect(await deliver(handler, '', { method: 'GET' })).toMatchObject({ status: 405 })
    expect(await deliver(webhookHandler<KlarefiWebhookEvent>({ secret: '' }), event())).toMatchObject({ status: 500 })
    expect(onError).toHaveBeenCalledTimes(2)
    const read = new Request('https://x.example', { method: 'POST', body: event() })
    await read.text()
    expect((await handler(read)).status).toBe(400)
  })
})

it('node:http takes what the reference server signs and sends', async () => {
  mock = createMock({ systems: ['klarefi'] })
  const api = await mock.listen()
  const seen: KlarefiWebhookEvent[] = []
  let fails = true
  const handle = nodeWebhookHandler<KlarefiWebhookEvent>({ secret, onEvent: (each) => { if (fails) throw new Error('not yet'); seen.push(each) } })
  server = http.createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const endpoint_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const klarefi = new Klarefi({ ...await mock.credentials('klarefi'), baseUrl: `${api.url}/klarefi` })
  expect(await klarefi.webhooks.test({ endpoint_url, signing_secret: secret })).toMatchObject({ success: false, status_code: 500 })
  fails = false
  expect(await klarefi.webhooks.test({ endpoint_url, signing_secret: secret })).toMatchObject({ success: true, status_code: 200 })
  expect(await klarefi.webhooks.test({ endpoint_url, signing_secret: 'whsec_other_00000000' })).toMatchObject({ success: false, status_code: 400 })
  expect(seen).toHaveLength(1)
  expect(seen[0]!.delivery_id).toMatch(/^whd_/)
})

it('node: a parsed body is refused with the reason, a raw one is taken', async () => {
  const body = event()
  const header = await signPayload(body, secret)
  const errors: Error[] = []
  const handle = nodeWebhookHandler<KlarefiWebhookEvent>({ secret, onError: (error) => errors.push(error as Error) })
  const run = async (given: unknown) => {
    let status = 0
    const response = { writeHead: (code: number) => { status = code; return response }, end: () => response }
    await handle({ method: 'POST', headers: { 'x-klarefi-signature': header }, body: given, readableEnded: true } as never, response as never)
    return status
  }
  expect(await run(JSON.parse(body))).toBe(400)
  expect(errors[0]!.message).toContain('express.raw')
  expect(await run(Buffer.from(body))).toBe(200)
})

it('a delivery counts once, however often and in whatever order it comes (P)', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.record({ id: fc.integer({ min: 0, max: 5 }), fails: fc.boolean() }), { maxLength: 40 }), async (tries) => {
    const store = memoryDeliveryStore()
    const worked: number[] = []
    await Promise.all(tries.map(({ id, fails }) => once(store, String(id), async () => {
      await Promise.resolve()
      if (fails) throw new Error('no')
      worked.push(id)
    }).catch(() => undefined)))
    expect(new Set(worked).size).toBe(worked.length)
    for (const id of new Set(tries.map((each) => each.id))) await once(store, String(id), () => worked.push(id))
    expect(worked.toSorted()).toEqual([...new Set(tries.map((each) => each.id))].toSorted())
  }), { numRuns: 60 })
})

it('the memory forgets by age and number', () => {
  let now = 0
  const store = memoryDeliveryStore({ max: 2, ttl: 100, now: () => now })
  for (const id of ['a', 'b', 'c']) {
    expect(store.begin(id)).toBe('new')
    void store.finish(id)
  }
  expect(store.begin('b')).toBe('done')
  expect(store.begin('a')).toBe('new')
  now = 200
  expect(store.begin('c')).toBe('new')
})
