import fc from 'fast-check'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { fail, ok, rejection, serve, until, type Seen, type TestServer } from '../../test/fixture/server.js'
import { transports } from '../../test/fixture/transports.js'
import { fileFromPath, toFile } from '../node/index.js'
import { Download, filenameOf, safeName } from './download.js'
import { InvalidArgumentError } from './errors/index.js'
import { encodeMultipart } from './multipart.js'
import type { Reply } from './pipeline.js'
import { toUpload } from './uploads.js'

interface Part { name: string; filename?: string; type?: string; text: string }

function parts(request: Seen): Part[] {
  const boundary = /boundary=(.+)$/.exec(request.headers['content-type']!)![1]!
  return request.body.toString('utf8').split(`--${boundary}`).slice(1, -1).map((raw) => {
    const [head, ...rest] = raw.slice(2).split('\r\n\r\n')
    const name = / name="([^"]*)"/.exec(head!)![1]!
    const filename = /filename="([^"]*)"/.exec(head!)?.[1]
    const type = /Content-Type: (.*)/.exec(head!)?.[1]
    return { name, ...(filename === undefined ? {} : { filename }), ...(type === undefined ? {} : { type: type.trim() }), text: rest.join('\r\n\r\n').slice(0, -2) }
  })
}

describe.each(transports)('%s', (_, fetch) => {
  let server: TestServer
  let folder: string
  beforeEach(async () => {
    server = await serve((_, response) => ok(response, 'stored'))
    folder = await mkdtemp(join(tmpdir(), 'orkit-'))
  })
  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })
  const upload = (params: object, options = {}) => quick(server.url, fetch === undefined ? {} : { fetch }).client.request('files.upload', { params }, options)

  it('sends fields and files in order, with their names and types', async () => {
    await upload({ locale: 'de', file: new File(['hello'], 'a b.txt', { type: 'text/plain' }), n: 5, when: new Date(0), config: { a: [1] }, tags: ['x', 'y'], none: undefined })
    const [request] = server.seen
    expect(Number(request!.headers['content-length'])).toBe(request!.body.length)
    expect(parts(request!)).toEqual([
      { name: 'locale', text: 'de' }, { name: 'file', filename: 'a b.txt', type: 'text/plain', text: 'hello' }, { name: 'n', text: '5' }, { name: 'when', text: '1970-01-01T00:00:00.000Z' },
      { name: 'config', text: '{"a":[1]}' }, { name: 'tags', text: 'x' }, { name: 'tags', text: 'y' },
    ])
  })

  it('takes every kind of source', async () => {
    const path = join(folder, 'on disk.csv')
    await writeFile(path, 'a,b')
    const bytes = new TextEncoder().encode('bytes')
    const files = [
      bytes, bytes.buffer, Buffer.from('buffer'), new Blob(['blob'], { type: 'image/png' }), { name: 'named.md', data: 'text' }, { name: 'x.bin', type: 'a/b', data: bytes },
      new ReadableStream({ start(controller) { controller.enqueue(bytes); controller.close() } }), (async function* () { yield bytes })(), createReadStream(path), await fileFromPath(path),
      new Response('res', { headers: { 'content-type': 'text/html' } }), { name: 'again.txt', stream: async () => (async function* () { yield bytes })() },
    ]
    await upload({ files })
    expect(parts(server.seen[0]!).map(({ filename, type, text }) => [filename, type, text])).toEqual([
      ['files', 'application/octet-stream', 'bytes'], ['files', 'application/octet-stream', 'bytes'], ['files', 'application/octet-stream', 'buffer'], ['files', 'image/png', 'blob'],
      ['named.md', 'text/markdown', 'text'], ['x.bin', 'a/b', 'bytes'], ['files', 'application/octet-stream', 'bytes'], ['files', 'application/octet-stream', 'bytes'],
      ['on disk.csv', 'text/csv', 'a,b'], ['on disk.csv', 'text/csv', 'a,b'], ['files', 'text/html', 'res'], ['again.txt', 'text/plain', 'bytes'],
    ])
    expect(server.seen[0]!.headers['transfer-encoding']).toBe('chunked')
  })

  it('says how long a streamed file is, and how far it got', async () => {
    const path = join(folder, 'big.pdf')
    await writeFile(path, Buffer.alloc(1_000_000, 'x'))
    const progress: { sent: number; total: number | undefined }[] = []
    await upload({ file: await fileFromPath(path) }, { onUploadProgress: (each: typeof progress[number]) => progress.push(each) })
    const [request] = server.seen
    expect(Number(request!.headers['content-length'])).toBe(request!.body.length)
    expect(progress.at(-1)).toEqual({ sent: request!.body.length, total: request!.body.length })
    expect(progress.length).toBeGreaterThan(3)
  })

  it('writes names that no header can be made of', async () => {
    await upload({ file: [new File(['1'], '../../žluť "q".txt'), new File(['2'], 'a\r\nX-Evil: 1.txt'), new File(['3'], 'C:\\dir\\日本.pdf'), new File(['4'], '..')] })
    expect(parts(server.seen[0]!).map((part) => part.filename)).toEqual(['žluť %22q%22.txt', 'a%0D%0AX-Evil: 1.txt', '日本.pdf', 'file'])
    expect(await rejection(upload({ file: { name: 'x', type: 'a/b\r\nX-Evil: 1', data: 'x' } }))).toBeInstanceOf(InvalidArgumentError)
    expect(await rejection(upload({ file: 'just a path' }))).toMatchObject({ message: expect.stringContaining('fileFromPath') })
  })

  it('uses boundaries that cannot be guessed', async () => {
    await upload({ file: new Blob(['x']) })
    await upload({ file: new Blob(['x']) })
    const boundaries = server.seen.map((request) => request.headers['content-type'])
    expect(new Set(boundaries).size).toBe(2)
    expect(boundaries[0]).toMatch(/boundary=orkit-[0-9a-f-]{36}$/)
  })

  it('sends again what can be read again, and only that', async () => {
    const path = join(folder, 'a.txt')
    await writeFile(path, 'again')
    server.handle((_, response, n) => (n % 2 === 0 ? fail(response, 503) : ok(response, 1)))
    await upload({ file: await fileFromPath(path) }, { retryUnsafe: true })
    expect(server.seen.map((request) => parts(request)[0]!.text)).toEqual(['again', 'again'])
    const error = await rejection(upload({ file: createReadStream(path) }, { retryUnsafe: true }))
    expect(error).toMatchObject({ status: 503, attempts: 1 })
  })

  it('reports a source that fails or shrinks, and closes the connection', async () => {
    const broken = async function* () { yield new Uint8Array(10); throw new Error('disk on fire') }
    const error = await rejection(upload({ file: broken() }))
    expect([error.message, String(error.cause), String(error.cause?.cause)].join()).toContain('disk on fire')
    expect(await rejection(upload({ file: { name: 'a', size: 100, stream: () => (async function* () { yield new Uint8Array(5) })() } }))).toBeDefined()
    await until(() => server.sockets.size === 0 || server.seen.length === 0)
    expect(server.seen).toHaveLength(0)
  })

  it('sends JSON where an operation takes that too and there is no file', async () => {
    await upload({ source: { connector_id: 1, keys: ['a'] } })
    expect(server.seen[0]!.json()).toEqual({ source: { connector_id: 1, keys: ['a'] } })
  })

  it('reports an early refusal while still sending', async () => {
    const { createServer } = await import('node:http')
    const early = createServer((request, response) => {
      response.writeHead(413, { 'content-type': 'application/json', connection: 'close' })
      response.end('{"error":{"code":"FILE_TOO_LARGE","message":"too large"}}')
      request.resume()
    })
    await new Promise<void>((resolve) => early.listen(0, '127.0.0.1', resolve))
    const { port } = early.address() as { port: number }
    const big = { name: 'big.bin', data: (async function* () { for (let i = 0; i < 200; i++) yield new Uint8Array(64 * 1024) })() }
    const error = await rejection(quick(`http://127.0.0.1:${port}`, fetch === undefined ? {} : { fetch }).client.request('files.upload', { params: { file: big } }))
    expect(error).toMatchObject({ kind: 'PayloadTooLargeError', status: 413, code: 'FILE_TOO_LARGE' })
    early.closeAllConnections()
    early.close()
  })

  it('downloads to bytes, text and files', async () => {
    const client = () => quick(server.url, fetch === undefined ? {} : { fetch }).client.request<Promise<Download>>('items.exportAs', { path: { id: 'a', format: 'csv' } })
    server.handle((_, response) => void response.writeHead(200, { 'content-type': 'text/csv', 'content-disposition': `attachment; filename="x.csv"; filename*=UTF-8''na%C3%AFve%2F..%2Fe.csv` }).end('a,b\n1,2'))
    const download = await client()
    expect([download.name, download.type, await download.text()]).toEqual(['e.csv', 'text/csv', 'a,b\n1,2'])
    expect(Buffer.from(await (await client()).arrayBuffer()).toString()).toBe('a,b\n1,2')
    const path = await toFile(await client(), folder)
    expect(path).toBe(join(folder, 'e.csv'))
    expect(await readFile(path, 'utf8')).toBe('a,b\n1,2')
    server.handle((_, response) => { response.writeHead(200, { 'content-length': '100' }).write('part'); setTimeout(() => response.socket!.destroy(), 20) })
    expect(await rejection(toFile(await client(), join(folder, 'cut.csv')))).toMatchObject({ kind: 'ConnectionError' })
    expect(await readdir(folder)).toEqual(['e.csv'])
    server.handle((_, response) => fail(response, 404))
    expect(await rejection(client())).toMatchObject({ status: 404 })
  })
})

