import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError, RateLimitError } from './errors/api.js'
import { ConnectionError, TimeoutError } from './errors/network.js'
import { decideRetry, isRepeatable, isRetryableStatus, MAX_DELAY, retryDelay, type RetryFacts } from './retry.js'
import type { Operation } from './operation.js'

const facts: RetryFacts = { attempts: 1, maxRetries: 2, maxRetryDelay: 60_000, repeatable: true, replayable: true, remaining: Infinity }
const refusal = (status: number, more: { retryAfterMs?: number; retryable?: boolean } = {}) => new ApiError({ system: 's', operation: 'o', status, message: 'm', retryable: isRetryableStatus(status), ...more })
const half = () => 0.5

describe('which statuses', () => {
  it.each([[408, true], [425, true], [429, true], [500, true], [502, true], [503, true], [504, true], [501, false], [505, false], [400, false], [401, false], [402, false], [403, false], [404, false], [409, false], [422, false]])('%i: %s', (status, retried) => {
    expect(decideRetry(refusal(status), facts, half).retry).toBe(retried)
  })
  it('leaves permanent codes alone', () => {
    expect(decideRetry(refusal(429, { retryable: false }), facts, half)).toEqual({ retry: false, why: 'final' })
  })
})

describe('which operations', () => {
  const op = (method: Operation['method'], retry?: Operation['retry']): Operation => ({ id: 'o', method, path: '/', ...(retry === undefined ? {} : { retry }) })
  it.each([['GET', true], ['HEAD', true], ['OPTIONS', true], ['PUT', true], ['DELETE', true], ['POST', false], ['PATCH', false]] as const)('%s: %s', (method, safe) => {
    expect(isRepeatable(op(method), undefined, false)).toBe(safe)
  })
  it('follows the document', () => {
    expect(isRepeatable(op('POST', 'safe'), undefined, false)).toBe(true)
    expect(isRepeatable(op('GET', 'unsafe'), undefined, false)).toBe(false)
    expect(isRepeatable(op('POST', { in: 'body', name: 'k' }), 'key', false)).toBe(true)
    expect(isRepeatable(op('POST', { in: 'body', name: 'k' }), undefined, false)).toBe(false)
    expect(isRepeatable(op('POST'), undefined, true)).toBe(true)
  })
  it('repeats an unsafe one only if it never arrived', () => {
    const unsafe = { ...facts, repeatable: false }
    expect(decideRetry(refusal(503), unsafe, half)).toEqual({ retry: false, why: 'unsafe' })
    expect(decideRetry(new ConnectionError('', { sent: true }), unsafe, half).retry).toBe(false)
    expect(decideRetry(new TimeoutError('', { scope: 'attempt', timeoutMs: 1 }), unsafe, half).retry).toBe(false)
    expect(decideRetry(new ConnectionError('', { sent: false }), unsafe, half).retry).toBe(true)
  })
})

describe('when', () => {
  it('gives up in time', () => {
    expect(decideRetry(refusal(500), { ...facts, attempts: 3 }, half)).toEqual({ retry: false, why: 'exhausted' })
    expect(decideRetry(refusal(500), { ...facts, maxRetries: 0 }, half)).toEqual({ retry: false, why: 'exhausted' })
    expect(decideRetry(refusal(500), { ...facts, replayable: false }, half)).toEqual({ retry: false, why: 'body' })
    expect(decideRetry(refusal(429, { retryAfterMs: 60_001 }), facts, half)).toEqual({ retry: false, why: 'too_long' })
    expect(decideRetry(refusal(429, { retryAfterMs: 5_000 }), { ...facts, remaining: 4_000 }, half)).toEqual({ retry: false, why: 'deadline' })
    expect(decideRetry(new TimeoutError('', { scope: 'call', timeoutMs: 1 }), facts, half).retry).toBe(false)
    expect(decideRetry(new Error('x'), facts, half).retry).toBe(false)
  })
  it('keeps to what the server asks', () => {
    expect(decideRetry(new RateLimitError({ system: 's', operation: 'o', status: 429, message: 'm', retryable: true, retryAfterMs: 1000 }), facts, half)).toEqual({ retry: true, delay: 1000 })
    expect(retryDelay(1, 0, half)).toBe(250)
    expect(retryDelay(2, 100, half, true)).toBe(500)
    expect(retryDelay(2, 3_000, half, true)).toBe(3_000)
  })
  it('is full jitter under a ceiling (P)', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 0.999999, noNaN: true }), (attempts, random) => {
      const delay = retryDelay(attempts, undefined, () => random)
      expect(delay).toBeGreaterThanOrEqual(0)
      expect(delay).toBeLessThanOrEqual(Math.min(MAX_DELAY, 500 * 2 ** (attempts - 1)))
    }))
  })
  it('never waits longer than allowed nor past the deadline (P)', () => {
    fc.assert(fc.property(fc.record({ asked: fc.option(fc.nat(1e12), { nil: undefined }), attempts: fc.integer({ min: 1, max: 9 }), maxRetries: fc.nat(9), maxRetryDelay: fc.nat(100_000), remaining: fc.nat(100_000), untrusted: fc.boolean() }), fc.double({ min: 0, max: 0.999, noNaN: true }), (given, random) => {
      const decision = decideRetry(refusal(503, { retryAfterMs: given.asked }), { ...facts, ...given }, () => random)
      if (!decision.retry) return
      expect(given.attempts).toBeLessThanOrEqual(given.maxRetries)
      expect(decision.delay).toBeLessThanOrEqual(given.maxRetryDelay)
      expect(decision.delay).toBeLessThan(given.remaining)
      if (given.asked) expect(decision.delay).toBeGreaterThanOrEqual(Math.min(given.asked, given.maxRetryDelay))
    }))
  })
})
