import { hide, OrkitError } from './base.js'

/** What an `ApiError` is made of, for whoever makes one: a policy, a test. */
export interface ApiErrorInit {
  /** The system's name, such as `Orckai`. */
  system: string
  /** Id of the operation, such as `agents.get`. */
  operation: string
  /** HTTP status. It does not choose the class. */
  status: number
  /** The vendor's code for the failure. */
  code?: string
  /** The vendor's kind of error, where it has kinds beside codes. */
  type?: string
  /** The vendor's own words: the error's `detail`, and part of its message. */
  message: string
  /** The vendor's id of the request. */
  requestId?: string
  /** Response headers by lower-case name; leave `set-cookie` out. Default: none. */
  headers?: Record<string, string>
  /** Body as parsed, or its text. */
  body?: unknown
  /** The body as it came. Default: empty. */
  text?: string
  /** How many requests were made. Default 1. */
  attempts?: number
  /** Milliseconds that the server asked to wait. */
  retryAfterMs?: number
  /** Whether the same call may succeed later. Default false. */
  retryable?: boolean
  /** The key that every attempt carried. */
  idempotencyKey?: string
  /** Scopes that the operation needs: `requiredScopes` of a `PermissionDeniedError`, named in the message of a 403. */
  scopes?: readonly string[]
  /** What is wrong, field by field, for a `ValidationError`. Default: none. */
  fields?: readonly FieldError[]
  /** What the headers said of the window, for a `RateLimitError`. */
  rateLimit?: { limit?: number; remaining?: number; resetAt?: Date }
  /** What led to it, as `cause` of any `Error`. */
  cause?: unknown
}

/** What is wrong with one member of a request. */
export interface FieldError {
  /** Dotted path of the member; empty: the body itself. */
  readonly field: string
  /** The vendor's words; `not valid` where it has none. */
  readonly message: string
  /** The vendor's word for the kind of mistake, such as `missing`; absent where it has none. */
  readonly type?: string
}

/** The server answered, and refused. Which class it is says the code of the vendor, where the document knows it, else the status. */
export class ApiError extends OrkitError {
  override get kind(): string { return 'ApiError' }
  /** The system's name, such as `Orckai`. */
  readonly system: string
  /** Id of the operation, such as `agents.get`. */
  readonly operation: string
  /** HTTP status. 2xx where a success reports a failure in its body. */
  readonly status: number
  /** The vendor's code for the failure. */
  readonly code: string | undefined
  /** The vendor's kind of error, where it has kinds beside codes. */
  readonly type: string | undefined
  /** The vendor's id of the request, for its support; undefined where it gives none. */
  readonly requestId: string | undefined
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | undefined
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** How many requests were made. */
  attempts: number
  /** The key that every attempt carried: with it the same call can be made again safely. */
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

  /** What a log needs: no headers and no body. */
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

/** 400: the request was malformed, or the vendor refuses it for a reason without a class of its own. */
export class BadRequestError extends ApiError {
  override get kind(): string { return 'BadRequestError' }
}

/** 401: no credential, a wrong one, or a session that ended and could not be renewed (`code` `signed_out`, `credentials_missing`). */
export class AuthenticationError extends ApiError {
  override get kind(): string { return 'AuthenticationError' }
}

/** 403: the credential is good and does not allow this. */
export class PermissionDeniedError extends ApiError {
  override get kind(): string { return 'PermissionDeniedError' }
  /** Scopes that the operation needs, where they are documented. */
  readonly requiredScopes: readonly string[]

  constructor(init: ApiErrorInit) {
    super(init)
    this.requiredScopes = init.scopes ?? []
  }
}

/** 404: it is not there, or belongs to another organisation. */
export class NotFoundError extends ApiError {
  override get kind(): string { return 'NotFoundError' }
}

/** 409: it exists already, or is in a state that does not allow this. */
export class ConflictError extends ApiError {
  override get kind(): string { return 'ConflictError' }
}

/** 422, or a code of the vendor for input that is not valid: `fields` says what is wrong with which. */
export class ValidationError extends ApiError {
  override get kind(): string { return 'ValidationError' }
  /** What is wrong, field by field; empty where the vendor says it in words only. */
  readonly fields: readonly FieldError[]

  constructor(init: ApiErrorInit) {
    super(init)
    this.fields = init.fields ?? []
  }
}

/** Too many requests: the same call succeeds later. */
export class RateLimitError extends ApiError {
  override get kind(): string { return 'RateLimitError' }
  /** Seconds to wait before the same call can succeed. */
  readonly retryAfter: number | undefined
  /** Calls that the window allows, where the vendor says. */
  readonly limit: number | undefined
  /** Calls that are left in the window. */
  readonly remaining: number | undefined
  /** When the window ends. */
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

/** 413: the file or the body is larger than the plan or the server allows. */
export class PayloadTooLargeError extends ApiError {
  override get kind(): string { return 'PayloadTooLargeError' }
}

/** 415: the server does not take files of this kind. */
export class UnsupportedFileError extends ApiError {
  override get kind(): string { return 'UnsupportedFileError' }
}

/** 5xx: the server failed. It was tried again where that was safe; `attempts` says how often. */
export class ServerError extends ApiError {
  override get kind(): string { return 'ServerError' }
}
