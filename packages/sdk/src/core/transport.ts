import type { Limiter } from '../rate-limit/limiter.js'
import type { Body } from './body.js'
import type { Clock } from './clock.js'
import { connectionError } from './connection.js'
import { startAttempt, type Attempt } from './deadline.js'
import { isWorkerd } from './environment.js'
import { ApiError } from './errors/api.js'
import { OrkitError } from './errors/base.js'
import { AbortedError } from './errors/network.js'
import { requestIdOf } from './headers.js'
import type { Log } from './log.js'
import type { FetchInit, Hooks } from './options.js'
import { AnsweredCall, type Call, type Send } from './pipeline.js'
import { platformFetch, platformText } from '#platform-fetch'
import { infoOf, sign } from './policies.js'
import type { RateLimits } from './rate-limits.js'
import type { Redactor } from './redact.js'

export interface TransportParts {
  readonly clock: Clock
  readonly hooks: Hooks
  readonly log: Log
  readonly redactor: Redactor
  readonly rateLimits: RateLimits
  readonly limiter: Limiter | undefined
}

/** The innermost step: its turn, one request, one answer, under one clock. Every answer but a success becomes an error. */
export function createTransport({ clock, hooks, log, redactor, rateLimits, limiter }: TransportParts): Send {
  const debug = log.enabled('debug')
  const watched = hooks.onResponse !== undefined || debug

  const note = async (call: Call, { status, headers }: Response, started: number): Promise<void> => {
    const id = requestIdOf(headers)
    const durationMs = clock.now() - started
    if (hooks.onResponse !== undefined) await hooks.onResponse({ ...infoOf(call), status, headers, requestId: id, durationMs })
    if (debug) log.write('debug', `${call.op.method} ${redactor.url(call.url)} -> ${status}`, { operation: call.op.id, attempt: call.attempt, durationMs, requestId: id, headers: redactor.headers(call.sending) })
  }
  /** What an attempt failed of. A refusal whose body was cut short is still a refusal, unless the caller has left. */
  const failure = (call: Call, error: unknown, ended: OrkitError | undefined): OrkitError => {
    if (ended !== undefined && !(error instanceof ApiError && !(ended instanceof AbortedError))) return ended
    return error instanceof OrkitError ? error : connectionError(error, { system: call.profile.name, operation: call.op.id, attempts: call.attempt, timeout: call.timeout, host: call.host, repeatable: call.repeatable })
  }
  const turn = async (call: Call, free: Promise<void>): Promise<void> => {
    log.write('info', `${call.op.id}: waits for its turn under the rate limit`)
    await free
    // The credential may have been renewed meanwhile.
    const signed = sign(call)
    if (typeof signed !== 'string') await signed
  }

  return async (call) => {
    call.lane = undefined
    const free = limiter?._enter(call)
    if (free !== undefined) await turn(call, free)
    if (hooks.onRequest !== undefined) await hooks.onRequest({ ...infoOf(call), headers: call.sending })
    const started = watched ? clock.now() : 0
    const attempt = startAttempt(call, clock.now)
    let open = false
    try {
      let response = await send(call, attempt)
      if (response.status >= 300 && response.status <= 399) response = await (await import('./redirect.js')).followRedirect(call, attempt, response)
      if (watched) await note(call, response, started)
      if (response.status < 200 || response.status > 299) {
        const { refused } = await import('./refused.js')
        const error = await refused(call, response, attempt, redactor, clock.now())
        rateLimits._observe(call, response.headers, clock.now(), error)
        throw error
      }
      rateLimits._observe(call, response.headers, clock.now())
      if (call.read === 'stream') {
        open = true
        attempt.stopClock()
        return new AnsweredCall(call, response, '', attempt)
      }
      return new AnsweredCall(call, response, await textOf(call, response, attempt), undefined)
    } catch (error) {
      const failed = failure(call, error, attempt.ended())
      if (debug) log.write('debug', `${call.op.method} ${redactor.url(call.url)} failed`, { operation: call.op.id, attempt: call.attempt, durationMs: clock.now() - started, error: redactor.text(failed.message) })
      throw failed
    } finally {
      if (!open) attempt.end()
    }
  }
}

/** The request on its way. The platform's own `fetch` ends with the signal that it is given; of others that is not known. */
function send(call: Call, attempt: Attempt): Promise<Response> {
  const ended = attempt.ended()
  if (ended !== undefined) throw ended
  const init: FetchInit = { method: call.op.method, headers: call.sending, signal: attempt.signal, redirect: call.op.redirect === true || isWorkerd() ? 'manual' : 'error' }
  if (call.auth?.cookies === true) init.credentials = 'include'
  if (call.body !== undefined) return sendBody(call, call.body, init, attempt)
  return call.fetch === platformFetch ? call.fetch(call.url, init) : attempt.run(call.fetch(call.url, init))
}

async function sendBody(call: Call, body: Body, init: FetchInit, attempt: Attempt): Promise<Response> {
  call.opened = true
  const opened = body.open()
  init.body = opened instanceof Promise ? await attempt.run(opened) : opened
  Object.assign(init.headers, body.headers)
  if (typeof init.body === 'object' && 'getReader' in init.body!) init.duplex = 'half'
  return attempt.run(call.fetch(call.url, init))
}

function textOf(call: Call, response: Response, attempt: Attempt): string | Promise<string> {
  if (response.status === 204 || response.status === 205 || call.op.method === 'HEAD') return ''
  return (call.fetch === platformFetch ? platformText(response) : undefined) ?? attempt.run(response.text())
}
