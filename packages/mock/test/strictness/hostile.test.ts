import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { errorFault } from '../harness/shapes.js'
import type { SystemName } from '../../src/systems/index.js'
import { head, raw, type RawAnswer, run, type Running } from './raw.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// What no client should send, over a real port: a 4xx in the vendor's shape, the process stays up, its memory bounded.

const MB = 1024 * 1024
let server: Running
let before: number

interface Target {
  system: SystemName
  path: string
  headers: Record<string, string>
  /** What a body that is not valid is told. */
  invalid: number
  upload: string
}

/** An operation with a JSON body and one with a file, of each system. Orbiter's deployment key needs no session. */
const targets: readonly Target[] = [
  { system: 'orca', path: '/orca/api/v1/chat', headers: { authorization: 'Bearer eyJ...' }, invalid: 400, upload: '/orca/api/v1/files/upload' },
  { system: 'orckai', path: '/orckai/api/v1/agents', headers: { 'x-api-key': 'oak_test_full_access_0000000000000000' }, invalid: 400, upload: '/orckai/api/v1/knowledge-bases/d4e5f6a7-0000-4000-8000-000000000001/documents' },
  { system: 'flexorch', path: '/flexorch/v1/search', headers: { 'x-api-key': 'dfx_test_full_access_0000000000000000' }, invalid: 422, upload: '/flexorch/v1/data-process/async' },
  { system: 'klarefi', path: '/klarefi/api/v1/process', headers: { authorization: 'Bearer sk_test_full_access_0000000000000000' }, invalid: 400, upload: '' },
  { system: 'orbiter', path: '/orbiter/api/v1/deployed/10000000-0000-4000-8000-000000000001/run', headers: { authorization: 'Bearer orb_test_agent_00000000000000000000000000000000' }, invalid: 422, upload: '' },
]

beforeAll(async () => {
  server = await run()
  // What is loaded once is no growth.
  for (const target of targets) await post(target, '{}')
  before = await server.rss()
}, 30_000)
afterAll(() => server.stop())

function post(target: Target, body: string | Uint8Array, type = 'application/json', path = target.path): Promise<RawAnswer | undefined> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return raw(server.port, [head('POST', path, { ...target.headers, 'content-type': type, 'content-length': bytes.length }), bytes])
}

function check(target: Target, answer: RawAnswer | undefined, statuses: readonly number[], unread = false): void {
  expect(statuses, `${target.system}: ${answer?.text.slice(0, 200)}`).toContain(answer?.status)
  const body = JSON.parse(answer!.text)
  expect(errorFault(target.system, { status: answer!.status, headers: new Headers(), text: answer!.text, body }, unread), target.system).toBeUndefined()
}

const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)

const bodies: Readonly<Record<string, (target: Target) => string | Uint8Array>> = {
  'JSON cut short': () => '{"message":"hel',
  'no JSON at all': () => '<xml/>',
  'an empty text': () => ' ',
  'two values': () => '{} {}',
  'NaN': () => '{"a":NaN}',
  'nesting of 100,000': () => nested(100_000),
  'nesting of 600': () => nested(600),
  'a million members': () => `{${Array.from({ length: 1_000_000 }, (_, i) => `"${i.toString(36)}":0`).join(',')}}`,
  'a million items': () => `[${'0,'.repeat(999_999)}0]`,
  'bad UTF-8': () => Uint8Array.from([123, 34, 97, 34, 58, 34, 0xff, 0xc0, 34, 125]),
  'a lone surrogate in UTF-8': () => Uint8Array.from([123, 34, 97, 34, 58, 34, 0xed, 0xa0, 0x80, 34, 125]),
  'UTF-16': () => Buffer.from('{"a":1}', 'utf16le'),
  'an array': () => '[1,2,3]',
  'null': () => 'null',
  'a text': () => '"hello"',
}

