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
    expect((meter.toJSON() as { spans: unknown[] }).spans.length).toBeLessThan(64 * 8 + 1)
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
