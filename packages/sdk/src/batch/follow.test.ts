import { describe, expect, it } from 'vitest'
import type { Adapter, Follow } from './adapters.js'
import { Follower } from './follow.js'
import type { BatchClient, Item } from './types.js'

const row = (id: number) => ({ id: String(id), status: 'ready' })

function follower(follow: Partial<Follow>, calls: string[], ended: string[]) {
  const client = {
    request: (operation: string, input?: { path?: Record<string, string> }) => {
      calls.push(operation)
      if (operation === 'get') return Promise.resolve(row(Number(input!.path!['id'])))
      return (async function* () {
        for (let id = 0; id < 2_500; id++) yield row(id)
      })()
    },
  } as unknown as BatchClient
  const made = new Follower({
    client, adapter: {} as Adapter, path: {}, signal: new AbortController().signal, singles: 3, timeoutMs: undefined,
    clock: { now: () => 0, random: () => 0, sleep: async () => {} } as never,
    permit: async () => {}, interval: () => 1, ended: async (item) => void ended.push(item.job!), failed: (error) => { throw error as Error }, leave: () => {},
  }, {
    list: { operation: 'list', params: { limit: 100 }, id: (each) => (each as { id: string }).id },
    status: (each) => (each as { status: string }).status, success: ['ready'], failure: ['failed'], reason: () => undefined, ...follow,
  })
  for (const job of ['7', '2400', '2499']) made.add({ job } as Item)
  made.end()
  return made
}

/** A follower of `jobs` whose list is what `rows` gives at each look. */
function looking(jobs: string[], rows: (look: number) => readonly { id: string; status: string }[], ended: (item: Item, code: string | undefined) => Promise<void>, get?: Follow['get']) {
  const [left, errors]: [string[], unknown[]] = [[], []]
  let looks = 0
  const client = {
    request: (operation: string, input?: { path?: Record<string, string> }) => {
      if (operation === 'get') return Promise.resolve(rows(looks).find(({ id }) => id === input!.path!['id']))
      const now = rows(looks++)
      return (async function* () {
        yield* now
      })()
    },
  } as unknown as BatchClient
  const made = new Follower({
    client, adapter: {} as Adapter, path: {}, signal: new AbortController().signal, singles: 9, timeoutMs: undefined,
    clock: { now: () => 0, random: () => 0, sleep: async () => {} } as never,
    permit: async () => {}, interval: () => 1, ended: (item, { code }) => ended(item, code), failed: (error) => void errors.push(error), leave: (items) => void left.push(...items.map((item) => item.job!)),
  }, {
    ...(get === undefined ? { list: { operation: 'list', id: (row: unknown) => (row as { id: string }).id } } : { get }),
    status: (row) => (row as { status: string }).status, success: ['ready'], failure: ['failed'], reason: () => undefined,
  })
  for (const job of jobs) made.add({ job } as Item)
  made.end()
  return { run: () => made.run(), left, errors, looks: () => looks }
}

describe('following', () => {
  it('does not wait for ever for what the list has no more, nor believe it gone at the first look', async () => {
    const ended: string[] = []
    const busy = { id: '1', status: 'busy' }
    const { run, looks } = looking(['1', '2'], (look) => (look < 12 ? [busy, ...(look === 2 ? [{ id: '2', status: 'busy' }] : [])] : [{ id: '1', status: 'ready' }]), async (item, code) => void ended.push(`${item.job}:${code}`))
    await run()
    expect(ended).toEqual(['2:JOB_LOST', '1:undefined'])
    expect(looks()).toBe(13)
  })

  it.each([['a list', undefined], ['one by one', { operation: 'get', param: 'id' }]])('a result that cannot be read keeps no other waiting, and is left to the next run: %s', async (_, get) => {
    const ended: string[] = []
    const { run, left, errors } = looking(['1', '2', '3'], () => ['1', '2', '3'].map((id) => ({ id, status: 'ready' })), async (item) => {
      if (item.job === '1') throw new Error('no result')
      ended.push(item.job!)
    }, get)
    await run()
    expect([ended, left]).toEqual([['2', '3'], ['1']])
    expect(errors).toHaveLength(5)
  })

  it('reads a list to its end where jobs cannot be read by themselves', async () => {
    const [calls, ended]: [string[], string[]] = [[], []]
    await follower({}, calls, ended).run()
    expect([ended, calls]).toEqual([['7', '2400', '2499'], ['list']])
  })

  it('turns some pages and reads the rest by themselves where they can', async () => {
    const [calls, ended]: [string[], string[]] = [[], []]
    await follower({ get: { operation: 'get', param: 'id' } }, calls, ended).run()
    expect([ended, calls]).toEqual([['7', '2400', '2499'], ['list', 'get', 'get']])
  })
})