describe('bodies', () => {
  for (const [name, body] of Object.entries(bodies)) {
    it(name, async () => {
      for (const target of targets) check(target, await post(target, body(target)), name.startsWith('a million members') ? [target.invalid, 413] : [target.invalid])
    })
  }

  it('__proto__, constructor and prototype are members like any other, and change nothing', async () => {
    for (const target of targets) {
      for (const text of ['{"__proto__":{"name":"polluted","message":"x"}}', '{"constructor":{"prototype":{"polluted":true}}}']) {
        const answer = await post(target, text)
        expect(answer!.status, `${target.system}: ${answer!.text}`).toBeGreaterThanOrEqual(400)
        expect(answer!.status).toBeLessThan(500)
        expect(answer!.text).not.toContain('polluted')
      }
    }
    const after = await post(targets[1]!, '{}')
    check(targets[1]!, after, [400])
  })

  it('wrong content types, and none', async () => {
    for (const target of targets) {
      for (const type of ['text/plain', 'application/xml', 'application/json; charset=utf-16', 'nonsense', '', 'constructor', '__proto__']) check(target, await post(target, '{}', type), [415, target.invalid])
    }
  })
})

describe('multipart', () => {
  const form = (boundary: string, body: string): [string, string] => [body, `multipart/form-data; boundary=${boundary}`]
  const part = (boundary: string, header = 'content-disposition: form-data; name="files"; filename="a.csv"'): string => `--${boundary}\r\n${header}\r\n\r\na,b\r\n`
  const cases: Readonly<Record<string, [body: string, type: string]>> = {
    'no boundary': [part('x'), 'multipart/form-data'],
    'an empty boundary': [part(''), 'multipart/form-data; boundary='],
    'a boundary of 200 characters': form('x'.repeat(200), part('x'.repeat(200))),
    'another boundary than the header says': form('x', part('y')),
    'no closing boundary': form('x', part('x')),
    'headers without an end': form('x', `--x\r\ncontent-disposition: form-data; name="files"${'a'.repeat(40_000)}`),
    'a part without a name': form('x', `${part('x', 'content-disposition: form-data')}--x--`),
    'a part without a disposition': form('x', `${part('x', 'content-type: text/csv')}--x--`),
    'ten thousand parts': form('x', `${part('x', 'content-disposition: form-data; name="a"').repeat(10_000)}--x--`),
    'files called as what every object has': form('x', `${['constructor', '__proto__', 'toString'].map((name) => part('x', `content-disposition: form-data; name="${name}"; filename="a.csv"`)).join('')}--x--`),
    'nothing': form('x', ''),
  }
  for (const [name, [body, type]] of Object.entries(cases)) {
    it(name, async () => {
      for (const target of targets.filter(({ upload }) => upload !== '')) check(target, await post(target, body, type, target.upload), [400, 415, 422])
    })
  }
})