it('makes one segment of any name', () => {
  for (const [header, name] of [
    ['attachment; filename=a.pdf', 'a.pdf'], ['attachment; filename="../../etc/passwd"', 'passwd'], ['attachment; filename="C:\\\\x\\\\y.txt"', 'y.txt'], [`attachment; filename*=UTF-8''%E6%97%A5.pdf`, '日.pdf'],
    ['attachment; filename=".."', undefined], ['attachment', undefined], [null, undefined], ['attachment; filename="a\\"b"', 'a_b'], ['attachment; filename="con.txt"', '_con.txt'], ['attachment; filename="x. "', 'x'],
  ] as const) expect(filenameOf(header), String(header)).toBe(name)
  expect(safeName('a\u0000b')).toBe('a_b')
  expect(filenameOf("attachment; filename*=UTF-8'en'report.pdf")).toBe('report.pdf')
  expect(filenameOf('attachment; x-filename=other; filename=this.pdf')).toBe('this.pdf')
  for (const [given, name] of [['nul', '_nul'], ['COM1.log', '_COM1.log'], ['com¹', '_com¹'], ['CON .txt', '_CON .txt'], ['conout$', '_conout$'], ['console.log', 'console.log'], ['report\u202efdp.exe', 'report_fdp.exe'], ['x.\u00a0', 'x']]) expect(safeName(given)).toBe(name)
  // File systems count bytes, and take 255 of them: a name stays below, and keeps what it is a file of.
  expect(safeName(`${'日'.repeat(300)}.pdf`)).toBe(`${'日'.repeat(65)}.pdf`)
  expect(safeName(`${'a'.repeat(300)}.tar.gz`)).toBe(`${'a'.repeat(197)}.gz`)
})

