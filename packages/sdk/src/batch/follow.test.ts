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
    permit: async () => {}, interval: () => 1, ended: async (item) => void ended.push(item.job!), failed: (error) => { throw error as Error },
  }, {
    list: { operation: 'list', params: { limit: 100 }, id: (each) => (each as { id: string }).id },
    status: (each) => (each as { status: string }).status, success: ['ready'], failure: ['failed'], reason: () => undefined, ...follow,
  })
  for (const job of ['7', '2400', '2499']) made.add({ job } as Item)
  made.end()
  return made
}

describe('following', () => {
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
