import { describe, expect, it } from 'vitest'
import { client } from '../../test/fixture.js'

interface Item {
  id: string
  name: string
}

describe('a collection by convention', () => {
  it('creates, reads, lists, changes and forgets', async () => {
    const { call } = client({ strict: true })
    const made = await call('POST', '/items', { body: { name: 'New', color: 'red' } })
    expect(made).toMatchObject({ status: 201, body: { ok: true, data: { id: expect.stringMatching(/^itm_[0-9a-f]{12}$/), name: 'New', createdAt: '2026-03-01T00:00:00.000Z' } } })
    const { id } = (made.body as { data: Item }).data
    expect(await call('GET', `/items/${id}`)).toMatchObject({ status: 200, body: { data: { name: 'New' } } })
    expect(await call('PUT', `/items/${id}`, { body: { name: 'Newer', id: 'other' } })).toMatchObject({ status: 200, body: { data: { id, name: 'Newer', color: 'red' } } })
    expect(((await call('GET', '/items?limit=100')).body as { data: Item[] }).data.map((item) => item.id)).toContain(id)
    expect(await call('DELETE', `/items/${id}`)).toMatchObject({ status: 204, body: undefined })
    for (const method of ['GET', 'PUT', 'DELETE']) expect((await call(method, `/items/${id}`, method === 'PUT' ? { body: {} } : {})).status).toBe(404)
  })

  it('hides internal members and what belongs to others', async () => {
    const { call } = client()
    expect(JSON.stringify((await call('GET', '/items?limit=100')).body)).not.toMatch(/_secret|Theirs/)
    expect(await call('GET', '/items/o1')).toMatchObject({ status: 404, body: { message: 'Item not found' } })
    expect((await call('GET', '/items/o1', { key: 'k-other' })).status).toBe(200)
    expect((await call('PUT', '/items/i1', { key: 'k-other', body: {} })).status).toBe(404)
    expect((await call('DELETE', '/items/i1', { key: 'k-other' })).status).toBe(404)
    const theirs = await call('POST', '/items', { key: 'k-other', body: { name: 'x' } })
    expect((await call('GET', `/items/${(theirs.body as { data: Item }).data.id}`)).status).toBe(404)
  })
})

describe('pages', () => {
  it('cursors go on while objects come and go', async () => {
    const { call } = client()
    const first = (await call('GET', '/items')).body as { data: Item[]; next: string; more: boolean; total: number }
    expect(first).toMatchObject({ data: [{ id: 'i1' }, { id: 'i2' }], more: true, total: 5 })
    await call('DELETE', '/items/i2')
    await call('POST', '/items', { body: { name: 'late' } })
    const second = (await call('GET', `/items?cursor=${first.next}`)).body as typeof first
    expect(second.data.map((item) => item.id)).toEqual(['i3', 'i4'])
    const third = (await call('GET', `/items?cursor=${second.next}&limit=10`)).body as typeof first
    expect(third.data.map((item) => item.name)).toEqual(['Item 5', 'late'])
    expect([third.next, third.more]).toEqual([null, false])
  })

  it('refuses a cursor that is not its own', async () => {
    const { call } = client()
    const { next } = (await call('GET', '/items')).body as { next: string }
    expect((await call('GET', '/items?cursor=abc')).status).toBe(400)
    expect((await call('GET', `/items?cursor=${next.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))}`)).status).toBe(400)
    expect((await call('GET', `/items?cursor=${next}`, { key: 'k-other' })).status).toBe(400)
  })

  it('filters by equal members', async () => {
    const { call } = client()
    expect((await call('GET', '/items?color=blue')).body).toMatchObject({ data: [{ id: 'i2' }, { id: 'i4' }], total: 2, more: false })
  })

  it('offsets beyond the end are empty pages', async () => {
    const { call } = client()
    expect(((await call('GET', '/pages?offset=1&limit=1')).body as Item[]).map((page) => page.id)).toEqual([2])
    expect((await call('GET', '/pages?offset=99')).body).toEqual([])
  })
})

it('copies in and out: editing an answer changes nothing', async () => {
  const { call, world } = client()
  await call('GET', '/items/i1')
  const collection = world.system((await import('../../test/fixture.js')).fixture).store.collection('items')
  const before = JSON.stringify(collection.entries())
  const row = collection.get('i1')!
  row['name'] = 'changed'
  collection.all()[0]!['name'] = 'changed'
  collection.find(() => true)!['name'] = 'changed'
  const input = { id: 'deep', inner: { list: [1] } }
  collection.insert(input)
  input.inner.list.push(2)
  expect(collection.get('deep')!['inner']).toEqual({ list: [1] })
  collection.remove('deep')
  expect(JSON.stringify(collection.entries())).toBe(before)
})
