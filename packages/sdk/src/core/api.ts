import type { ApiClient } from './client.js'
import { isApiError } from './errors/guards.js'
import { lightResponse } from './light-response.js'
import { matchOperation } from './match.js'
import type { Operation } from './operation.js'
import type { RequestOptions } from './options.js'
import { trueResponse } from './true-response.js'
import { pathSegment } from './url.js'

/** What openapi-fetch needs to run on a client's pipeline, without a `Request` of the platform's. */

export interface ApiOptions {
  baseUrl: string
  fetch: (request: Request) => Promise<Response>
  Request: typeof Request
  pathSerializer: (pathname: string, params: Record<string, unknown>) => string
}

/** Just enough of a request to hand a call over; what openapi-fetch adds to it (`signal`, `timeout` ...) are the call's options. */
class LightRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: unknown
  readonly signal: AbortSignal | undefined

  constructor(url: string, init: { method: string; headers: Headers; body?: unknown; signal?: AbortSignal }) {
    this.url = url
    this.method = init.method
    this.headers = init.headers
    this.body = init.body
    this.signal = init.signal
  }
}

export function apiOptions(client: ApiClient): ApiOptions {
  const base = client._base()
  return {
    baseUrl: base.origin + base.path,
    fetch: (request) => run(client, base.path, request as unknown as LightRequest & RequestOptions),
    Request: LightRequest as unknown as typeof Request,
    pathSerializer: (pathname, params) => pathname.replace(/\{([^}]+)\}/g, (_, name: string) => pathSegment(name, params[name])),
  }
}

async function run(client: ApiClient, basePath: string, request: LightRequest & RequestOptions): Promise<Response> {
  const { pathname } = new URL(request.url)
  const path = pathname.slice(basePath.length)
  const op: Operation = matchOperation(client.operations, request.method, path)
    ?? { id: `${request.method} ${path}`, method: request.method as Operation['method'], path }
  const headers: Record<string, string> = { accept: 'application/json', ...client._headers }
  request.headers.forEach((value, name) => { headers[name] = value })
  const { body } = request
  const ready = {
    url: request.url,
    headers,
    body: body === undefined || body === null ? undefined : { headers: {}, replayable: !isStream(body), open: () => body as BodyInit },
  }
  const { timeout, deadline, maxRetries, maxRetryDelay, retryUnsafe, idempotencyKey, signal } = request
  const options = { timeout, deadline, maxRetries, maxRetryDelay, retryUnsafe, idempotencyKey, signal }
  try {
    const raw = op.binary === true || op.stream !== undefined
    const reply = await client._exchange(op, ready, options, raw ? 'stream' : 'text')
    if (!raw) return lightResponse(reply.response, reply.text)
    reply.attempt?.end()
    return trueResponse(reply.response)
  } catch (error) {
    if (isApiError(error) && error.attempts > 0) return lightResponse({ status: error.status, statusText: '', headers: error.headers, url: request.url }, error._text)
    throw error
  }
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body)
}
