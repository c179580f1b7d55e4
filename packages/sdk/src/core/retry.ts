import { ApiError } from './errors/api.js'
import { ConnectionError, TimeoutError } from './errors/network.js'
import type { Operation } from './operation.js'

/** Whether and when a failed attempt is repeated. Pure: everything it needs comes in. */

export const BASE_DELAY = 500
export const MAX_DELAY = 8_000

/** What the decision needs to know of a call. */
export interface RetryFacts {
  /** Attempts made, this one included. */
  readonly attempts: number
  /** Attempts after the first that are allowed. */
  readonly maxRetries: number
  /** The longest wait between attempts, in milliseconds. */
  readonly maxRetryDelay: number
  /** The operation may be carried out twice without harm. */
  readonly repeatable: boolean
  /** The body can be sent again. */
  readonly replayable: boolean
  /** The server's `Retry-After` is only a lower bound. */
  readonly untrusted?: boolean
  /** Milliseconds left of the deadline. */
  readonly remaining: number
}

/** After how many milliseconds to try again, or why not: `final` (it would fail alike), `unsafe` (it may have been carried out, and must not be twice), `body` (cannot be sent again), `exhausted` (no attempts left), `too_long` (the server asks for more than `maxRetryDelay`), `deadline` (no time left). */
export type RetryDecision = { readonly retry: true; readonly delay: number } | { readonly retry: false; readonly why: 'final' | 'unsafe' | 'body' | 'exhausted' | 'too_long' | 'deadline' }

const no = (why: 'final' | 'unsafe' | 'body' | 'exhausted' | 'too_long' | 'deadline'): RetryDecision => ({ retry: false, why })

/** Decides by the error of an attempt. `random` gives a number in [0, 1), for the jitter. */
export function decideRetry(error: unknown, facts: RetryFacts, random: () => number): RetryDecision {
  if (!isTransient(error)) return no('final')
  const reached = !(error instanceof ConnectionError) || error.sent
  if (reached && !facts.repeatable) return no('unsafe')
  if (!facts.replayable) return no('body')
  if (facts.attempts > facts.maxRetries) return no('exhausted')
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined
  if (asked !== undefined && asked > facts.maxRetryDelay) return no('too_long')
  const delay = Math.min(retryDelay(facts.attempts, asked, random, facts.untrusted), facts.maxRetryDelay)
  return delay >= facts.remaining ? no('deadline') : { retry: true, delay }
}

/** Full jitter under an exponential ceiling. What the server asks for is kept to; 0 asks for nothing, so that a server cannot be hammered. */
export function retryDelay(attempts: number, asked: number | undefined, random: () => number, untrusted = false): number {
  const backoff = random() * Math.min(MAX_DELAY, BASE_DELAY * 2 ** Math.min(attempts - 1, 16))
  if (asked === undefined || asked <= 0) return backoff
  return untrusted ? Math.max(asked, backoff) : asked
}

/** 408, 425, 429 and the server's own failures; 501 and 505 will not change. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
}

/** Whether the operation may be carried out twice. */
export function isRepeatable(op: Operation, idempotencyKey: string | undefined, retryUnsafe: boolean | undefined): boolean {
  if (retryUnsafe === true || op.retry === 'safe') return true
  if (op.retry === 'unsafe') return false
  if (typeof op.retry === 'object') return idempotencyKey !== undefined
  return op.method !== 'POST' && op.method !== 'PATCH'
}

function isTransient(error: unknown): boolean {
  if (error instanceof ApiError || error instanceof ConnectionError || error instanceof TimeoutError) return error.retryable
  return false
}
