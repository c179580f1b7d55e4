import { describe, expect, it } from 'vitest'
import { toUpload } from '../core/uploads.js'
import type { JournalRecord } from './records.js'
import { BatchState, summarize } from './state.js'

const play = (...records: JournalRecord[]) => {
  const state = new BatchState()
  for (const record of records) state.apply(record)
  return state
}
const item = (n: number): JournalRecord => ({ t: 'item', n, path: `${n}.pdf`, size: 10 })
const sending = (n: number, id = `id${n}`): JournalRecord => ({ t: 'sending', n, id, sha: 's', try: 1, at: 100 })

describe('state', () => {
  it('follows an item from plan to end', () => {
    const steps: [JournalRecord, string][] = [[item(0), 'planned'], [sending(0), 'sending'], [{ t: 'unknown', n: 0, at: 1, code: 'TIMEOUT', message: 'm' }, 'unknown'], [sending(0), 'sending'], [{ t: 'accepted', n: 0, at: 2, job: 'j' }, 'accepted'], [{ t: 'done', n: 0, at: 3 }, 'done']]
    const state = new BatchState()
    for (const [record, wanted] of steps) {
      state.apply(record)
      expect(state.items[0]!.state).toBe(wanted)
    }
    expect(state.items[0]).toMatchObject({ job: 'j', sentAt: 100, code: undefined })
  })

  it('lets items with the same content share the fate of the one that is sent', () => {
    const state = play(item(0), item(1), { t: 'listed', items: 2 }, sending(0), { t: 'same', n: 1, of: 0, id: 'id0', sha: 's' }, { t: 'accepted', n: 0, at: 1 }, { t: 'done', n: 0, at: 2 })
    expect(summarize(state, () => false)).toMatchObject({ total: 2, bytes: 20, same: 1, complete: true, states: { done: 2 } })
    state.apply(sending(1, 'other'))
    expect(state.fateOf(state.items[1]!).state).toBe('sending')
    expect(state.followersOf(state.items[0]!)).toEqual([])
  })

  it('is complete when everything is listed and at its end', () => {
    const records = [item(0), sending(0), { t: 'accepted', n: 0, at: 1 }] as const
    expect(summarize(play(...records), () => true).complete).toBe(false)
    expect(summarize(play(...records, { t: 'listed', items: 1 }), () => true).complete).toBe(true)
    expect(summarize(play(...records, { t: 'listed', items: 1 }), () => false).complete).toBe(false)
    expect(summarize(play(...records, { t: 'listed', items: 1 }, { t: 'unknown', n: 0, at: 1, code: 'X', message: '' }), () => true)).toMatchObject({ complete: false, codes: { X: 1 } })
  })

  it('calls an item what its upload is called, by which the listing knows it', () => {
    const names = ['sub/deep/c.md', 'C:\\docs\\c.md', ' c.md ', 'sub/', '..'].map((name) => toUpload({ name, data: 'x' }, 'file').name)
    expect(play(...['sub/deep/c.md', 'C:\\docs\\c.md', ' c.md ', 'sub/', '..'].map((name, n) => ({ ...item(n), name }) as JournalRecord)).items.map((each) => each.name)).toEqual(names)
    expect(names).toEqual(['c.md', 'c.md', 'c.md', 'file', 'file'])
  })

  it('ignores records of items and kinds that it does not know', () => {
    expect(() => play({ t: 'done', n: 4, at: 1 }, item(0), { t: 'later', n: 0 } as never)).not.toThrow()
  })
})
