import { describe, expect, it } from 'vitest'
import { Claims } from './claims.js'
import { BatchState } from './state.js'
import type { Item } from './types.js'

function claims() {
  const state = new BatchState()
  for (const n of [0, 1, 2]) state.apply({ t: 'item', n, path: `${n}.txt` })
  const planned: Item[] = []
  return { state, planned, claims: new Claims(state, (item) => void planned.push(item)) }
}

describe('content that occurs twice', () => {
  it('is sent for the first that has it, and for another when that one has it no longer', () => {
    const { state, claims: all, planned } = claims()
    const [first, second] = state.items as [Item, Item]
    all.take('old', first)
    state.apply({ t: 'sending', n: 0, id: 'old', sha: 's', try: 1, at: 1 })
    state.apply({ t: 'planned', n: 0, at: 2 })
    expect(all.leaderOf('old')).toBe(0)
    state.apply({ t: 'same', n: 1, of: 0, id: 'old', sha: 's' })
    all.release(first)
    expect(planned).toEqual([second])
    expect([second.sameAs, all.leaderOf('old')]).toEqual([undefined, undefined])
  })

  it('is nobody\'s after a release, also when nobody had waited for it', () => {
    const { state, claims: all } = claims()
    const [first] = state.items as [Item]
    all.take('old', first)
    state.apply({ t: 'sending', n: 0, id: 'old', sha: 's', try: 1, at: 1 })
    state.apply({ t: 'planned', n: 0, at: 2 })
    all.release(first)
    all.take('new', first)
    expect([all.leaderOf('old'), all.leaderOf('new')]).toEqual([undefined, 0])
  })
})
