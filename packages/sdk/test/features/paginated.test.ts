import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMock } from '../../../mock/src/index.js'
import { quick } from '../fixture/client.js'
import { json, rejection, serve, until, type TestServer } from '../fixture/server.js'
import { Orca } from '../../src/systems/orca/index.js'
import { PaginationError } from '../../src/core/errors/index.js'
import type { FetchInit } from '../../src/core/options.js'
import type { PagePromise } from '../../src/core/results.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)
const query = (url: string) => Object.fromEntries(new URL(url, 'http://h').searchParams)
const list = (id: string, params = {}, options = {}, client = {}) => quick(server.url, client).client.request<PagePromise<number>>(id, { params }, options)

/** Cursor pages of ten. */
function cursors(pages: number, more?: (n: number) => void): void {
  server.handle((request, response, n) => {
    more?.(n)
    const from = Number(query(request.url)['cursor'] ?? 0)
    json(response, 200, { data: numbers(10).map((i) => from * 10 + i), pagination: { next_cursor: from + 1 < pages ? String(from + 1) : null } })
  })
}

describe('prefetch', () => {
  it('has the next page under way while the consumer works, and only that one', async () => {
    cursors(5)
    const seen: number[] = []
    for await (const page of list('lists.cursor', {}, { prefetch: true }).pages()) {
      const n = seen.push(page.items[0]!)
      await until(() => server.seen.length === Math.min(n + 1, 5))
      await new Promise((resolve) => setTimeout(resolve, 15))
      expect(server.seen).toHaveLength(Math.min(n + 1, 5))
    }
    expect(seen).toEqual([0, 10, 20, 30, 40])
  })

  it('reads 20 pages at least 1.6 times as fast, where server and consumer take as long as each other', { retry: 3 }, async () => {
    const MS = 50
    const pause = () => new Promise((resolve) => { setTimeout(resolve, MS) })
    server.handle(async (request, response) => {
      const from = Number(query(request.url)['cursor'] ?? 0)
      await pause()
      json(response, 200, { data: [from], pagination: { next_cursor: from + 1 < 20 ? String(from + 1) : null } })
    })
    const read = async (prefetch: boolean) => {
      const start = performance.now()
      let pages = 0
      for await (const _ of list('lists.cursor', {}, { prefetch }).pages()) {
        pages++
        await pause()
      }
      expect(pages).toBe(20)
      return performance.now() - start
    }
    // A ratio of two in one run, and not a time: both wait for the same timers.
    expect(await read(false) / await read(true)).toBeGreaterThanOrEqual(1.6)
  })

  it('asks for nothing ahead by default', async () => {
    cursors(3)
    for await (const _ of list('lists.cursor').pages()) {
      await new Promise((resolve) => setTimeout(resolve, 15))
      expect(server.seen).toHaveLength(1)
      break
    }
  })

  it('closes the request when the loop is left', async () => {
    server.handle((request, response, n) => {
      if (n === 0) json(response, 200, { data: [1], pagination: { next_cursor: 'a' } })
    })
    for await (const _ of list('lists.cursor', {}, { prefetch: true })) {
      await until(() => server.seen.length === 2)
      break
    }
    await until(() => server.seen[1]!.left())
  })

  it('keeps a failure for the one who asks for the page', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    try {
      server.handle((request, response) => (query(request.url)['cursor'] === undefined ? json(response, 200, { data: [1, 2], pagination: { next_cursor: 'a' } }) : json(response, 400, { error: { code: 'BAD', message: 'no' } })))
      const seen: number[] = []
      const error = await rejection((async () => {
        for await (const item of list('lists.cursor', {}, { prefetch: true })) {
          seen.push(item)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      })())
      expect(seen).toEqual([1, 2])
      expect(error).toMatchObject({ kind: 'BadRequestError' })
      for await (const _ of list('lists.cursor', {}, { prefetch: true })) break
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })

  it('ends by the caller\'s signal, with its reason', async () => {
    server.handle((_, response, n) => { if (n === 0) json(response, 200, { data: [1], pagination: { next_cursor: 'a' } }) })
    const abort = new AbortController()
    const error = await rejection((async () => {
      for await (const _ of list('lists.cursor', {}, { prefetch: true, signal: abort.signal })) abort.abort(new Error('enough'))
    })())
    expect(error).toMatchObject({ kind: 'AbortedError', reason: new Error('enough') })
  })

  it('works on the reference server, and resumes from a saved position', async () => {
    const mock = createMock({ systems: ['orca'] })
    const { url } = await mock.listen()
    const orca = new Orca({ ...await mock.credentials('orca'), baseUrl: `${url}/orca/api/v1` })
    const plain = await orca.files.list({ limit: 2 }).toArray()
    expect(plain.length).toBeGreaterThan(2)
    expect(await orca.files.list({ limit: 2 }, { prefetch: true }).toArray()).toEqual(plain)
    const pages = orca.files.list({ limit: 2 })
    const first = (await pages.next())!
    const rest = await orca.files.list({ limit: 2, offset: Number(first.next) }).toArray()
    expect([...first.items, ...rest]).toEqual(plain)
    await mock.close()
  })
})

describe('a server that misbehaves', () => {
  it('never makes an endless loop, however long its cycle of cursors (P)', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 2500 }), fc.nat(50), async (cycle, tail) => {
      let n = 0
      const fetch = async () => {
        const at = n < tail ? `t${n}` : `c${(n - tail) % cycle}`
        n++
        return Response.json({ data: [n], pagination: { next_cursor: at } })
      }
      const error = await rejection(list('lists.cursor', {}, {}, { fetch }).toArray())
      expect(error).toBeInstanceOf(PaginationError)
      // A short cycle is seen when it closes, a long one before its fourth round.
      expect(n).toBeLessThanOrEqual(tail + (tail + cycle < 900 ? cycle + 1 : 4 * (cycle + tail)) + 1)
    }), { numRuns: 12 })
  })

  it('neither skips nor doubles an item when pages shrink or are smaller than asked for (P)', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom('lists.offset', 'lists.page'), fc.nat(80), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 15 }), fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 10 }), fc.boolean(), async (id, total, asked, most, shrunk, prefetch) => {
      let n = 0
      const fetch = async (url: string) => {
        const q = query(url)
        const size = Math.min(asked, most)
        const page = id === 'lists.page'
        const offset = page ? (Number(q['page'] ?? 1) - 1) * size : Number(q['offset'] ?? 0)
        // An offset list may shrink any page; numbered pages have one size.
        const give = page ? size : Math.min(size, shrunk[n++] ?? size)
        return Response.json({ data: { items: numbers(total).slice(offset, offset + give), total } })
      }
      const params = id === 'lists.page' ? { page_size: asked } : { limit: asked }
      expect(await list(id, params, { prefetch }, { fetch: fetch as unknown as typeof globalThis.fetch }).toArray()).toEqual(numbers(total))
    }), { numRuns: 60 })
  })
})

