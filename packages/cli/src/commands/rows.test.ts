import { expect, it } from 'vitest'
import { fakeIo } from '../../test/io.js'
import { rowsOf } from './rows.js'

it('a page whose reader may be gone by its end is given but for one item, and the reader time to go, before another is asked for', async () => {
  const told: unknown[] = []
  const list = () => ({
    async *pages() {
      for (const items of [[1, 2, 3], [4, 5], [6]]) {
        told.push(`page of ${items[0]}`)
        yield { items, ...(items[0] === 6 ? {} : { next: 'more' }) }
      }
    },
  })
  const given = async (tty?: number) => {
    told.length = 0
    const io = { ...fakeIo(tty === undefined ? {} : { tty }), sleep: () => Promise.resolve(void told.push('pause')) }
    for await (const row of rowsOf(list, io)) told.push(row)
    return [...told]
  }
  expect(await given()).toEqual(['page of 1', 1, 2, 'pause', 3, 'page of 4', 4, 5, 'page of 6', 6])
  // A terminal goes nowhere.
  expect(await given(80)).toEqual(['page of 1', 1, 2, 3, 'page of 4', 4, 5, 'page of 6', 6])
})
