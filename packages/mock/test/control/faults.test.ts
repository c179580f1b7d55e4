import { connect } from 'node:net'
import { nodeTransport } from '@orkit/sdk/node'
import { Orckai } from '@orkit/sdk/orckai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createMock, type FaultRule, type Listening, type Mock } from '../../src/index.js'
import { FAULT_KINDS } from '../../src/kernel/reply.js'
import { AGENT, KEY } from './helpers.js'

let mock: Mock
let server: Listening
beforeAll(async () => {
  mock = createMock({ systems: ['orckai'], rateLimits: 'off', streamDelay: 1 })
  server = await mock.listen()
})
afterAll(() => mock.close())
beforeEach(() => mock.reset())

const TRANSPORTS = { fetch, 'nodeTransport()': nodeTransport(), 'in process': undefined } as const
type Transport = keyof typeof TRANSPORTS

const client = (over: Transport, timeout = 10_000): Orckai => {
  const base = new URL(mock.baseUrl('orckai'))
  return new Orckai({ apiKey: KEY, maxRetries: 0, rateLimit: false, timeout, ...(over === 'in process' ? { baseUrl: base.href, fetch: mock.fetch } : { baseUrl: server.url + base.pathname, fetch: TRANSPORTS[over] }) })
}

/** What befalls one answer with a whole body, and what our client says of it. */
const WHOLE: Readonly<Record<(typeof FAULT_KINDS)[number], { error?: string; code?: RegExp; timeout?: number }>> = {
  reset: { error: 'ConnectionError', code: /ECONNRESET/ },
  close: { error: 'ConnectionError', code: /ECONNRESET|UND_ERR_SOCKET/ },
  garbage: { error: 'ConnectionError', code: /HPE_INVALID_CONSTANT/ },
  hang: { error: 'TimeoutError', timeout: 250 },
  'reset-body': { error: 'ConnectionError', code: /ECONNRESET/ },
  truncate: { error: 'ConnectionError', code: /ECONNRESET|UND_ERR_SOCKET/ },
  'malformed-chunk': { error: 'ConnectionError', code: /HPE_INVALID_CHUNK_SIZE|ECONNRESET/ },
  'cut-chunk': { error: 'ConnectionError', code: /ECONNRESET|UND_ERR_SOCKET/ },
  'malformed-json': { error: 'DecodeError' },
  // The answer is whole; what follows it must not become a part of the next one.
  'extra-bytes': {},
  dribble: {},
  stall: { error: 'TimeoutError', timeout: 250 },
  'cut-stream': { error: 'ConnectionError', code: /ECONNRESET|UND_ERR_SOCKET/ },
  'drop-socket': { error: 'ConnectionError', code: /ECONNRESET|UND_ERR_SOCKET/ },
}

