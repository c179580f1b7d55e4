import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { rejection, serve, type TestServer } from '../../test/fixture/server.js'
import { Orbiter } from '../systems/orbiter/index.js'
import { StreamError } from './errors/index.js'
import { failureIn } from './stream-failure.js'
import type { RequestOptions } from './options.js'
import type { StreamPromise } from './results.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

const say = (response: ServerResponse, ...events: unknown[]) => {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`)
}
const stream = (options: RequestOptions = {}) => quick(server.url).client.request<StreamPromise<{ content?: string }>>('chat.stream', { params: { message: 'hi' } }, options)

describe('a stream that fails before its first event', () => {
  const whole = (response: ServerResponse) => { say(response, { content: 'whole' }, { done: true }); response.end() }

  it.each([
    ['is cut', (response: ServerResponse) => { say(response); response.flushHeaders(); setTimeout(() => response.destroy(), 10) }],
    ['ends empty', (response: ServerResponse) => { say(response); response.end() }],
    ['begins with an error', (response: ServerResponse) => { say(response, { error: 'overloaded' }); response.end() }],
  ] as const)('and %s is opened again where that is allowed', async (_, broken) => {
    server.handle((_, response, n) => (n < 2 ? broken(response) : whole(response)))
    expect(await stream({ retryUnsafe: true }).finalMessage()).toMatchObject({ text: 'whole', received: 2 })
    expect(server.seen).toHaveLength(3)
  })

  it('is not opened again where the operation may not be repeated, nor more often than allowed', async () => {
    server.handle((_, response) => { say(response, { error: 'overloaded' }); response.end() })
    const error = await rejection(stream().finalMessage())
    expect(error).toMatchObject({ kind: 'StreamError', reason: 'event', received: 0, retryable: true })
    expect(server.seen).toHaveLength(1)
    expect(await rejection(stream({ retryUnsafe: true }).finalMessage())).toBeInstanceOf(StreamError)
    expect(server.seen).toHaveLength(4)
    expect(await rejection(stream({ retryUnsafe: true, maxRetries: 0 }).finalMessage())).toBeInstanceOf(StreamError)
    expect(server.seen).toHaveLength(5)
  })

  it('is final once something was seen', async () => {
    server.handle((_, response) => { say(response, { content: 'x' }, { error: 'late' }); response.end() })
    const error = await rejection(stream({ retryUnsafe: true }).finalMessage())
    expect(error).toMatchObject({ reason: 'event', received: 1, retryable: false, text: 'x' })
    expect(server.seen).toHaveLength(1)
  })

  it('ends in the pause by the caller\'s abort', async () => {
    server.handle((_, response) => { say(response); response.end() })
    const abort = new AbortController()
    const { client } = quick(server.url, { clock: { sleep: async () => abort.abort(new Error('enough')) } })
    const error = await rejection(client.request<StreamPromise<unknown>>('chat.stream', { params: {} }, { retryUnsafe: true, signal: abort.signal }).finalMessage())
    expect(error).toMatchObject({ kind: 'AbortedError', reason: new Error('enough') })
    expect(server.seen).toHaveLength(1)
  })
})

it('tells a failure that ends the stream from one that it survives', () => {
  const conditional = { kind: 'sse', error: { at: '/error', when: { at: '/type', values: ['error'] } } } as const
  expect(failureIn(conditional, { type: 'node_failed', error: 'n2' })).toBeUndefined()
  expect(failureIn(conditional, { type: 'error', error: 'all' })).toBe('all')
  expect(failureIn(conditional, { type: 'error' })).toEqual({ type: 'error' })
  expect(failureIn({ kind: 'sse', error: '/error' }, { error: null })).toBeUndefined()
  expect(failureIn({ kind: 'sse' }, { error: 'x' })).toBeUndefined()
})

it('Orbiter: a workflow whose node fails is told to its end', async () => {
  server.handle((_, response) => {
    say(response, { type: 'node_started', node_id: 'n1' }, { type: 'node_failed', node_id: 'n1', error: 'The node failed' }, { type: 'execution_completed', status: 'failed', error: 'n1' }, { type: 'done', result: 'failed' })
    response.end()
  })
  const orbiter = new Orbiter({ deploymentKey: 'orb_x', baseUrl: server.url })
  const types: unknown[] = []
  for await (const event of orbiter.deployments.run('d', { input: 'x', stream: true })) types.push((event as { type?: string }).type)
  expect(types).toEqual(['node_started', 'node_failed', 'execution_completed', 'done'])
  server.handle((_, response) => { say(response, { type: 'token', content: 'a' }, { type: 'error', error: 'Workflow not found' }); response.end() })
  expect(await rejection(orbiter.deployments.run('d', { input: 'x', stream: true }).finalMessage())).toMatchObject({ kind: 'StreamError', reason: 'event', message: expect.stringContaining('Workflow not found') })
})
