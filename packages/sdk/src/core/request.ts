import { jsonBody, type Body, type MultipartEncoder } from './body.js'
import { isNode } from './environment.js'
import { InvalidArgumentError } from './errors/base.js'
import { idempotencyKey } from './idempotency.js'
import type { Operation, SystemProfile } from './operation.js'
import type { RequestOptions } from './options.js'
import { at } from './pointer.js'
import { basePath, expandPath, queryString, type Base, type PathParams } from './url.js'
import { isUploadable } from './uploads.js'
import { version } from './version.js'

/** An operation and its arguments as a request, before any credential. */
export interface Prepared {
  /** Absolute, with its query. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** Undefined: the request has none. */
  readonly body: Body | undefined
  /** Idempotency key. */
  readonly key?: string | undefined
}

export interface RequestContext {
  readonly profile: SystemProfile
  readonly base: Base
  /** Of every request, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly pathOverrides: Readonly<Record<string, string>> | undefined
  readonly multipart: MultipartEncoder | undefined
}

const USER_AGENT = `orkit-sdk/${version}`

export function prepareRequest(context: RequestContext, op: Operation, path: PathParams, params: object | undefined, options: RequestOptions): Prepared {
  const rest: Record<string, unknown> = Array.isArray(params) ? {} : { ...params }
  const query = take(rest, op.query)
  const headers: Record<string, string> = { accept: acceptOf(op, params), ...context.headers }
  if (op.header !== undefined) Object.assign(headers, lowerCase(take(rest, op.header)))
  if (options.headers !== undefined) Object.assign(headers, lowerCase(options.headers))
  const key = idempotencyKey(op, rest, headers, options.idempotencyKey)
  let fields = rest
  if (key !== undefined && typeof op.retry === 'object') {
    if (op.retry.in === 'body') fields = { ...rest, [op.retry.name]: key }
    else headers[op.retry.name.toLowerCase()] = key
  }
  // The client's own were checked when it was made.
  if (options.headers !== undefined || op.header !== undefined || key !== undefined) checkHeaders(headers)
  const template = context.pathOverrides?.[op.id] ?? op.path
  const url = context.base.origin + basePath(context.base, op, context.profile.baseUrl) + expandPath(template, path)
    // What an operation without a body does not know goes into the query.
    + queryString(context.base.search, query, op.body === undefined ? fields : undefined, options.query)
  return { url, headers, key, body: bodyOf(context, op, Array.isArray(params) ? params : fields, options) }
}

/** What every request of a client carries: the caller's headers, and who calls. */
export function standardHeaders(own: Readonly<Record<string, string>>): Record<string, string> {
  return isNode() ? { 'user-agent': USER_AGENT, ...own } : { ...own }
}

/** Refuses header values that could start another header. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const name in headers) {
    // oxlint-disable-next-line no-control-regex
    if (/[\r\n\u0000]/.test(headers[name]!)) throw new InvalidArgumentError(`header ${name} holds a line break`)
  }
}

export function lowerCase(headers: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const lower: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) lower[name.toLowerCase()] = String(value)
  }
  return lower
}

/** Whether a body asks for a stream. */
export function matches(when: Readonly<Record<string, unknown>> | undefined, params: object | undefined): boolean {
  return when === undefined || Object.entries(when).every(([name, value]) => at(params, `/${name}`) === value)
}

function acceptOf(op: Operation, params: object | undefined): string {
  if (op.binary === true) return '*/*'
  return op.stream?.kind === 'sse' && matches(op.stream.when, params) ? 'text/event-stream' : 'application/json'
}

/** Moves the parameters of one place out of those that are left for the body. */
function take(rest: Record<string, unknown>, names: readonly string[] = []): Record<string, unknown> {
  const taken: Record<string, unknown> = {}
  for (const name of names) {
    taken[name] = rest[name]
    delete rest[name]
  }
  return taken
}

function bodyOf(context: RequestContext, op: Operation, fields: object, options: RequestOptions): Body | undefined {
  if (op.body === undefined) return undefined
  const values = Object.values(fields).filter((value) => value !== undefined)
  if (op.body === 'json') return values.length === 0 && op.method !== 'POST' ? undefined : jsonBody(fields)
  const named = (name: string): unknown => (fields as Readonly<Record<string, unknown>>)[name]
  const hasFiles = (op.files ?? []).some((name) => named(name) !== undefined) || values.some((value) => isUploadable(value) && Object.getPrototypeOf(value) !== Object.prototype)
  if (op.jsonToo === true && !hasFiles) return jsonBody(fields)
  if (context.multipart === undefined) throw new InvalidArgumentError(`${context.profile.name} was built without uploads`)
  return context.multipart(fields as Record<string, unknown>, op.files ?? [], options.onUploadProgress)
}
