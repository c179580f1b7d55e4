import { getEventListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { fail, json, rejection, serve, until, type TestServer } from '../../test/fixture/server.js'
import { transports } from '../../test/fixture/transports.js'
import { AbortedError, ApiError, StreamError } from './errors/index.js'
import type { RequestOptions } from './options.js'
import type { StreamPromise } from './results.js'

interface Event { content?: string; done?: boolean; error?: string; n?: number }

const sse = (response: ServerResponse, ...events: unknown[]) => {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) response.write(typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`)
}

describe.each(transports)('%s', (_, fetch) => {
  let server: TestServer
  beforeEach(async () => { server = await serve() })
  afterEach(() => server.close())
  const stream = (options: RequestOptions = {}) => quick(server.url, fetch === undefined ? {} : { fetch }).client.request<StreamPromise<Event>>('chat.stream', { params: { message: 'hi' } }, options)
  const three = [{ content: 'Hel' }, { content: 'lo' }, { content: '', done: true }]

  it('iterates, awaited or not, and stops at the end marker', async () => {
    server.handle((_, response) => sse(response, ...three, { content: 'never' }))
    const seen: Event[] = []
    for await (const event of await stream()) seen.push(event)
    expect(seen).toEqual(three)
    seen.length = 0
    for await (const event of stream()) seen.push(event)
    expect(seen).toEqual(three)
    expect(server.seen[0]!.headers.accept).toBe('text/event-stream')
    await until(() => server.seen.every((request) => request.left()))
  })

  it('gives the final message, with or without a loop before', async () => {
    server.handle((_, response) => sse(response, ': ping\n\n', ...three))
    expect(await stream().finalMessage()).toEqual({ text: 'Hello', last: three[2], received: 3 })
    const opened = await stream()
    for await (const _ of opened);
    expect((await opened.finalMessage()).text).toBe('Hello')
  })

  it('is consumed once, unless teed', async () => {
    server.handle((_, response) => sse(response, ...three))
    const opened = await stream()
    const [left, right] = opened.tee()
    expect(() => opened[Symbol.asyncIterator]()).toThrow(TypeError)
    const [a, b] = await Promise.all([left.finalMessage(), (async () => { const all = []; for await (const event of right) all.push(event); return all })()])
    expect(a.text).toBe('Hello')
    expect(b).toEqual(three)
  })

  it('gives one half of a tee everything after the other has left, and closes when both have', async () => {
    let more: (() => void) | undefined
    server.handle((_, response) => {
      sse(response, three[0])
      more = () => sse(response, ...three.slice(1))
    })
    const [left, right] = (await stream()).tee()
    for await (const event of left) {
      expect(event).toEqual(three[0])
      break
    }
    await until(() => more !== undefined)
    expect(server.seen[0]!.left()).toBe(false)
    more!()
    expect((await right.finalMessage()).text).toBe('Hello')
    server.handle((_, response) => sse(response, three[0]))
    for (const half of (await stream()).tee()) for await (const _ of half) break
    await until(() => server.seen[1]!.left())
  })

  it('fails in the half of a tee that runs 10,000 events ahead, and not in memory', async () => {
    server.handle((_, response) => {
      sse(response, `${'data: {"content":"x"}\n\n'.repeat(10_050)}`, three[2])
    })
    const [ahead, behind] = (await stream()).tee()
    const error = await rejection(ahead.finalMessage())
    expect(error).toMatchObject({ kind: 'StreamError', reason: 'overflow' })
    expect((await behind.finalMessage()).text).toBe('x'.repeat(10_050))
  })

  it('goes on as bytes', async () => {
    server.handle((_, response) => sse(response, ...three))
    const text = await new Response((await stream()).toReadableStream()).text()
    expect(text.trim().split('\n').map((line) => JSON.parse(line))).toEqual(three)
  })

  it('closes the connection on break, on a throw and on close()', async () => {
    server.handle((_, response) => sse(response, { content: 'a' }, { content: 'b' }))
    for await (const _ of await stream()) break
    await until(() => server.seen[0]!.left())
    await expect((async () => { for await (const _ of await stream()) throw new Error('mine') })()).rejects.toThrow('mine')
    await until(() => server.seen[1]!.left())
    await (await stream()).close()
    await until(() => server.seen[2]!.left())
  })

  it('an abort is an error, closes the connection and leaves no listener', async () => {
    server.handle((_, response) => sse(response, { content: 'a' }))
    const controller = new AbortController()
    const error = await rejection((async () => { for await (const _ of await stream({ signal: controller.signal })) controller.abort('enough') })())
    expect(error).toBeInstanceOf(AbortedError)
    expect(error.reason).toBe('enough')
    await until(() => server.seen[0]!.left())
    const { signal } = new AbortController()
    server.handle((_, response) => sse(response, ...three))
    await stream({ signal }).finalMessage()
    for await (const _ of await stream({ signal })) break
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('truncation is an error, with what came so far', async () => {
    server.handle((_, response) => { sse(response, { content: 'Hel' }); response.end() })
    const error = await rejection(stream().finalMessage())
    expect(error).toBeInstanceOf(StreamError)
    expect(error).toMatchObject({ reason: 'truncated', text: 'Hel', last: { content: 'Hel' }, received: 1, operation: 'chat.stream' })
  })

  it('a cut connection is an error of ours', async () => {
    server.handle((_, response) => { sse(response, { content: 'Hel' }); setTimeout(() => response.socket!.destroy(), 20) })
    const error = await rejection(stream().finalMessage())
    expect(error).toMatchObject({ kind: 'StreamError', reason: 'connection', text: 'Hel' })
    expect(error.cause).toMatchObject({ kind: 'ConnectionError' })
  })

  it('a failure inside the stream is an error', async () => {
    server.handle((_, response) => sse(response, { content: 'a' }, { error: 'overloaded', code: 'BUSY' }))
    expect(await rejection(stream().finalMessage())).toMatchObject({ kind: 'StreamError', reason: 'event', code: 'BUSY', text: 'a', message: expect.stringContaining('overloaded') })
    await until(() => server.seen[0]!.left())
  })

  it('silence is an error; comments break it', async () => {
    server.handle((_, response) => sse(response, { content: 'a' }))
    expect(await rejection(stream({ idleTimeout: 40 }).finalMessage())).toMatchObject({ reason: 'idle', text: 'a' })
    await until(() => server.seen[0]!.left())
    server.handle((_, response) => {
      sse(response, { content: 'a' })
      const timer = setInterval(() => response.write(': beat\n'), 20)
      setTimeout(() => { clearInterval(timer); sse(response, { done: true }) }, 150)
    })
    expect((await stream({ idleTimeout: 100 }).finalMessage()).text).toBe('a')
  })

  it('an event that is too large or not JSON is an error; a sentinel must be the whole data', async () => {
    server.handle((_, response) => sse(response, `data: ${'x'.repeat(2000)}`))
    expect(await rejection(stream({ maxEventSize: 1000 }).finalMessage())).toMatchObject({ reason: 'too_large' })
    server.handle((_, response) => sse(response, 'data: {nope\n\n'))
    expect(await rejection(stream().finalMessage())).toMatchObject({ reason: 'decode' })
    server.handle((_, response) => sse(response, { content: 'say [DONE]' }, 'data: [DONE]\n\n', { content: 'never' }))
    expect((await stream().finalMessage()).text).toBe('say [DONE]')
  })

  it('refusals before the stream are errors like any other', async () => {
    server.handle((_, response) => fail(response, 429))
    expect(await rejection(stream())).toBeInstanceOf(ApiError)
    expect(await rejection(stream().finalMessage())).toBeInstanceOf(ApiError)
  })

  it('takes an answer that is not a stream for one event', async () => {
    server.handle((_, response) => json(response, 200, { data: { content: 'all at once', done: true } }))
    expect(await stream().finalMessage()).toMatchObject({ text: 'all at once', received: 1 })
  })

  it('asks for a stream where an operation can do both', async () => {
    server.handle((_, response) => sse(response, { content: 'a' }, { done: true }))
    const { client } = quick(server.url)
    expect((await client.request<StreamPromise<Event>>('chat.maybe', { params: { input: 'x', stream: true } }).finalMessage()).text).toBe('a')
    expect(server.seen[0]!.json()).toEqual({ input: 'x', stream: true })
    server.handle((_, response) => json(response, 200, { data: 'plain' }))
    expect(await client.request('chat.maybe', { params: { input: 'x' } })).toBe('plain')
  })

  it('does not apply the time-out for an answer to the stream', async () => {
    server.handle((_, response) => { sse(response, { content: 'a' }); setTimeout(() => sse(response, { done: true }), 120) })
    expect((await stream({ timeout: 60 }).finalMessage()).text).toBe('a')
    expect(await rejection(stream({ deadline: 60 }).finalMessage())).toMatchObject({ kind: 'TimeoutError', scope: 'call' })
  })
})
