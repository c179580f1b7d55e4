import type { AuthStrategy } from './auth/types.js'
import type { RetryBudget } from './budget.js'
import type { Clock } from './clock.js'
import { aborted, waitFor } from './deadline.js'
import { ApiError, type AuthenticationError } from './errors/api.js'
import { InvalidArgumentError, OrkitError } from './errors/base.js'
import type { Log } from './log.js'
import type { AttemptInfo, Hooks } from './options.js'
import { CLIENT_RATE_LIMIT, type Call, type Policy, type Reply, type Send } from './pipeline.js'
import { decideRetry } from './retry.js'

/** The policies, each a plain function around the rest of the pipeline. */

/** Repeats what may be repeated. */
export function retryPolicy({ clock, budget, hooks, log }: { clock: Clock; budget: RetryBudget | undefined; hooks: Hooks; log: Log }): Policy {
  /** After a failure: waits and returns when there is to be another attempt, throws otherwise. */
  const another = async (call: Call, error: unknown): Promise<void> => {
    count(error, call.attempt)
    const { host, attempt: attempts, maxRetries, maxRetryDelay, repeatable } = call
    const decision = decideRetry(error, {
      attempts, maxRetries, maxRetryDelay, repeatable,
      replayable: call.body === undefined || call.body.replayable || !call.opened,
      untrusted: call.profile.rateLimits.headers.resetUnit === 'untrusted',
      remaining: call.deadlineAt === Infinity ? Infinity : call.deadlineAt - clock.now(),
    }, clock.random)
    if (!decision.retry) throw error
    if (budget !== undefined && !budget.take(host)) {
      log.write('warn', `${call.op.id}: not repeated, the retry budget of ${host} is used up`)
      throw error
    }
    log.write('info', `${call.op.id}: attempt ${attempts} failed, next in ${Math.round(decision.delay)} ms`, { error: (error as Error).message })
    await hooks.onRetry?.({ ...infoOf(call), error: error as OrkitError, delayMs: decision.delay })
    await pause(call, decision.delay, clock)
  }
  const after = async (call: Call, next: Send, error: unknown): Promise<Reply> => {
    for (let failure = error;;) {
      await another(call, failure)
      call.attempt++
      try {
        const reply = await next(call)
        budget?.refund(call.host, call.attempt - 1)
        return reply
      } catch (again) {
        failure = again
      }
    }
  }
  // A call that succeeds at once, as most do, pays for one more promise and nothing else.
  return (call, next) => {
    budget?.deposit(call.host)
    call.attempt = 1
    return next(call).catch((error: unknown) => after(call, next, error))
  }
}

/** Adds the credential, and tries once more when a refusal could be mended. */
export function authPolicy({ now }: { now: () => number }): Policy {
  const mending = async (call: Call, auth: AuthStrategy, next: Send, signed: string | Promise<string>): Promise<Reply> => {
    if (typeof signed !== 'string') await waitFor(signed, call, now)
    try {
      return await next(call)
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403) || auth.recover === undefined) throw error
      if (call.body !== undefined && !call.body.replayable) throw error
      if (!(await waitFor(auth.recover(call, error, call.credential), call, now))) throw error
      await waitFor(Promise.resolve(sign(call)), call, now)
      return next(call)
    }
  }
  return (call, next) => {
    try {
      const signed = sign(call)
      // A key that is at hand and cannot be renewed needs no layer of its own.
      return call.auth === undefined || (typeof signed === 'string' && call.auth.recover === undefined) ? next(call) : mending(call, call.auth, next, signed)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

/** The headers of an attempt, with what proves who calls. */
export function sign(call: Call): string | Promise<string> {
  call.sending = { ...call.headers }
  const used = call.auth === undefined ? '' : call.auth.apply(call, call.sending)
  if (typeof used === 'string') return call.credential = used
  return used.then((value) => call.credential = value)
}

async function pause(call: Call, delay: number, clock: Clock): Promise<void> {
  try {
    await clock.sleep(delay, call.signal)
  } catch (error) {
    throw call.signal?.aborted ? aborted(call) : error
  }
  call.waited += delay
}

function count(error: unknown, attempts: number): void {
  // What ended before it was sent was no attempt.
  if (error instanceof OrkitError && 'attempts' in error && !(error instanceof InvalidArgumentError) && (error as ApiError).code !== CLIENT_RATE_LIMIT) (error as AuthenticationError).attempts = attempts
}

export function infoOf(call: Call): AttemptInfo {
  return { system: call.profile.system, operation: call.op.id, method: call.op.method, url: call.url, attempt: call.attempt }
}
