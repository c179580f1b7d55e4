import { describe, expect, it } from 'vitest'
import { parseReset, parseRetryAfter, readRetryAfter } from './retry-after.js'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)
const headers = (values: Record<string, string>) => ({ get: (name: string) => values[name.toLowerCase()] ?? null })
const names = { reset: 'X-RateLimit-Reset', resetUnit: 'epochSeconds', retryAfter: 'Retry-After' } as const

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0], ['1', 1000], ['1.5', 1500], [' 7 ', 7000], ['3600', 3_600_000], ['99999999999', 99_999_999_999_000],
    ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000], ['Friday, 02-Jan-26 03:04:15 GMT', 10_000], ['Fri Jan  2 03:04:15 2026', 10_000], ['2026-01-02T03:04:15Z', 10_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0], ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['-1', undefined], ['soon', undefined], ['', undefined], ['1e3', undefined], ['2026', 2_026_000], ['Fri', undefined], [null, undefined],
  ])('%j -> %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })
})

describe('readRetryAfter', () => {
  it('takes milliseconds first, zero too', () => {
    expect(readRetryAfter(headers({ 'retry-after-ms': '0', 'retry-after': '9' }), names, 503, now)).toBe(0)
    expect(readRetryAfter(headers({ 'retry-after-ms': 'x', 'retry-after': '9' }), names, 503, now)).toBe(9000)
  })
  it('takes the reset of the window for a 429 without Retry-After', () => {
    const reset = { 'x-ratelimit-reset': String(now / 1000 + 12) }
    expect(readRetryAfter(headers(reset), names, 429, now)).toBe(12_000)
    expect(readRetryAfter(headers(reset), names, 503, now)).toBeUndefined()
    expect(readRetryAfter(headers({ ...reset, 'retry-after': '2' }), names, 429, now)).toBe(2000)
  })
  it('knows each dialect, and which not to trust', () => {
    expect(parseReset(headers({ 'x-ratelimit-reset': '30' }), { ...names, resetUnit: 'seconds' }, now)).toBe(now + 30_000)
    expect(parseReset(headers({ 'x-ratelimit-reset': '1' }), { ...names, resetUnit: 'untrusted' }, now)).toBeUndefined()
    expect(parseReset(headers({ 'x-ratelimit-reset': 'x' }), names, now)).toBeUndefined()
  })
})