it('makes a name that every file system takes of any name (P)', () => {
  const piece = fc.constantFrom('.', '..', '/', '\\', ' ', '\u00a0', 'con', 'NUL', '.pdf', '\u0000', '\ud800', '日本', '😀', 'a'.repeat(120), ':', '$')
  fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 8 }), (parts) => {
    const name = safeName(parts.join(''))
    if (name === undefined) return
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(201)
    expect(name).not.toBe('')
    // oxlint-disable-next-line no-control-regex
    expect(name).not.toMatch(/[/\\\u0000-\u001f\u007f<>:"|?*]|[.\s]$|^\s|^(?:con|prn|aux|nul|com\d|lpt\d)\s*(?:\.|$)/i)
    expect(Buffer.from(name).toString()).toBe(name)
    expect(safeName(name)).toBe(name)
  }))
})

it('reads a stream once, and what gives a new one as often as it is asked', () => {
  const body = (file: unknown) => encodeMultipart({ file }, ['file'], undefined)
  async function* once() { yield new Uint8Array(1) }
  const stream = body({ name: 'a', data: once() })
  expect(stream.replayable).toBe(false)
  void stream.open()
  expect(() => stream.open()).toThrow(InvalidArgumentError)
  const again = body({ name: 'a', stream: once })
  expect(again.replayable).toBe(true)
  void again.open()
  expect(() => again.open()).not.toThrow()
})

it('notices that nothing comes also of a download that no attempt watches over', async () => {
  const quiet = new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(3)) }), { headers: { 'content-length': '9' } })
  const reply = { system: 'X', op: { id: 'a.b' }, response: quiet, attempt: undefined, attempts: 1 } as unknown as Reply
  expect(await rejection(new Download(reply, 30).bytes())).toMatchObject({ kind: 'TimeoutError', timeoutMs: 30, message: 'X a.b: nothing came for 30 ms' })
})

it('refuses what cannot be uploaded', () => {
  for (const bad of [null, undefined, 5, {}, { name: 'x', data: 5 }]) expect(() => toUpload(bad as never)).toThrow(InvalidArgumentError)
})
