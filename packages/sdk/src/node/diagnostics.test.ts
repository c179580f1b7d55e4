import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { KEY, quick } from '../../test/fixture/client.js'
import { fail, ok, rejection, serve, type TestServer } from '../../test/fixture/server.js'
import { diagnostics, type DiagnosticsMessage } from './diagnostics.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

it('publishes every attempt with its outcome, lets a subscriber add a header, and shows no secret', async () => {
  const events: [string, Partial<DiagnosticsMessage>][] = []
  const on = Object.fromEntries(['start', 'asyncEnd', 'error'].map((name) => [name, (message: unknown) => {
    const { setHeader, ...rest } = message as DiagnosticsMessage
    events.push([name, rest])
    if (name === 'start') setHeader('traceparent', '00-trace')
  }]))
  for (const [name, run] of Object.entries(on)) subscribe(`tracing:orkit:request:${name}`, run)
  try {
    server.handle((_, response, n) => (n === 0 ? fail(response, 503) : ok(response, {}, { 'x-request-id': 'r-1' })))
    const { client } = quick(server.url, { policies: [diagnostics()] })
    await client.request('items.get', { path: { id: 'a b' } }, { query: { token: 'query-secret' } })
    expect(events.map(([name, { attempt, status }]) => [name, attempt, status])).toEqual([['start', 1, undefined], ['error', 1, 503], ['asyncEnd', 1, 503], ['start', 2, undefined], ['asyncEnd', 2, 200]])
    expect(events.at(-1)![1]).toMatchObject({ system: 'fixture', operation: 'items.get', method: 'GET', route: '/items/{id}', requestId: 'r-1', durationMs: expect.any(Number) })
    expect(server.seen.map(({ headers }) => headers['traceparent'])).toEqual(['00-trace', '00-trace'])
    const shown = JSON.stringify(events)
    expect(shown).not.toContain(KEY)
    expect(shown).not.toContain('query-secret')
  } finally {
    for (const [name, run] of Object.entries(on)) unsubscribe(`tracing:orkit:request:${name}`, run)
  }
  const before = events.length
  const { client } = quick(server.url, { policies: [diagnostics()] })
  await client.request('items.get', { path: { id: 1 } })
  expect(events).toHaveLength(before)
})

it('carries the store of a tracer through the attempt', async () => {
  const store = new AsyncLocalStorage<string>()
  const { start } = tracingChannel('orkit:request')
  start.bindStore(store, (message) => `span of ${(message as DiagnosticsMessage).operation}`)
  const seen: unknown[] = []
  try {
    server.handle((_, response) => fail(response, 404))
    const { client } = quick(server.url, { policies: [diagnostics()], hooks: { onRequest: () => void seen.push(store.getStore()) } })
    expect(await rejection(client.request('items.get', { path: { id: 1 } }))).toMatchObject({ status: 404 })
    expect(seen).toEqual(['span of items.get'])
  } finally {
    start.unbindStore(store)
  }
})
