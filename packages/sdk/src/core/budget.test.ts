import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RetryBudget } from './budget.js'

it('lets a failing host have a tenth more requests once the bucket is empty (P)', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 0, max: 5 }), (calls, retries) => {
    const budget = new RetryBudget()
    let requests = 0
    for (let i = 0; i < calls; i++) {
      budget.deposit('h')
      requests++
      for (let r = 0; r < retries && budget.take('h'); r++) requests++
    }
    expect(requests).toBeLessThanOrEqual(calls + 20 + Math.ceil(calls * 0.1))
  }))
})

it('refills when calls succeed, keeps hosts apart and never overflows', () => {
  const budget = new RetryBudget({ capacity: 2 })
  expect([budget.take('a'), budget.take('a'), budget.take('a')]).toEqual([true, true, false])
  expect(budget.take('b')).toBe(true)
  budget.refund('a', 1)
  expect(budget.take('a')).toBe(true)
  budget.refund('a', 99)
  expect(budget.left('a')).toBe(2)
})
