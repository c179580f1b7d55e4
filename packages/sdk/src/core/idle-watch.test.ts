import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { IdleWatch } from './idle-watch.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

it('fires when one wait takes as long as the limit, not for many short ones', () => {
  const fire = vi.fn()
  const watch = new IdleWatch(100, fire)
  for (let i = 0; i < 50; i++) {
    watch.begin()
    vi.advanceTimersByTime(60)
    watch.end()
  }
  expect(fire).not.toHaveBeenCalled()
  watch.begin()
  vi.advanceTimersByTime(99)
  expect([fire.mock.calls.length, watch.expired]).toEqual([0, false])
  vi.advanceTimersByTime(1)
  expect([fire.mock.calls.length, watch.expired]).toEqual([1, true])
})

it('does not count the time between waits, and leaves no timer then', () => {
  const fire = vi.fn()
  const watch = new IdleWatch(100, fire)
  watch.begin()
  watch.end()
  vi.advanceTimersByTime(10_000)
  expect(vi.getTimerCount()).toBe(0)
  watch.begin()
  vi.advanceTimersByTime(99)
  expect(fire).not.toHaveBeenCalled()
  watch.stop()
  vi.advanceTimersByTime(10_000)
  expect(fire).not.toHaveBeenCalled()
})

it('without a limit there is no timer', () => {
  const watch = new IdleWatch(Infinity, () => undefined)
  watch.begin()
  expect(vi.getTimerCount()).toBe(0)
})