it('holds a million items in flat memory', async () => {
  const SIZE = 5_000
  const body = (from: number) => `{"data":[${numbers(SIZE).map((i) => from + i).join()}],"pagination":{"next_cursor":${from + SIZE < 1_000_000 ? `"${'x'.repeat(200)}${from + SIZE}"` : 'null'}}}`
  const fetch = async (url: string, _: FetchInit) => new Response(body(Number((query(url)['cursor'] ?? '0').replaceAll('x', ''))))
  let count = 0
  let high = 0
  let low = Infinity
  let expected = 0
  for await (const item of list('lists.cursor', {}, {}, { fetch })) {
    if (item !== expected++) throw new Error(`expected ${expected - 1}, got ${item}`)
    if (++count % 100_000 !== 0) continue
    globalThis.gc?.()
    const { heapUsed } = process.memoryUsage()
    // The first samples are the runtime warming up.
    if (count >= 300_000) {
      high = Math.max(high, heapUsed)
      low = Math.min(low, heapUsed)
    }
  }
  expect(count).toBe(1_000_000)
  // All items together would be more than 30 MB here; without a forced collection garbage counts too, so the bound is generous.
  expect(high - low).toBeLessThan(globalThis.gc === undefined ? 64 * 2 ** 20 : 8 * 2 ** 20)
})
