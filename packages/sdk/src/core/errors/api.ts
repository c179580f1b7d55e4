import { hide, OrkitError } from './base.js'

export interface ApiErrorInit {
  system: string
  operation: string
  status: number
  code?: string
  type?: string
  message: string
  requestId?: string
  headers?: Record<string, string>
  body?: unknown
  text?: string
  attempts?: number
  retryAfterMs?: number
  retryable?: boolean
  idempotencyKey?: string
  scopes?: readonly string[]
  fields?: readonly FieldError[]
  rateLimit?: { limit?: number; remaining?: number; resetAt?: Date }
  cause?: unknown
}

export interface FieldError {
  /** Dotted path of the member; empty: the body itself. */
  readonly field: string
  readonly message: string
  readonly type?: string
}

/** The server answered, and refused. */
export class ApiError extends OrkitError {
  override get kind(): string { return 'ApiError' }
  readonly system: string
  readonly operation: string
  readonly status: number
  /** The vendor's code for the failure. */
  readonly code: string | undefined
  readonly type: string | undefined
  readonly requestId: string | undefined
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | undefined
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** How many requests were made. */
  attempts: number
  readonly idempotencyKey: string | undefined
  /** Response headers by lower-case name, without `set-cookie`. Not shown when printed. */
  declare readonly headers: Readonly<Record<string, string>>
  /** Body as parsed, or its text. Not shown when printed. */
  declare readonly body: unknown
  /** The vendor's own words. */
  declare readonly detail: string
  /** The body as it came. @internal */
  declare readonly _text: string

  constructor(init: ApiErrorInit) {
    super(line(init), init.cause === undefined ? undefined : { cause: init.cause })
    this.system = init.system
    this.operation = init.operation
    this.status = init.status
    this.code = init.code
    this.type = init.type
    this.requestId = init.requestId
    this.retryAfterMs = init.retryAfterMs
    this.retryable = init.retryable ?? false
    this.attempts = init.attempts ?? 1
    this.idempotencyKey = init.idempotencyKey
    hide(this, 'headers', init.headers ?? {})
    hide(this, 'body', init.body)
    hide(this, 'detail', init.message)
    hide(this, '_text', init.text ?? '')
  }

  override toJSON(): Record<string, unknown> {
    const { system, operation, status, code, type, requestId, retryAfterMs, retryable, attempts, idempotencyKey } = this
    return { ...super.toJSON(), system, operation, status, code, type, requestId, retryAfterMs, retryable, attempts, idempotencyKey }
  }
}

function line(init: ApiErrorInit): string {
  const reason = init.code !== undefined && init.code !== '' ? `${init.status} ${init.code}` : `${init.status}`
  const notes = [
    init.status === 403 && init.scopes?.length ? `needs scope ${init.scopes.join(', ')}` : '',
    init.retryAfterMs !== undefined ? `try again in ${Math.ceil(init.retryAfterMs / 1000)} s` : '',
    init.requestId !== undefined ? `request ${init.requestId}` : '',
  ].filter(Boolean)
  return `${init.system} ${init.operation}: ${reason}: ${init.message}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`
}

export class BadRequestError extends ApiError {
  override get kind(): string { return 'BadRequestError' }
}

export class AuthenticationError extends ApiError {
  override get kind(): string { return 'AuthenticationError' }
}

export class PermissionDeniedError extends ApiError {
  override get kind(): string { return 'PermissionDeniedError' }
  /** Scopes that the operation needs, where they are documented. */
  readonly requiredScopes: readonly string[]

  constructor(init: ApiErrorInit) {
    super(init)
    this.requiredScopes = init.scopes ?? []
  }
}

export class NotFoundError extends ApiError {
  override get kind(): string { return 'NotFoundError' }
}

export class ConflictError extends ApiError {
  override get kind(): string { return 'ConflictError' }
}

export class ValidationError extends ApiError {
  override get kind(): string { return 'ValidationError' }
  readonly fields: readonly FieldError[]

  constructor(init: ApiErrorInit) {
    super(init)
    this.fields = init.fields ?? []
  }
}

/** Too many requests: the same call succeeds later. */
export class RateLimitError extends ApiError {
  override get kind(): string { return 'RateLimitError' }
  /** Seconds. */
  readonly retryAfter: number | undefined
  readonly limit: number | undefined
  readonly remaining: number | undefined
  readonly resetAt: Date | undefined

  constructor(init: ApiErrorInit) {
    super(init)
    this.retryAfter = init.retryAfterMs === undefined ? undefined : init.retryAfterMs / 1000
    this.limit = init.rateLimit?.limit
    this.remaining = init.rateLimit?.remaining
    this.resetAt = init.rateLimit?.resetAt
  }
}

/** Credits or quota are used up: waiting a moment does not help. */
export class QuotaExceededError extends ApiError {
  override get kind(): string { return 'QuotaExceededError' }
}

/** The plan, trial or billing state does not allow it. */
export class PlanError extends ApiError {
  override get kind(): string { return 'PlanError' }
}

export class PayloadTooLargeError extends ApiError {
  override get kind(): string { return 'PayloadTooLargeError' }
}

export class UnsupportedFileError extends ApiError {
  override get kind(): string { return 'UnsupportedFileError' }
}

export class ServerError extends ApiError {
  override get kind(): string { return 'ServerError' }
}
