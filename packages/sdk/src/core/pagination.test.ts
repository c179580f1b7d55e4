import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { json, rejection, serve, type TestServer } from '../../test/fixture/server.js'
import { DecodeError, PaginationError } from './errors/index.js'
import { nextPosition } from './pagination.js'
import { FlexOrch } from '../systems/flexorch/index.js'
import type { PagePromise } from './results.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

const list = (id: string, params = {}, options = {}) => quick(server.url).client.request<PagePromise<number>>(id, { params }, options)
const query = (url: string) => Object.fromEntries(new URL(url, 'http://h').searchParams)
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

function pages(total: number, size: number): void {
  const all = numbers(total)
  server.handle((request, response) => {
    const { path, q } = { path: new URL(request.url, 'http://h').pathname.split('/').pop(), q: query(request.url) }
    if (path === 'offset') {
      const [offset, limit] = [Number(q['offset'] ?? 0), Number(q['limit'] ?? size)]
      json(response, 200, { data: { items: all.slice(offset, offset + limit), total } })
    } else if (path === 'page') {
      const [page, limit] = [Number(q['page'] ?? 1), Number(q['page_size'] ?? size)]
      json(response, 200, { data: { items: all.slice((page - 1) * limit, page * limit), total, page, page_size: limit } })
    } else if (path === 'cursor') {
      const from = q['cursor'] ? Number(q['cursor'].slice(1)) : 0
      const more = from + size < total
      json(response, 200, { data: all.slice(from, from + size), pagination: { next_cursor: more ? `c${from + size}` : null, has_more: more, total } })
    } else {
      const after = Number(q['after'] ?? 0)
      json(response, 200, { events: all.slice(after, after + size), next: Math.min(after + size, total) })
    }
  })
}

describe.each(['lists.offset', 'lists.page', 'lists.cursor', 'lists.after'])('%s', (id) => {
  it('iterates over everything once', async () => {
    pages(25, 10)
    const seen: number[] = []
    for await (const item of list(id)) seen.push(item)
    expect(seen).toEqual(numbers(25))
    expect(server.seen).toHaveLength(id === 'lists.after' ? 4 : 3)
  })
  it('stops after an exact last page and on nothing at all', async () => {
    pages(20, 10)
    expect(await list(id).toArray()).toEqual(numbers(20))
    pages(0, 10)
    expect(await list(id).toArray()).toEqual([])
  })
})

it('walks by pages, by next() and by hand', async () => {
  pages(25, 10)
  const promise = list('lists.cursor')
  const sizes: number[] = []
  for await (const page of promise.pages()) sizes.push(page.items.length)
  expect(sizes).toEqual([10, 10, 5])
  const [a, b, c, d] = await Promise.all([promise.next(), promise.next(), promise.next(), promise.next()])
  expect([a!.items[0], b!.items[0], c!.items[0], d]).toEqual([0, 10, 20, undefined])
  const first = await promise
  expect({ total: first.total, more: first.hasNextPage(), next: first.next }).toEqual({ total: 25, more: true, next: 'c10' })
  expect([...(await first.nextPage())!]).toEqual(numbers(25).slice(10, 20))
  expect([...(await first.nextPage())!]).toEqual(numbers(25).slice(10, 20))
  expect(await list('lists.cursor', { cursor: first.next }).toArray()).toEqual(numbers(25).slice(10))
})

it('stops asking when enough was read', async () => {
  pages(100, 10)
  expect(await list('lists.offset').toArray({ max: 15 })).toEqual(numbers(15))
  expect(await list('lists.offset').toArray({ max: 0 })).toEqual([])
  for await (const _ of list('lists.page')) break
  expect(server.seen).toHaveLength(4)
})

it('keeps parameters, headers and options on every page', async () => {
  pages(25, 10)
  await list('lists.cursor', { limit: 10, tag: ['a', 'b'] }, { headers: { 'x-a': '1' } }).toArray()
  for (const request of server.seen) {
    expect(request.url).toMatch(/limit=10&.*tag=a&tag=b/)
    expect(request.headers['x-a']).toBe('1')
  }
})

it('takes bare arrays, missing envelopes and nothing', async () => {
  for (const [id, body, expected] of [
    ['lists.cursor', [1, 2], [1, 2]], ['lists.offset', [], []], ['lists.plain', { data: [1] }, [1]], ['lists.plain', [1], [1]], ['lists.plain', { data: null }, []],
    ['lists.offset', { items: [3], total: 1 }, [3]], ['lists.offset', { data: [4] , total: 1 }, [4]],
  ] as const) {
    server.handle((request, response) => json(response, 200, request.url.includes('offset=') ? [] : body))
    expect(await list(id).toArray(), `${id} ${JSON.stringify(body)}`).toEqual(expected)
  }
  server.handle((_, response) => json(response, 200, { data: { nothing: 'here' } }))
  expect(await rejection(list('lists.offset'))).toBeInstanceOf(DecodeError)
})

