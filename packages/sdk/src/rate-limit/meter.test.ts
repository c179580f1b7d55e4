import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter } from './meter.js'

const windows = [{ requests: 100, seconds: 60 }, { requests: 3000, seconds: 3600 }, { requests: 50_000, seconds: 86_400 }]

describe('a meter', () => {
  it('never lets more through than any window allows, in whatever stretch of its length (P)', () => {
    const window = fc.record({ requests: fc.integer({ min: 1, max: 12 }), seconds: fc.integer({ min: 1, max: 40 }) })
    fc.assert(fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 300 }), (limits, gaps) => {
      const meter = new Meter()
      const sent: number[] = []
      let now = 0
      for (const gap of gaps) {
        now += gap
        const wait = meter.take(limits, now)
        if (wait === 0) sent.push(now)
        else expect(wait).toBeGreaterThan(0)
      }
      for (const { requests, seconds } of limits) for (let i = requests; i < sent.length; i++) expect(sent[i]! - sent[i - requests]!).toBeGreaterThan(seconds * 1000)
    }), { numRuns: 150 })
  })

  it('gives a wait after which a request passes, and never starves (P)', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100 }), fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 100 }), (requests, seconds, gaps) => {
      const meter = new Meter()
      let now = 0
      for (const gap of gaps) {
        now += gap
        const wait = meter.take([{ requests, seconds }], now)
        if (wait === 0) continue
        now += wait
        expect(meter.take([{ requests, seconds }], now)).toBe(0)
      }
    }), { numRuns: 150 })
  })

  it('keeps several windows at once in little memory: Orckai\'s minute, hour and day', () => {
    const meter = new Meter()
    let now = 0
    let sent = 0
    const stamps: number[] = []
    while (now < 86_400_000) {
      const wait = meter.take(windows, now)
      if (wait > 0) now += wait
      else {
        sent++
        stamps.push(now)
      }
    }
    expect(sent).toBeLessThanOrEqual(50_000)
    expect(sent).toBeGreaterThan(45_000)
    for (const { requests, seconds } of windows) for (let i = requests; i < stamps.length; i++) if (stamps[i]! - stamps[i - requests]! < seconds * 1000) throw new Error(`too many within ${seconds} s`)
    for (const { spans } of (meter.toJSON() as { counters: { spans: unknown[] }[] }).counters) expect(spans.length).toBeLessThanOrEqual(2 * 128 + 1)
  })

  it('never makes anybody wait who need not (P)', () => {
    const window = fc.record({ requests: fc.integer({ min: 1, max: 100 }), seconds: fc.integer({ min: 1, max: 30 }) })
    fc.assert(fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 400 }), (limits, gaps) => {
      const meter = new Meter()
      const sent: number[] = []
      let now = 0
      for (const gap of gaps) {
        now += gap
        const wait = meter.take(limits, now)
        // When one more fits into every window, by looking at all that was ever sent.
        const free = Math.max(now, ...limits.map(({ requests, seconds }) => (sent.length < requests ? 0 : sent[sent.length - requests]! + seconds * 1000 + 250)))
        expect(wait).toBe(free - now)
        if (wait === 0) sent.push(now)
      }
    }), { numRuns: 200 })
  })

  it('remembers many requests within one part in 128 of the window (P)', () => {
    fc.assert(fc.property(fc.integer({ min: 129, max: 900 }), fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 900, maxLength: 1_800 }), (requests, gaps) => {
      const windows = [{ requests, seconds: 60 }]
      const meter = new Meter()
      const sent: number[] = []
      let now = 0
      for (const gap of gaps) {
        now += gap
        const wait = meter.take(windows, now)
        const free = sent.length < requests ? now : Math.max(now, sent[sent.length - requests]! + 60_250)
        expect(now + wait).toBeGreaterThanOrEqual(free)
        expect(now + wait).toBeLessThanOrEqual(free + 60_250 / 128 + 1)
        if (wait === 0) sent.push(now)
      }
    }), { numRuns: 30 })
  })

  it('tells how long so many more would take, which is what they take (P)', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 40 }), fc.integer({ min: 1, max: 60 }), (requests, seconds, gaps, places) => {
      const windows = [{ requests, seconds }]
      const meter = new Meter()
      let now = 0
      for (const gap of gaps) meter.take(windows, now += gap)
      const told = meter.wait(windows, now, places)
      let at = now
      for (let taken = 0; taken < places;) {
        const wait = meter.take(windows, at)
        if (wait === 0) taken++
        else at += wait
      }
      expect(told).toBe(at - now)
    }), { numRuns: 200 })
  })

  it('takes a larger plan\'s limit at once, and its longer windows in proportion', () => {
    const meter = new Meter()
    meter.learn(windows, { limit: 1_000, remaining: 1_000, resetAt: 60_000 }, 0)
    for (let i = 0; i < 1_000; i++) expect(meter.take(windows, i)).toBe(0)
    expect(meter.take(windows, 1_000)).toBeGreaterThan(50_000)
    expect(meter.state(windows, 1_000).map(({ requests }) => requests)).toEqual([1_000, 30_000, 500_000])
    // A smaller plan takes nothing from what is documented for the hour and the day.
    const small = new Meter()
    small.learn(windows, { limit: 10, remaining: 9, resetAt: 60_000 }, 0)
    expect(small.state(windows, 0).map(({ requests }) => requests)).toEqual([10, 3_000, 50_000])
  })

  it('does not mistake a plan for a longer window, nor a clock that is ahead for one', () => {
    const plan = new Meter()
    plan.learn(windows, { limit: 3_000, remaining: 2_999, resetAt: 30_000 }, 0)
    expect(plan.state(windows, 0)[0]!.requests).toBe(3_000)
    const ahead = new Meter()
    ahead.learn(windows, { limit: 500, remaining: 0, resetAt: 3_000_000 }, 0)
    expect(ahead.take(windows, 0)).toBe(60_000)
  })

  it('keeps to the caller\'s own limit, which headers lower and never raise; a guess binds only when the server has named it', () => {
    const own = new Meter()
    own.learn([{ requests: 5, seconds: 60, fixed: true }], { limit: 100, remaining: 100 }, 0)
    expect(own.state([{ requests: 5, seconds: 60, fixed: true }], 0)[0]!.requests).toBe(5)
    const guess = new Meter()
    const guessed = [{ requests: 2, seconds: 60, assumed: true }]
    for (let i = 0; i < 10; i++) expect(guess.take(guessed, i)).toBe(0)
    guess.learn(guessed, { limit: 10, remaining: 0 }, 10)
    expect(guess.take(guessed, 10)).toBeGreaterThan(59_000)
  })

  it('is not silenced for longer than its longest window, whatever a refusal asks for', () => {
    const meter = new Meter()
    meter.learn([{ requests: 5, seconds: 60 }], { notBefore: 1e12 }, 0)
    expect(meter.take([{ requests: 5, seconds: 60 }], 0)).toBe(60_000)
  })

  it('follows what the server says: another plan, requests of others, a refusal', () => {
    const meter = new Meter()
    meter.take(windows, 0)
    meter.learn(windows, { limit: 10, remaining: 4, resetAt: 30_000 }, 100)
    expect(meter.state(windows, 100)[0]).toEqual({ requests: 10, seconds: 60, used: 6 })
    for (let i = 0; i < 4; i++) expect(meter.take(windows, 200)).toBe(0)
    expect(meter.take(windows, 200)).toBe(29_800)
    expect(meter.take(windows, 30_000)).toBe(0)
    meter.learn(windows, { notBefore: 90_000 }, 31_000)
    expect(meter.take(windows, 31_000)).toBe(59_000)
    // A refusal by the hour's window names the hour's limit.
    const hourly = new Meter()
    hourly.learn(windows, { limit: 3000, remaining: 0, resetAt: 500_000 }, 0)
    expect(hourly.take(windows, 0)).toBe(500_000)
    expect(hourly.state(windows, 0)[0]).toMatchObject({ requests: 100 })
  })

  it('goes through JSON unchanged', () => {
    const meter = new Meter()
    for (let i = 0; i < 100; i++) meter.take(windows, i)
    const copy = Meter.from(JSON.parse(JSON.stringify(meter)))
    expect(copy.take(windows, 200)).toBe(meter.take(windows, 200))
    expect(copy.take(windows, 200)).toBeGreaterThan(0)
  })
})
