import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Collection } from './collection.js'

const actions = fc.array(fc.record({ do: fc.constantFrom('insert', 'update', 'remove', 'load'), id: fc.integer({ min: 0, max: 6 }), mark: fc.constantFrom('a', 'b', 'c') }), { maxLength: 40 })

it('finds by an indexed member what looking at every row finds, whatever has happened', () => {
  fc.assert(fc.property(actions, (steps) => {
    let seq = 0
    const rows = new Collection('things', () => 'main', () => ++seq)
    for (const step of steps) {
      const id = String(step.id)
      if (step.do === 'insert' && !rows.peek(id)) rows.insert({ id, mark: step.mark })
      if (step.do === 'update' && rows.peek(id)) rows.update(id, { mark: step.mark })
      if (step.do === 'remove') rows.remove(id)
      if (step.do === 'load') rows.load(rows.entries())
      for (const mark of ['a', 'b', 'c']) expect(rows.peekBy('mark', mark)?.row).toEqual(rows.find((row) => row['mark'] === mark))
    }
  }))
})
