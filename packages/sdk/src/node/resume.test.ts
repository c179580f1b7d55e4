import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { fail, rejection, serve, type Seen, type TestServer } from '../../test/fixture/server.js'
import type { ApiPromise, Download } from '../core/results.js'
import { resumeToFile } from './resume.js'

let server: TestServer
let folder: string
beforeEach(async () => {
  server = await serve()
  folder = await mkdtemp(join(tmpdir(), 'orkit-resume-'))
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251))
const get = () => {
  const { client } = quick(server.url, { maxRetries: 0 })
  return (more: object) => client.request<ApiPromise<Download>>('items.export', { path: { id: 'x' } }, more)
}
/** Serves ranges, and cuts the connection after so many bytes of each answer. */
const ranges = ({ etag = () => '"v1"', cut, data = () => content, accepts = true }: { etag?: () => string | undefined; cut?: (n: number) => number; data?: () => Buffer; accepts?: boolean }) => server.handle(({ headers }: Seen, response: ServerResponse, n) => {
  const whole = data()
  const tag = etag()
  const asked = /^bytes=(\d+)-$/.exec(headers.range ?? '')
  const from = accepts && asked !== null && headers['if-range'] === tag ? Number(asked[1]) : 0
  if (from > 0 && from >= whole.length) return fail(response, 416)
  const body = whole.subarray(from)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length, ...(accepts ? { 'accept-ranges': 'bytes' } : {}), ...(tag === undefined ? {} : { etag: tag }), ...(from > 0 ? { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` } : {}) })
  const most = cut?.(n) ?? Infinity
  if (most >= body.length) return void response.end(body)
  response.write(body.subarray(0, most), () => setTimeout(() => response.destroy(), 30))
})

describe('resumeToFile', () => {
  it('takes up a download where it was cut, any number of times (P)', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1_000, max: 60_000 }), { maxLength: 4 }), async (cuts) => {
      const before = server.seen.length
      ranges({ cut: (n) => cuts[n - before] ?? Infinity })
      const target = join(folder, `file-${before}`)
      const progress: number[] = []
      expect(await resumeToFile(get(), target, { onProgress: ({ received, total }) => { progress.push(received); expect(total).toBe(content.length) } })).toBe(target)
      expect((await readFile(target)).equals(content)).toBe(true)
      expect(progress).toEqual(progress.toSorted((a, b) => a - b))
      expect((await readdir(folder)).filter((name) => name.includes('.part'))).toEqual([])
    }), { numRuns: 6 })
    expect(server.seen.some(({ headers }) => headers.range !== undefined)).toBe(true)
  }, 60_000)

  it('never joins what came of one version to the rest of another, whenever it dies', async () => {
    const target = join(folder, 'report.pdf')
    const part = join(folder, '.report.pdf.part')
    ranges({ cut: () => 40_000 })
    await rejection(resumeToFile(get(), target, { maxRetries: 0 }))
    const next = Buffer.from(content.map((byte) => byte ^ 0xff))
    ranges({ etag: () => '"v2"', data: () => next })
    // As if the process died between the two writes that begin the new version: whichever comes second fails.
    await rm(`${part}.json`)
    await mkdir(`${part}.json`)
    await rejection(resumeToFile(get(), target, { maxRetries: 0 }))
    await rm(`${part}.json`, { recursive: true })
    await writeFile(`${part}.json`, JSON.stringify({ validator: '"v2"', total: content.length }))
    await resumeToFile(get(), target)
    expect((await readFile(target)).equals(next)).toBe(true)
  })

  it('goes on in another process, from what the first one left', async () => {
    ranges({ cut: (n) => (n === 0 ? 40_000 : Infinity) })
    const target = join(folder, 'report.pdf')
    expect(await rejection(resumeToFile(get(), target, { maxRetries: 0 }))).toMatchObject({ kind: 'ConnectionError' })
    expect(await readdir(folder)).toEqual(['.report.pdf.part', '.report.pdf.part.json'])
    await resumeToFile(get(), target)
    expect((await readFile(target)).equals(content)).toBe(true)
    expect(server.seen[1]!.headers).toMatchObject({ range: 'bytes=40000-', 'if-range': '"v1"' })
    expect(await readdir(folder)).toEqual(['report.pdf'])
  })

  it('begins anew when the file has changed', async () => {
    let version = 1
    const other = Buffer.from(content).fill(7)
    ranges({ cut: (n) => (n === 0 ? 40_000 : Infinity), etag: () => `"v${version}"`, data: () => (version === 1 ? content : other) })
    const target = join(folder, 'a')
    await rejection(resumeToFile(get(), target, { maxRetries: 0 }))
    version = 2
    await resumeToFile(get(), target)
    expect((await readFile(target)).equals(other)).toBe(true)
  })

  it.each([['no ranges', { accepts: false }], ['no version of the file', { etag: () => undefined }], ['a weak version', { etag: () => 'W/"v1"' }]])('begins anew where the server has %s', async (_, options) => {
    ranges({ ...options, cut: (n) => (n === 0 ? 40_000 : Infinity) })
    const target = join(folder, 'a')
    await resumeToFile(get(), target)
    expect((await readFile(target)).equals(content)).toBe(true)
    expect(server.seen.every(({ headers }) => headers.range === undefined)).toBe(true)
  })

  it('recognises a part that is whole already, and distrusts one that is not', async () => {
    ranges({})
    const target = join(folder, 'a')
    await writeFile(join(folder, '.a.part'), content)
    await writeFile(join(folder, '.a.part.json'), JSON.stringify({ validator: '"v1"', total: content.length }))
    await resumeToFile(get(), target)
    expect((await readFile(target)).equals(content)).toBe(true)
    await writeFile(join(folder, '.b.part'), Buffer.concat([content, content]))
    await writeFile(join(folder, '.b.part.json'), JSON.stringify({ validator: '"v1"', total: content.length }))
    await resumeToFile(get(), join(folder, 'b'))
    expect((await readFile(join(folder, 'b'))).equals(content)).toBe(true)
  })

  it('passes a refusal on, and an abort', async () => {
    server.handle((_, response) => fail(response, 403))
    expect(await rejection(resumeToFile(get(), join(folder, 'a')))).toMatchObject({ status: 403 })
    expect(server.seen).toHaveLength(1)
    const abort = new AbortController()
    ranges({ cut: () => 10 })
    const error = await rejection(resumeToFile(get(), join(folder, 'a'), { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) }))
    expect(error).toMatchObject({ kind: 'AbortedError' })
    expect((await readdir(folder)).includes('a')).toBe(false)
  })
})
