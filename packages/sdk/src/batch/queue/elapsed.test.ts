import { afterEach, expect, it, vi } from 'vitest'
import { moment, since } from './elapsed.js'

afterEach(() => void vi.restoreAllMocks())

it.each([
  ['the machine slept, and the steady clock with it', 0, 60_000],
  ['somebody set the clock back', 60_000, -3_600_000],
  ['both run', 60_000, 60_000],
])('time that has passed is not overlooked: %s', (_, steady, wall) => {
  const then = moment()
  vi.spyOn(performance, 'now').mockReturnValue(then.steady + steady)
  vi.spyOn(Date, 'now').mockReturnValue(then.wall + wall)
  expect(since(then)).toBe(60_000)
})
