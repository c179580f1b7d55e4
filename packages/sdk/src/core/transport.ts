import type { Clock } from './clock.js'
import { connectionError } from './connection.js'
import { startAttempt, type Attempt } from './deadline.js'
import { isWorkerd } from './environment.js'
import { OrkitError } from './errors/base.js'
import { ApiError } from './errors/api.js'
import { AbortedError, ConnectionError } from './errors/network.js'
import { errorFrom, requestId } from './errors/response.js'
import type { Log } from './log.js'
import type { FetchInit, Hooks } from './options.js'
import { limitsOf, replyOf, type Call, type Send } from './pipeline.js'
import { platformFetch } from './platform-fetch.js'
import { infoOf } from './policies.js'
import type { RateLimits } from './rate-limits.js'
import type { Redactor } from './redact.js'
import { isLoopback } from './url.js'

/** The most of an error's body that is read. */
const ERROR_LIMIT = 256 * 1024
const MAX_REDIRECTS = 3
const utf8 = /* @__PURE__ */ new TextDecoder()

export interface TransportParts {
  readonly clock: Clock
  readonly hooks: Hooks
  readonly log: Log
  readonly redactor: Redactor
  readonly rateLimits: RateLimits
}

/** The innermost step: one request, one answer, under one clock. Every answer but a success becomes an error. */
export function createTransport(parts: TransportParts): Send {
  const { clock, hooks, log } = parts
  const watched = hooks.onResponse !== undefined || log.enabled('debug')
  return async (call) => {
    if (hooks.onRequest !== undefined) await hooks.onRequest({ ...infoOf(call), headers: call.sending })
    const started = watched ? clock.now() : 0
    const attempt = startAttempt(limitsOf(call), clock.now)
    let open = false
    try {
      const response = await send(call, attempt)
      const id = requestId(response.headers, undefined, call.profile)
      parts.rateLimits.observe(call.op, response.headers, clock.now())
      if (hooks.onResponse !== undefined) await hooks.onResponse({ ...infoOf(call), status: response.status, headers: response.headers, requestId: id, durationMs: clock.now() - started })
      if (log.enabled('debug')) log.write('debug', `${call.op.method} ${parts.redactor.url(call.url)} -> ${response.status}`, { operation: call.op.id, attempt: call.attempt, durationMs: clock.now() - started, requestId: id, headers: parts.redactor.headers(call.sending) })
      if (response.status < 200 || response.status > 299) throw await refused(call, response, attempt, parts)
      if (call.read === 'stream') {
        open = true
        attempt.stopClock()
        return replyOf(call, response, id, '', attempt)
      }
      const text = response.status === 204 || response.status === 205 || call.op.method === 'HEAD' ? '' : await attempt.run(readText(call, response))
      return replyOf(call, response, id, text, undefined)
    } catch (error) {
      const ended = attempt.ended()
      // A refusal whose body was cut short is still a refusal, unless the caller has left.
      const failure = ended !== undefined && !(error instanceof ApiError && !(ended instanceof AbortedError)) ? ended : (error instanceof OrkitError ? error : connectionError(error, { operation: call.op.id, attempts: call.attempt, timeout: call.timeout }))
      if (log.enabled('debug')) log.write('debug', `${call.op.method} ${parts.redactor.url(call.url)} failed`, { operation: call.op.id, attempt: call.attempt, durationMs: clock.now() - started, error: parts.redactor.text(failure.message) })
      throw failure
    } finally {
      if (!open) attempt.end()
    }
  }
}

/** The platform's `text()` goes through several layers for each body; reading the one or two chunks of a small answer is cheaper than it. */
function readText(call: Call, response: Response): Promise<string> {
  return call.fetch === platformFetch && typeof response.body?.getReader === 'function' ? drain(response.body) : response.text()
}

async function drain(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader()
  const first = await reader.read()
  if (first.done) return ''
  const second = await reader.read()
  if (second.done) return utf8.decode(first.value)
  const decoder = new TextDecoder()
  let text = decoder.decode(first.value, { stream: true }) + decoder.decode(second.value, { stream: true })
  for (;;) {
    const next = await reader.read()
    if (next.done) return text + decoder.decode()
    text += decoder.decode(next.value, { stream: true })
  }
}

async function send(call: Call, attempt: Attempt): Promise<Response> {
  const ended = attempt.ended()
  if (ended !== undefined) throw ended
  const init: FetchInit = { method: call.op.method, headers: call.sending, signal: attempt.signal, redirect: call.op.redirect === true || isWorkerd() ? 'manual' : 'error' }
  if (call.body !== undefined) {
    call.opened = true
    const opened = call.body.open()
    init.body = opened instanceof Promise ? await attempt.run(opened) : opened
    Object.assign(init.headers, call.body.headers)
    if (typeof init.body === 'object' && 'getReader' in init.body!) init.duplex = 'half'
  }
  if (call.auth?.cookies === true) init.credentials = 'include'
  const response = await attempt.run(call.fetch(call.url, init))
  if (response.status < 300 || response.status > 399) return response
  await discard(response)
  return call.op.redirect === true ? follow(call, attempt, response, call.url) : refuseRedirect(call)
}

/** What part of the file is wanted: the only headers of the first request that say nothing about who asks. */
function rangeOf({ sending }: Call): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of ['range', 'if-range']) if (sending[name] !== undefined) headers[name] = sending[name]
  return headers
}

/** Follows to another host with nothing of ours in the request but the range: no credential, no header of the caller's. */
async function follow(call: Call, attempt: Attempt, first: Response, from: string): Promise<Response> {
  let response = first
  let base = from
  for (let hop = 0; hop < MAX_REDIRECTS; hop++) {
    const location = response.headers.get('location')
    if (location === null) return refuseRedirect(call)
    const target = new URL(location, base)
    const safe = target.protocol === 'https:' || (target.protocol === 'http:' && isLoopback(target.hostname) && isLoopback(new URL(call.url).hostname))
    if (!safe) return refuseRedirect(call)
    base = target.href
    response = await attempt.run(call.fetch(base, { method: 'GET', headers: rangeOf(call), signal: attempt.signal, redirect: 'manual' }))
    if (response.status < 300 || response.status > 399) return response
    await discard(response)
  }
  return refuseRedirect(call)
}

function refuseRedirect(call: Call): never {
  throw new ConnectionError(`${call.op.id}: the server answered with a redirect, which is not followed`, { operation: call.op.id, attempts: call.attempt, code: 'redirect_refused', retryable: false })
}

async function refused(call: Call, response: Response, attempt: Attempt, { clock, redactor }: TransportParts): Promise<OrkitError> {
  let text = ''
  try {
    text = await attempt.run(readLimited(response, ERROR_LIMIT))
  } catch {
    // The status is the news; a body that cannot be had takes nothing from it.
    attempt.cancel()
  }
  return errorFrom({
    profile: call.profile, op: call.op, status: response.status, statusText: response.statusText, headers: response.headers, text,
    attempts: call.attempt, idempotencyKey: call.idempotencyKey, now: clock.now(), clean: redactor.text,
  })
}

/** Reads a body up to a limit and gives the rest up. */
async function readLimited(response: Response, limit: number): Promise<string> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  if (length <= limit || response.body === null) return response.text()
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; size < limit;) {
    const next = await reader.read()
    if (next.done) return text + decoder.decode()
    size += next.value.byteLength
    text += decoder.decode(next.value, { stream: true })
  }
  await reader.cancel()
  return text
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined)
}
