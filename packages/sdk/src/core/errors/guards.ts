import type { ApiError, AuthenticationError, RateLimitError, ValidationError } from './api.js'
import { isKind, type OrkitError } from './base.js'
import type { AbortedError, ConnectionError, TimeoutError } from './network.js'
import type { JobFailedError, StreamError } from './outcome.js'

/** Guards for errors that may come from another realm or another copy of the package. */
export const isOrkitError = (value: unknown): value is OrkitError => isKind(value, 'OrkitError')
export const isApiError = (value: unknown): value is ApiError => isKind(value, 'ApiError')
export const isAuthenticationError = (value: unknown): value is AuthenticationError => isKind(value, 'AuthenticationError')
export const isRateLimitError = (value: unknown): value is RateLimitError => isKind(value, 'RateLimitError')
export const isValidationError = (value: unknown): value is ValidationError => isKind(value, 'ValidationError')
export const isConnectionError = (value: unknown): value is ConnectionError => isKind(value, 'ConnectionError')
export const isTimeoutError = (value: unknown): value is TimeoutError => isKind(value, 'TimeoutError')
export const isAbortedError = (value: unknown): value is AbortedError => isKind(value, 'AbortedError')
export const isStreamError = (value: unknown): value is StreamError => isKind(value, 'StreamError')
export const isJobFailedError = (value: unknown): value is JobFailedError => isKind(value, 'JobFailedError')
