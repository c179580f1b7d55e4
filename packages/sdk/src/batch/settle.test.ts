import { describe, expect, it } from 'vitest'
import { AuthenticationError, ServerError } from '../core/errors/api.js'
import { orckai } from './adapters/orckai.js'
import { Finisher } from './finish.js'
import type { JournalRecord } from './records.js'
import type { SendHost } from './send-host.js'
import { Settler } from './settle.js'
import { BatchState } from './state.js'
import type { StopReason } from './types.js'

/** Items that were sent at 0 and whose answer is lost, and a server whose listing fails as told. */
function lost(failures: Error[], maxAttempts = 5, now = 1_000_000) {
  const state = new BatchState()
  for (const n of [0, 1]) {
    state.apply({ t: 'item', n, path: `${n}.md`, size: 10 + n })
    state.apply({ t: 'sending', n, id: `id${n}`, sha: 's', try: 1, at: 1_000_000 })
  }
  const records: JournalRecord[] = []
  const asks: { n: number; at: number }[] = []
  const stops: StopReason[] = []
  const host = {
    adapter: orckai, path: { id: 'kb' }, options: { maxAttempts }, settleMs: 60_000, stopSignal: new AbortController().signal, endSignal: new AbortController().signal,
    clock: { now: () => now, random: () => 0.5 }, scheduler: { pushedBack: () => 700 },
    client: { request: async function* () {
      const failure = failures.shift()
      if (failure) throw failure
      yield { id: 'd0', name: '0.md', fileSize: 10, createdAt: new Date(1_000_500).toISOString(), status: 'ready' }
    } },
    permit: async () => {}, documents: () => new Set<string>(), unsettled: () => [], isFollowed: () => false, emit: () => {}, follow: () => {},
    askAt: (item: { n: number }, at: number) => void asks.push({ n: item.n, at }), sendAt: (item: { n: number }, at: number) => void asks.push({ n: item.n, at }),
    stop: (reason: StopReason) => void stops.push(reason),
    record: async (record: JournalRecord) => {
      records.push(record)
      state.apply(record)
    },
  } as unknown as SendHost
  const settler = new Settler(host, new Finisher(host), () => {})
  return { settler, items: state.items, records, asks, stops }
}

const server = (status: number) => new ServerError({ system: 's', operation: 'o', status, message: 'no', retryable: true })

describe('outcomes that are not known', () => {
  it('of a long request are asked for when the server is through, counted from its end and not from its beginning', () => {
    const { settler, items, asks } = lost([], 5, 1_200_000)
    settler.later(items[0]!, { answered: false, endedAt: 1_200_000 })
    expect(asks).toEqual([{ n: 0, at: 1_260_000 }])
  })

  it('of a process that died count from the longest that its request may have gone on', () => {
    for (const [now, at] of [[1_000_000, 1_060_000], [1_070_000, 1_120_000], [1_500_000, 1_500_000], [900_000, 960_000]] as const) {
      const { settler, items, asks } = lost([], 5, now)
      settler.later(items[0]!, { answered: false })
      expect(asks).toEqual([{ n: 0, at: Math.min(at, now + 60_000) }])
    }
  })

  it('are asked about again when the listing could not be read, and then told', async () => {
    const { settler, items, records, asks } = lost([server(500), server(503)])
    await settler.ask(items)
    await settler.ask(items)
    expect(records).toEqual([])
    expect(asks).toEqual([0, 1, 0, 1].map((n) => ({ n, at: 1_000_700 })))
    await settler.ask(items)
    expect(items.map((item) => item.state)).toEqual(['done', 'planned'])
  })

  it('stay unknown when the listing can never be read', async () => {
    const { settler, items } = lost(Array.from({ length: 9 }, () => server(500)), 3)
    for (let round = 0; round < 3; round++) await settler.ask(items)
    expect(items.map((item) => [item.state, item.message])).toEqual([0, 1].map(() => ['unknown', 'the listing could not be read: s o: 500: no']))
  })

  it('stop the batch when the credential is refused, and stay as they were', async () => {
    const { settler, items, records, stops } = lost([new AuthenticationError({ system: 's', operation: 'o', status: 401, message: 'no' })])
    await settler.ask(items)
    expect([records, stops]).toMatchObject([[], [{ kind: 'error' }]])
  })
})