describe('size', () => {
  async function* body(total: number, chunked: boolean): AsyncGenerator<string | Uint8Array> {
    const piece = Buffer.alloc(MB, 97)
    for (let sent = 0; sent < total; sent += MB) {
      if (chunked) yield `${MB.toString(16)}\r\n`
      yield piece
      if (chunked) yield '\r\n'
    }
    if (chunked) yield '0\r\n\r\n'
  }

  it('100 MB of JSON, announced: refused before they are read', async () => {
    for (const target of targets) {
      const answer = await raw(server.port, (async function* () {
        yield head('POST', target.path, { ...target.headers, 'content-type': 'application/json', 'content-length': 100 * MB })
        yield* body(100 * MB, false)
      })())
      check(target, answer, [413])
    }
  })

  it('100 MB of JSON in chunks: refused on the way, and not kept', async () => {
    for (const target of targets) {
      const answer = await raw(server.port, (async function* () {
        yield head('POST', target.path, { ...target.headers, 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
        yield* body(100 * MB, true)
      })())
      check(target, answer, [413])
    }
  })

  it('fifty bodies of 6 MB, of which the journal keeps the beginning only', async () => {
    const orckai = targets[1]!
    for (let i = 0; i < 50; i++) check(orckai, await post(orckai, `{"name":1,"x":"${'a'.repeat(6 * MB)}"}`), [400])
    expect((await server.rss() - before) / MB).toBeLessThan(200)
  })

  it('a file of 150 MB', async () => {
    for (const target of targets.filter(({ upload }) => upload !== '')) {
      const answer = await raw(server.port, (async function* () {
        yield head('POST', target.upload, { ...target.headers, 'content-type': 'multipart/form-data; boundary=x', 'content-length': 150 * MB })
        yield* body(150 * MB, false)
      })())
      check(target, answer, [413])
    }
  })
})

describe('HTTP', () => {
  it('a header of 64 KB, and a thousand headers', async () => {
    for (const target of targets) {
      check(target, await raw(server.port, [head('GET', target.path, { 'x-bomb': 'a'.repeat(64 * 1024) })]), [431])
      check(target, await raw(server.port, [head('GET', target.path, Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`x-${i}`, 'aaaaaaaaaaaaaaaa'])))]), [431])
    }
  })

  it('lines that are no HTTP, lengths that contradict each other, control characters', async () => {
    for (const target of targets) {
      for (const text of [
        `GET ${target.path} HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n`,
        `POST ${target.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello`,
        `POST ${target.path} HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n`,
        `POST ${target.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nhello`,
        `GET ${target.path} HTTP/1.1\r\nhost: x\r\nx-a: \u0000\r\n\r\n`,
        `GET ${target.path} HTTP/9.9\r\nhost: x\r\n\r\n`,
      ]) check(target, await raw(server.port, [text]), [400], true)
    }
    expect((await raw(server.port, ['\u0016\u0003\u0001 a TLS hello']))?.status).toBe(400)
  })

  it('a client that is slow with its headers, or with its body', async () => {
    async function* slowly(text: string): AsyncGenerator<string> {
      for (const character of text) {
        yield character
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    const [orca, klarefi] = [targets[0]!, targets[3]!]
    const answers = await Promise.all([
      raw(server.port, slowly(head('GET', orca.path, { 'x-slow': 'a'.repeat(200) }))),
      raw(server.port, (async function* () {
        yield head('POST', klarefi.path, { ...klarefi.headers, 'content-type': 'application/json', 'content-length': 100 })
        yield* slowly('{"document_url":"https://example.com/')
      })()),
      // Fifty that open a connection and say nothing hold nobody up.
      ...Array.from({ length: 50 }, () => raw(server.port, ['GET '], 4_000)),
    ])
    expect(answers[0]?.status).toBe(408)
    expect(answers[1]?.status).toBe(408)
    const since = Date.now()
    expect((await post(targets[1]!, '{}'))?.status).toBe(400)
    expect(Date.now() - since).toBeLessThan(5_000)
  })

  it('clients that go away in the middle', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => raw(server.port, [head('POST', targets[i % 5]!.path, { ...targets[i % 5]!.headers, 'content-type': 'application/json', 'content-length': 1_000 }), '{"a'], 50)))
    expect((await post(targets[1]!, '{}'))?.status).toBe(400)
  })

  it('a path that could be taken for a host that is none', async () => {
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': 13, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    for (const headers of [{}, upgrade]) expect((await raw(server.port, [head('GET', '//[/.', headers)]))?.status).toBe(404)
    expect(server.alive()).toBe(true)
  })

  it('paths with bad escapes, dots, double slashes and a null byte', async () => {
    for (const { system, headers } of targets) {
      for (const path of ['/%', '/%zz', '/%ff%fe', '/a/%00', '//', '/../../etc/passwd', '/api/v1/agents/%2e%2e%2f', `/${'a/'.repeat(3_000)}`]) {
        const answer = await raw(server.port, [head('GET', `/${system}${path}`, headers)])
        expect(answer!.status, `${system}${path}`).toBeGreaterThanOrEqual(300)
        expect(answer!.status, `${system}${path}`).toBeLessThan(500)
      }
    }
  })
})

it('is still up, and holds at most 200 MB more than before', async () => {
  expect(server.alive()).toBe(true)
  expect((await post(targets[1]!, '{"name":"x"}'))?.status).toBe(201)
  const grown = (await server.rss()) - before
  expect(grown / MB).toBeLessThan(200)
})
