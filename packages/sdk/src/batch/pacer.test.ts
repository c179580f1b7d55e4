import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flexorch } from './adapters/flexorch.js'
import { leave, Pacer } from './pacer.js'
import { WindowLimiter } from './rate.js'
import { Scheduler } from './scheduler.js'
import type { BatchClient } from './types.js'

function pacer() {
  let now = 1_000_000
  const clock = { now: () => now, random: () => 0.5, sleep: async (ms: number) => void (now += ms) }
  const profile = { system: 's', name: 'S', rateLimits: { default: 'plan', headers: {}, categories: { plan: { windows: [{ requests: 60, seconds: 60 }] } } } }
  const client = { profile, operations: { send: { limit: 'plan' } } } as unknown as BatchClient
  const scheduler = new Scheduler({ clock: clock as never, max: 16 })
  return { made: new Pacer({ client, clock: clock as never, scheduler, rate: 'documented', onWait: () => {} }), elapsed: () => now - 1_000_000, advance: (ms: number) => void (now += ms) }
}

const take = async (made: Pacer, count: number) => {
  for (let index = 0; index < count; index++) await made.permit('send', new AbortController().signal)
}

describe('pacer', () => {
  it('keeps to what is documented until the server says what holds for this account', async () => {
    const documented = pacer()
    await take(documented.made, 61)
    expect(documented.elapsed()).toBeGreaterThanOrEqual(60_000)
    const free = pacer()
    free.made.adopt('send', 'unlimited')
    await take(free.made, 500)
    expect(free.elapsed()).toBe(0)
  })

  it('counts what others have used of the window, until it is reset', async () => {
    const { made, elapsed } = pacer()
    made.adopt('send', { requests: 100, seconds: 60, remaining: 40, resetMs: 20_000 })
    await take(made, 40)
    expect(elapsed()).toBe(0)
    await take(made, 1)
    expect(elapsed()).toBeGreaterThanOrEqual(20_000)
    expect(elapsed()).toBeLessThan(25_000)
  })

  it('looks take a tenth of the limit at most, and come soon at first', async () => {
    const { made, advance } = pacer()
    const times: number[] = []
    for (let time = 0; time < 600_000; ) {
      times.push(time)
      const wait = made.interval('send', 1)
      advance(wait)
      time += wait
    }
    expect(times[1]).toBe(1_000)
    expect(times.filter((time) => time < 10_000).length).toBeGreaterThanOrEqual(4)
    for (const start of times) expect(times.filter((time) => time >= start && time < start + 60_000).length).toBeLessThanOrEqual(6)
    expect(times.length).toBeGreaterThan(50)
  })

  it('reads the answer of FlexOrch, and nothing into what it does not say', () => {
    const read = flexorch.limits!.read
    expect(read({ unlimited: true, limit: null })).toBe('unlimited')
    expect(read({ unlimited: false, limit: 60, remaining: 48, window_seconds: 60, reset_in_seconds: 23 })).toEqual({ requests: 60, seconds: 60, remaining: 48, resetMs: 23_000 })
    expect(read({})).toBeUndefined()
    expect(read({ limit: null, window_seconds: 60 })).toBeUndefined()
  })

  it('the server never sees more than the window holds, however long journals and networks take (P)', () => {
    const delays = fc.array(fc.record({ journal: fc.integer({ min: 0, max: 900 }), way: fc.integer({ min: 0, max: 340 }), work: fc.integer({ min: 0, max: 400 }) }), { minLength: 1, maxLength: 40 })
    fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 8 }), delays, (requests, workers, script) => {
      const limiter = new WindowLimiter([{ requests, seconds: 10 }])
      let [now, turn] = [0, 0]
      const seen: number[] = []
      const todo: { at: number; go: () => void }[] = []
      const after = (ms: number, go: () => void) => todo.push({ at: now + ms, go })
      const next = () => {
        const wait = limiter.wait(now)
        if (wait > 0) return void after(wait, next)
        limiter.take(now)
        const permitted = now
        const { journal, way, work } = script[turn++ % script.length]!
        after(journal, () => {
          const answered = leave(limiter, permitted, { now: () => now })
          after(way, () => {
            seen.push(now)
            after(work, () => {
              answered()
              next()
            })
          })
        })
      }
      for (let worker = 0; worker < workers; worker++) after(0, next)
      while (now < 120_000) {
        todo.sort((a, b) => a.at - b.at)
        const event = todo.shift()!
        now = event.at
        event.go()
      }
      seen.sort((a, b) => a - b)
      for (let index = requests; index < seen.length; index++) expect(seen[index]! - seen[index - requests]!).toBeGreaterThanOrEqual(10_000)
    }), { numRuns: 200 })
  })
})
