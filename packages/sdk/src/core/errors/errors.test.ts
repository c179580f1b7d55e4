import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ApiError, isApiError, isOrkitError, isRateLimitError, isTimeoutError, NotFoundError, OrkitError, RateLimitError, ServerError, TimeoutError } from './index.js'

const init = { system: 'S', operation: 'o', status: 429, message: 'm' }

describe('classes', () => {
  it('are told apart by their chain', () => {
    const error = new RateLimitError(init)
    expect(error instanceof RateLimitError && error instanceof ApiError && error instanceof OrkitError && error instanceof Error).toBe(true)
    expect((error as unknown) instanceof NotFoundError).toBe(false)
    expect((error as unknown) instanceof TimeoutError).toBe(false)
    expect(error.name).toBe('RateLimitError')
    expect(isRateLimitError(error) && isApiError(error) && isOrkitError(error)).toBe(true)
    expect(isTimeoutError(error)).toBe(false)
  })

  it('are known across copies of the package', () => {
    class Base extends Error { get kind() { return 'OrkitError' } }
    class Api extends Base { override get kind() { return 'ApiError' } }
    class Server extends Api { override get kind() { return 'ServerError' } }
    const foreign = new Server('x')
    expect(foreign instanceof ServerError && foreign instanceof ApiError && foreign instanceof OrkitError).toBe(true)
    expect((foreign as unknown) instanceof RateLimitError).toBe(false)
    expect(isApiError(foreign)).toBe(true)
  })

  it('are not confused by anything else', () => {
    for (const value of [null, undefined, 1, 'ApiError', {}, new Error('x'), { kind: 'ApiError' }, runInNewContext('new Error("x")'), Object.create(null)]) {
      expect(isOrkitError(value)).toBe(false)
      expect(value instanceof OrkitError).toBe(false)
    }
  })

  it('let a caller derive from them', () => {
    class Mine extends ApiError {}
    expect(new Mine(init)).toBeInstanceOf(Mine)
    expect(new ApiError(init)).not.toBeInstanceOf(Mine)
    expect(new Mine(init)).toBeInstanceOf(ApiError)
  })
})

it('serialises facts and not contents', () => {
  const error = new ApiError({ ...init, code: 'C', headers: { a: 'secret' }, body: { b: 'secret' }, text: 'secret', requestId: 'r' })
  expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'ApiError', message: 'S o: 429 C: m (request r)', system: 'S', operation: 'o', status: 429, code: 'C', requestId: 'r', retryable: false, attempts: 1 })
  expect(Object.keys(error)).not.toContain('body')
  expect(error.body).toEqual({ b: 'secret' })
})
