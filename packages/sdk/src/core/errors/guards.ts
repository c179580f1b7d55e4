import type { ApiError, AuthenticationError, RateLimitError, ValidationError } from './api.js'
import { isKind, type OrkitError } from './base.js'
import type { AbortedError, ConnectionError, TimeoutError } from './network.js'
import type { JobFailedError, StreamError } from './outcome.js'

/** Guards for errors that may come from another realm or another copy of the package. */

/** Whether `value` is any error of the SDK, also one from another realm or another copy of the package. */
export const isOrkitError = (value: unknown): value is OrkitError => isKind(value, 'OrkitError')
/** Whether `value` is an `ApiError`: the server answered, and refused. */
export const isApiError = (value: unknown): value is ApiError => isKind(value, 'ApiError')
/** Whether `value` is an `AuthenticationError`: no credential, a wrong one, or a session that ended. */
export const isAuthenticationError = (value: unknown): value is AuthenticationError => isKind(value, 'AuthenticationError')
/** Whether `value` is a `RateLimitError`: too many requests, by the server's count or the client's own. */
export const isRateLimitError = (value: unknown): value is RateLimitError => isKind(value, 'RateLimitError')
/** Whether `value` is a `ValidationError`: its `fields` say what is wrong with the input. */
export const isValidationError = (value: unknown): value is ValidationError => isKind(value, 'ValidationError')
/** Whether `value` is a `ConnectionError`: there was no answer. Its `sent` is false when the request provably never reached the server. */
export const isConnectionError = (value: unknown): value is ConnectionError => isKind(value, 'ConnectionError')
/** Whether `value` is a `TimeoutError`: an attempt, a call or a wait ran out of time; its `scope` says which. */
export const isTimeoutError = (value: unknown): value is TimeoutError => isKind(value, 'TimeoutError')
/** Whether `value` is an `AbortedError`: the caller's own signal ended the call. */
export const isAbortedError = (value: unknown): value is AbortedError => isKind(value, 'AbortedError')
/** Whether `value` is a `StreamError`: a stream or socket broke before its end. What came so far is in it. */
export const isStreamError = (value: unknown): value is StreamError => isKind(value, 'StreamError')
/** Whether `value` is a `JobFailedError`: the calls went well, the work that was waited for did not. */
export const isJobFailedError = (value: unknown): value is JobFailedError => isKind(value, 'JobFailedError')
