import { describe, expect, it } from 'vitest'
import { headerWait, WindowLimiter, windowsOf } from './rate.js'
import { Scheduler } from './scheduler.js'

/** Time that only moves when something sleeps. */
function fakeClock() {
  const clock = { time: 1_000_000, now: () => clock.time, random: () => 1, sleep: async (ms: number) => void (clock.time += ms) }
  return clock
}
const open = new AbortController().signal

describe('scheduler', () => {
  it('grows while the server keeps up, to the most', async () => {
    const scheduler = new Scheduler({ clock: fakeClock(), max: 10 })
    expect(scheduler.concurrency).toBe(4)
    for (let index = 0; index < 20; index++) scheduler.succeeded()
    expect(scheduler.concurrency).toBe(10)
  })

  it('halves once for everything that was under way, then grows slowly', () => {
    const clock = fakeClock()
    const scheduler = new Scheduler({ clock, max: 16, start: 16 })
    const started = clock.now()
    clock.time += 100
    for (let index = 0; index < 16; index++) scheduler.pushedBack('429', started, 1_000)
    expect(scheduler.concurrency).toBe(8)
    for (let index = 0; index < 8; index++) scheduler.succeeded()
    expect(scheduler.concurrency).toBe(8)
    scheduler.succeeded()
    expect(scheduler.concurrency).toBe(9)
    for (let index = 0; index < 10; index++) scheduler.pushedBack('503', (clock.time += 1), undefined)
    expect(scheduler.concurrency).toBe(1)
  })

  it('pauses for everybody as long as was asked, the longest counting', async () => {
    const clock = fakeClock()
    const pauses: number[] = []
    const scheduler = new Scheduler({ clock, max: 4, onPause: (_, until) => pauses.push(until) })
    scheduler.pushedBack('429', clock.now(), 5_000)
    scheduler.pushedBack('429', clock.now(), 2_000)
    expect(scheduler.pause).toMatchObject({ reason: '429', until: 1_005_000 })
    await scheduler.ready(open)
    expect(clock.now()).toBe(1_005_000)
    expect(pauses).toEqual([1_005_000])
    expect(scheduler.pause).toBeUndefined()
  })

  it('backs off longer the longer nothing gets through', () => {
    const clock = fakeClock()
    const scheduler = new Scheduler({ clock, max: 4 })
    const waits = Array.from({ length: 9 }, () => scheduler.pushedBack('reset', (clock.time += 40_000), undefined))
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    expect(scheduler.trouble).toBe(9)
    scheduler.succeeded()
    expect(scheduler.trouble).toBe(0)
  })

  it('gives places one by one, and none after the stop', async () => {
    const scheduler = new Scheduler({ clock: fakeClock(), max: 1 })
    const stop = new AbortController()
    await scheduler.slot(stop.signal)
    let given = false
    const second = scheduler.slot(stop.signal).then(() => (given = true))
    await Promise.resolve()
    expect(given).toBe(false)
    scheduler.leave()
    await second
    const third = scheduler.slot(stop.signal)
    stop.abort(new Error('stopped'))
    await expect(third).rejects.toThrow('stopped')
  })
})

describe('rate', () => {
  it('never lets more through than the window holds, in any stretch', () => {
    const limiter = new WindowLimiter([{ requests: 5, seconds: 10 }, { requests: 8, seconds: 60 }])
    const times: number[] = []
    for (let now = 0; times.length < 20; now += 100) {
      if (limiter.wait(now) > 0) continue
      limiter.take(now)
      times.push(now)
    }
    for (const start of times) {
      expect(times.filter((time) => time >= start && time < start + 10_000).length).toBeLessThanOrEqual(5)
      expect(times.filter((time) => time >= start && time < start + 60_000).length).toBeLessThanOrEqual(8)
    }
  })

  it('counts what an earlier run has sent', () => {
    expect(new WindowLimiter([{ requests: 2, seconds: 10 }], [5_000, 1_000]).wait(6_000)).toBe(1_000 + 10_100 - 6_000)
  })

  it('keeps to documented windows, not to assumed ones', () => {
    const window = { requests: 60, seconds: 60 }
    expect(windowsOf('documented', { key: 'user', windows: [window] })).toEqual([window])
    expect(windowsOf('documented', { key: 'user', windows: [window], assumed: true })).toEqual([])
    expect(windowsOf('off', { key: 'user', windows: [window] })).toEqual([])
    expect(windowsOf(30, undefined)).toEqual([{ requests: 30, seconds: 60 }])
  })

  it('waits for the reset when the headers say that nothing is left', () => {
    const seen = { category: 'c', limit: 10, remaining: 2, resetAt: new Date(9_000), seenAt: new Date(0) }
    expect(headerWait(seen, 1, 1_000)).toBe(0)
    expect(headerWait(seen, 2, 1_000)).toBe(8_000)
    expect(headerWait(seen, 2, 9_000)).toBe(0)
    expect(headerWait(undefined, 9, 0)).toBe(0)
  })
})
