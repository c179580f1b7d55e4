import { describe, expect, it } from 'vitest'
import { AuthenticationError, RateLimitError, ServerError, UnsupportedFileError, type ApiError } from '../core/errors/api.js'
import { ConnectionError, DecodeError, TimeoutError } from '../core/errors/network.js'
import { factsOf, judge } from './outcome.js'
import { findListed } from './reconcile.js'
import type { Item } from './types.js'

const item = (n: number, more: Partial<Item> = {}) => ({ n, name: 'a.md', size: 10, sentAt: 1_000_000, ...more }) as Item
const row = (id: string, more = {}) => ({ id, name: 'a.md', size: 10, createdAt: 1_000_500, ...more })
const none = new Set<string>()

describe('reconciliation', () => {
  it('finds one by name, size and time', () => {
    expect(findListed([item(0)], [row('x'), row('old', { createdAt: 1 }), row('big', { size: 11 }), row('b', { name: 'b.md' })], none).get(0)).toMatchObject({ is: 'there', document: 'x' })
    // A little older: one of the clocks may be wrong, so nothing is sent again.
    expect(findListed([item(0)], [row('old', { createdAt: 1 })], none).get(0)).toMatchObject({ is: 'unclear' })
    expect(findListed([item(0)], [row('old', { createdAt: -4_000_000 })], none).get(0)).toEqual({ is: 'absent' })
  })

  it('entries of other items do not count', () => {
    expect(findListed([item(0)], [row('x')], new Set(['x'])).get(0)).toEqual({ is: 'absent' })
  })

  it('knows a name however the server gives it back', () => {
    for (const [ours, theirs] of [['a"b.md', 'a%22b.md'], ['a"b.md', 'a"b.md'], ['a\nb.md', 'a%0Ab.md'], ['a\u0001b.md', 'ab.md'], ['u\u0308.md', '\u00fc.md'], [' a.md', 'a.md']] as const) {
      expect(findListed([item(0, { name: ours })], [row('x', { name: theirs })], none).get(0), theirs).toMatchObject({ is: 'there' })
    }
    // One entry is not taken for two items whose names differ in nothing that travels.
    expect([...findListed([item(0), item(1, { name: 'a.md ' })], [row('x')], none).values()]).toMatchObject([{ is: 'unclear' }, { is: 'unclear' }])
  })

  it('never guesses', () => {
    expect(findListed([item(0)], [row('x'), row('y')], none).get(0)).toMatchObject({ is: 'unclear' })
    expect([...findListed([item(0), item(1)], [row('x')], none).values()]).toMatchObject([{ is: 'unclear' }, { is: 'unclear' }])
    expect([...findListed([item(0), item(1)], [row('x'), row('y')], none).values()]).toMatchObject([{ is: 'there' }, { is: 'there' }])
    expect(findListed([item(0)], [row('x', { createdAt: undefined })], none).get(0)).toMatchObject({ is: 'unclear' })
    expect(findListed([item(0)], [row('x', { size: undefined })], none).get(0)).toMatchObject({ is: 'unclear' })
  })
})

const answer = (Class: typeof ApiError, status: number, more = {}) => new Class({ system: 'S', operation: 'o', status, message: 'm', ...more })

describe('what a failure says', () => {
  it.each([
    ['401', answer(AuthenticationError, 401), { kind: 'stop', taken: 'no' }],
    ['415', answer(UnsupportedFileError, 415), { kind: 'rejected' }],
    ['429', answer(RateLimitError, 429, { retryAfterMs: 7, retryable: true }), { kind: 'again', push: true, counts: false, afterMs: 7 }],
    ['500', answer(ServerError, 500, { retryable: true }), { kind: 'open', answered: true }],
    ['504', answer(ServerError, 504, { retryable: true }), { kind: 'open', answered: false }],
    ['501', answer(ServerError, 501), { kind: 'failed' }],
    ['refused connection', new ConnectionError('x', { sent: false }), { kind: 'again', push: true, counts: false }],
    ['cut connection', new ConnectionError('x', { sent: true }), { kind: 'open', answered: false }],
    ['certificate', new ConnectionError('x', { sent: false, retryable: false }), { kind: 'stop', taken: 'no' }],
    ['vanished file', new ConnectionError('x', { code: 'ENOENT' }), { kind: 'failed' }],
    ['time-out', new TimeoutError('x', { scope: 'attempt', timeoutMs: 1 }), { kind: 'open', answered: false }],
    ['unreadable answer', new DecodeError('x', { text: '' }), { kind: 'open', answered: true }],
    ['changed file', new ConnectionError('x', { cause: new Error('a changed while it was sent: 3 bytes were announced') }), { kind: 'again', push: false, counts: true }],
  ])('%s', (_, error, wanted) => {
    expect(judge(error)).toEqual(wanted)
  })

  it('in the words of the vendor where there are any', () => {
    expect(factsOf(answer(UnsupportedFileError, 415, { code: 'UNSUPPORTED_FILE' }))).toEqual({ code: 'UNSUPPORTED_FILE', message: 'm', http: 415 })
    expect(factsOf(new TimeoutError('t', { scope: 'attempt', timeoutMs: 1 }))).toEqual({ code: 'TIMEOUT', message: 't' })
  })
})