it('goes on after an empty page with a cursor, and stops at an empty cursor', async () => {
  const answers = [{ data: [1], pagination: { next_cursor: 'a' } }, { data: [], pagination: { next_cursor: 'b' } }, { data: [2], pagination: { next_cursor: '' } }]
  server.handle((_, response, n) => json(response, 200, answers[n]))
  expect(await list('lists.cursor').toArray()).toEqual([1, 2])
})

it('notices cursors that come again, at any distance', async () => {
  const cycle = ['a', 'b', 'c']
  server.handle((_, response, n) => json(response, 200, { data: [n], pagination: { next_cursor: cycle[n % 3] } }))
  expect(await rejection(list('lists.cursor').toArray())).toBeInstanceOf(PaginationError)
  expect(server.seen.length).toBeLessThanOrEqual(4)
  server.handle((_, response) => json(response, 200, { events: [1], next: 5 }))
  expect(await rejection(list('lists.after').toArray())).toBeInstanceOf(PaginationError)
})

it('notices a cycle of cursors that is longer than what is remembered', { timeout: 60_000 }, async () => {
  const length = 1_500
  server.handle((_, response, n) => json(response, 200, { data: [n], pagination: { next_cursor: `c${n % length}` } }))
  expect(await rejection(list('lists.cursor').toArray())).toBeInstanceOf(PaginationError)
  // A mark moves on at powers of two: it is met again within three rounds.
  expect(server.seen.length).toBeLessThanOrEqual(3 * length)
})

it('notices a server that ignores the position', async () => {
  server.handle((_, response) => json(response, 200, { data: { items: [1, 2, 3] } }))
  expect(await rejection(list('lists.offset').toArray())).toBeInstanceOf(PaginationError)
  expect(await list('lists.offset', { limit: 2 }).toArray()).toEqual([1, 2, 3])
})

it('does not take rows that are all alike for a server that repeats itself', async () => {
  const rows = Array.from({ length: 10 }, () => ({ label: 'yes' }))
  const answer = (page: number, echo: number) => ({ status: 'ok', data: { rows, pagination: { page: echo, page_size: 10, filtered_total: 30, has_next: page < 3 } } })
  const flexorch = new FlexOrch({ apiKey: 'dfx_x', baseUrl: server.url })
  server.handle((request, response, n) => json(response, 200, answer(n + 1, Number(query(request.url)['page'] ?? 1))))
  expect(await flexorch.datasets.rows('28').toArray()).toHaveLength(30)
  // The same rows, and the server itself says that it is the first page again.
  server.handle((_, response) => json(response, 200, answer(1, 1)))
  expect(await rejection(flexorch.datasets.rows('28').toArray())).toBeInstanceOf(PaginationError)
})

it('moves by what came, so that a page that shrinks neither skips nor doubles', async () => {
  const all = numbers(30)
  server.handle((request, response, n) => {
    const offset = Number(query(request.url)['offset'] ?? 0)
    json(response, 200, { data: { items: all.slice(offset, offset + (n === 1 ? 3 : 10)), total: 30 } })
  })
  expect(await list('lists.offset', { limit: 10 }).toArray()).toEqual(all)
})

it('reads every item once, whatever the sizes (P)', async () => {
  const walk = (style: 'offset' | 'page' | 'cursor' | 'afterCursor', total: number, size: number, known: boolean): number[] => {
    const info = { style, items: '', limit: 'limit', position: 'p', ...(style === 'cursor' || style === 'afterCursor' ? { next: '/next' } : {}) } as const
    const seen: number[] = []
    let position: string | number | undefined
    for (let guard = 0; guard <= total + 2; guard++) {
      const from = style === 'page' ? (Number(position ?? 1) - 1) * size : Number(position ?? 0)
      const items = numbers(total).slice(from, from + size)
      seen.push(...items)
      const next = style === 'cursor' ? (from + size < total ? String(from + size) : null) : Math.min(from + size, total)
      position = nextPosition(info, { body: { next }, items: items.length, total: known ? total : undefined, limit: size, position })
      if (position === undefined) return seen
    }
    throw new Error('no end')
  }
  fc.assert(fc.property(fc.constantFrom('offset', 'page', 'cursor', 'afterCursor'), fc.nat(60), fc.integer({ min: 1, max: 20 }), fc.boolean(), (style, total, size, known) => {
    expect(walk(style, total, size, known)).toEqual(numbers(total))
  }))
})