describe.each(Object.keys(TRANSPORTS) as Transport[])('over %s', (over) => {
  it.each(FAULT_KINDS)('%s: our client says what it was, and the next call is well', async (fault) => {
    const { error, code, timeout } = WHOLE[fault]
    mock.fail('orckai', 'agents.get', { fault, ...(fault === 'dribble' && { after: 200 }) })
    const call = client(over, timeout).agents.get(AGENT)
    if (error === undefined) await expect(call).resolves.toMatchObject({ id: AGENT })
    else await expect(call).rejects.toMatchObject({ name: error, ...(code && { code: expect.stringMatching(code) as string }) })
    await expect(client(over).agents.get(AGENT)).resolves.toMatchObject({ id: AGENT })
    expect(mock.journal.entries({ operationId: 'agents.get' }).map(({ note }) => note)).toEqual([expect.stringContaining(`fault=${fault}`), undefined])
  })

  it.each(['reset-body', 'truncate', 'cut-chunk', 'cut-stream'] as const)('%s cuts a stream after so many events', async (fault) => {
    mock.fail('orckai', 'chat.stream', { fault, after: 2 })
    let events = 0
    await expect((async () => {
      for await (const _ of await client(over).chat.stream({ message: 'Tell me more' })) events++
    })()).rejects.toMatchObject({ name: 'StreamError' })
    // A reset may overtake what was sent before it.
    if (fault === 'reset-body') expect(events).toBeLessThanOrEqual(2)
    else expect(events).toBe(2)
  })

  it('stall leaves a stream open and silent, until the caller gives up', async () => {
    mock.fail('orckai', 'chat.stream', { fault: 'stall', after: 2 })
    const abort = new AbortController()
    let events = 0
    await expect((async () => {
      for await (const _ of await client(over).chat.stream({ message: 'Tell me more' }, { signal: abort.signal })) if (++events === 2) setTimeout(() => abort.abort(), 60)
    })()).rejects.toMatchObject({ name: 'AbortedError' })
    expect(events).toBe(2)
    await expect.poll(() => mock.world().connections).toBe(0)
  })

  it('status, latency and a fault are counted, by rule and by header', async () => {
    const orckai = client(over)
    const statuses = async (headers: Record<string, string> = {}) => {
      const out: unknown[] = []
      for (let i = 0; i < 3; i++) out.push(await orckai.agents.get(AGENT, { headers }).then(() => 200, (error: unknown) => (error as { status?: number }).status ?? (error as Error).name))
      return out
    }
    const rule: Omit<FaultRule, 'system' | 'operation'> = { status: 503, times: 2 }
    mock.fail('orckai', 'agents.get', rule)
    expect(await statuses()).toEqual([503, 503, 200])
    mock.fail('orckai', 'agents.get', { fault: 'reset' })
    expect(await statuses()).toEqual(['ConnectionError', 200, 200])
    expect(await statuses({ prefer: 'code=429, times=1' })).toEqual([429, 200, 200])
    expect(await statuses({ prefer: 'fault=truncate, after=5, times=2' })).toEqual(['ConnectionError', 'ConnectionError', 200])
    const started = performance.now()
    expect(await statuses({ prefer: 'delay=120, times=1' })).toEqual([200, 200, 200])
    expect(performance.now() - started).toBeGreaterThan(110)
  })
})

describe('on the wire', () => {
  /** Everything that a connection gives until it ends; what a client library makes of it is another matter. */
  const bytes = (fault: string): Promise<{ head: string; body: string }> => new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(`GET /orckai/api/v1/agents/${AGENT} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${KEY}\r\nprefer: fault=${fault}\r\n\r\n`))
    let text = ''
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => {
      const end = text.indexOf('\r\n\r\n')
      resolve(end < 0 ? { head: '', body: text } : { head: text.slice(0, end).toLowerCase(), body: text.slice(end + 4) })
    })
  })
  const lengthOf = (head: string): number => Number(/content-length: (\d+)/.exec(head)?.[1])

  it('extra-bytes: a whole answer, and more behind it', async () => {
    const { head, body } = await bytes('extra-bytes')
    expect(JSON.parse(body.slice(0, lengthOf(head)))).toMatchObject({ success: true })
    expect(body.slice(lengthOf(head))).toMatch(/belong to no answer/)
  })

  it('cut-chunk: less than the chunk says; malformed-chunk: no size; both in chunks, with one length of their own', async () => {
    const cut = await bytes('cut-chunk')
    const [size = '', ...rest] = cut.body.split('\r\n')
    expect(rest.join('\r\n').length).toBeLessThan(Number.parseInt(size, 16))
    expect(rest.join('\r\n').length).toBeGreaterThan(0)
    for (const { head } of [cut, await bytes('malformed-chunk')]) expect([/transfer-encoding: chunked/.test(head), lengthOf(head)]).toEqual([true, NaN])
    expect((await bytes('malformed-chunk')).body).toMatch(/^not-a-size/)
  })

  it('truncate: less than was announced; malformed-json: as much as announced, and cut; garbage: no HTTP', async () => {
    const cut = await bytes('truncate')
    expect(cut.body.length).toBeLessThan(lengthOf(cut.head))
    expect((await bytes('garbage')).head).not.toMatch(/^http\//)
    const response = await fetch(`${server.url}/orckai/api/v1/agents/${AGENT}`, { headers: { 'x-api-key': KEY, prefer: 'fault=malformed-json' } })
    const text = await response.text()
    expect(text.length).toBe(Number(response.headers.get('content-length')))
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  })
})

it('has a row for every fault there is', () => {
  expect(Object.keys(WHOLE).toSorted()).toEqual([...FAULT_KINDS].toSorted())
})
