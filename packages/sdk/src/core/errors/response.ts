import type { ErrorCode, Operation, SystemProfile } from '../operation.js'
import { at, isObject } from '../pointer.js'
import { countIn as count, requestIdOf, type HeaderReader } from '../headers.js'
import { parseReset, readRetryAfter } from '../retry-after.js'
import { isRetryableStatus } from '../retry.js'
import {
  ApiError, AuthenticationError, BadRequestError, ConflictError, NotFoundError, PayloadTooLargeError, PermissionDeniedError, PlanError,
  QuotaExceededError, RateLimitError, ServerError, UnsupportedFileError, ValidationError, type ApiErrorInit, type FieldError,
} from './api.js'

type ErrorClass = new (init: ApiErrorInit) => ApiError

const BY_NAME: Readonly<Record<string, ErrorClass>> = {
  ApiError, AuthenticationError, BadRequestError, ConflictError, NotFoundError, PayloadTooLargeError, PermissionDeniedError, PlanError,
  QuotaExceededError, RateLimitError, ServerError, UnsupportedFileError, ValidationError,
}

const BY_STATUS: Readonly<Record<number, ErrorClass>> = {
  400: BadRequestError, 401: AuthenticationError, 402: PlanError, 403: PermissionDeniedError, 404: NotFoundError, 409: ConflictError,
  413: PayloadTooLargeError, 415: UnsupportedFileError, 422: ValidationError, 429: RateLimitError,
}

export interface Refusal {
  readonly profile: SystemProfile
  readonly op: Operation
  readonly status: number
  readonly statusText?: string
  readonly headers: HeaderReader & { forEach(each: (value: string, name: string) => void): void }
  readonly text: string
  readonly attempts: number
  readonly idempotencyKey: string | undefined
  readonly now: number
  /** Takes secrets out of the vendor's words. */
  readonly clean: (text: string) => string
}

/** The error of an answer, whatever shape its body has. */
export function errorFrom(refusal: Refusal): ApiError {
  const { profile, op, status, headers, now } = refusal
  const body = parse(refusal.text)
  const code = text(at(body, profile.errors.code))
  const type = profile.errors.type === undefined ? undefined : text(at(body, profile.errors.type))
  const known: ErrorCode | undefined = own(profile.errors.codes, code) ?? own(profile.errors.codes, type)
  const Class = (known?.class !== undefined ? BY_NAME[known.class] : undefined) ?? BY_STATUS[status] ?? (status >= 500 ? ServerError : ApiError)
  const reset = parseReset(headers, profile.rateLimits.headers, now)
  return new Class({
    system: profile.name,
    operation: op.id,
    status,
    code,
    type,
    message: refusal.clean(messageOf(body, refusal)).replace(/\s+/g, ' ').slice(0, 500),
    requestId: requestId(headers, body, profile),
    headers: plainHeaders(headers),
    body,
    text: refusal.text,
    attempts: refusal.attempts,
    retryAfterMs: readRetryAfter(headers, profile.rateLimits.headers, status, now),
    retryable: known?.permanent !== true && isRetryableStatus(status),
    idempotencyKey: refusal.idempotencyKey,
    scopes: op.scopes,
    fields: fieldsOf(body, profile),
    rateLimit: {
      limit: count(headers, profile.rateLimits.headers.limit),
      remaining: count(headers, profile.rateLimits.headers.remaining),
      resetAt: reset === undefined ? undefined : new Date(reset),
    },
  })
}

function requestId(headers: HeaderReader, body: unknown, profile: SystemProfile): string | undefined {
  return requestIdOf(headers) ?? (profile.errors.requestId === undefined ? undefined : text(at(body, profile.errors.requestId)))
}

function messageOf(body: unknown, { profile, status, statusText, text: raw }: Refusal): string {
  for (const pointer of [profile.errors.message, ...(profile.errors.alternatives ?? []), '/error/message', '/message', '/error', '/detail', '/title']) {
    const found = at(body, pointer)
    if (typeof found === 'string' && found.trim() !== '') return found
    if (Array.isArray(found) && found.length > 0) return found.map((each) => text(at(each, '/msg')) ?? text(at(each, '/message')) ?? '').filter(Boolean).join('; ') || 'not valid'
  }
  const plain = typeof body === 'string' && !/^\s*[<{[]/.test(body) ? body.trim() : ''
  return plain !== '' ? plain : statusText || (raw === '' ? `status ${status} without a body` : `status ${status} with an unknown body`)
}

function fieldsOf(body: unknown, profile: SystemProfile): FieldError[] {
  const found = [profile.errors.fields, '/detail', '/errors'].map((pointer) => (pointer === undefined ? undefined : at(body, pointer))).find((each) => Array.isArray(each))
  if (!Array.isArray(found)) return []
  return found.filter(isObject).map((each) => ({
    field: text(each['field']) ?? text(each['path']) ?? (Array.isArray(each['loc']) ? each['loc'].slice(1).join('.') : ''),
    message: text(each['message']) ?? text(each['msg']) ?? 'not valid',
    ...(typeof each['type'] === 'string' ? { type: each['type'] } : {}),
  }))
}

function plainHeaders(headers: Refusal['headers']): Record<string, string> {
  const plain: Record<string, string> = {}
  headers.forEach((value, name) => {
    if (name.toLowerCase() !== 'set-cookie') plain[name.toLowerCase()] = value
  })
  return plain
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return raw === '' ? undefined : raw
  }
}

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function own(codes: Readonly<Record<string, ErrorCode>>, code: string | undefined): ErrorCode | undefined {
  return code !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined
}
