import type { AuthStrategy } from './auth/types.js'
import type { RetryBudget } from './budget.js'
import type { Clock } from './clock.js'
import { aborted, waitFor } from './deadline.js'
import { ApiError, type AuthenticationError } from './errors/api.js'
import { InvalidArgumentError, OrkitError } from './errors/base.js'
import type { Log } from './log.js'
import type { AttemptInfo, Hooks } from './options.js'
import { limitsOf, type Call, type Policy, type Reply, type Send } from './pipeline.js'
import { decideRetry, isRepeatable } from './retry.js'

/** The policies, each a plain function around the rest of the pipeline. */

/** Repeats what may be repeated. */
export function retryPolicy({ clock, budget, hooks, log }: { clock: Clock; budget: RetryBudget | undefined; hooks: Hooks; log: Log }): Policy {
  return async (call, next) => {
    const host = hostOf(call.url)
    const repeatable = isRepeatable(call.op, call.idempotencyKey, call.retryUnsafe)
    const untrusted = call.profile.rateLimits.headers.resetUnit === 'untrusted'
    budget?.deposit(host)
    for (;;) {
      call.attempt++
      try {
        const reply = await next(call)
        if (call.attempt > 1) budget?.refund(host, call.attempt - 1)
        return reply
      } catch (error) {
        count(error, call.attempt)
        const replayable = call.body === undefined || call.body.replayable || !call.opened
        const decision = decideRetry(error, {
          attempts: call.attempt, maxRetries: call.maxRetries, maxRetryDelay: call.maxRetryDelay, repeatable, replayable, untrusted,
          remaining: call.deadlineAt === Infinity ? Infinity : call.deadlineAt - clock.now(),
        }, clock.random)
        if (!decision.retry) throw error
        if (budget !== undefined && !budget.take(host)) {
          log.write('warn', `${call.op.id}: not repeated, the retry budget of ${host} is used up`)
          throw error
        }
        log.write('info', `${call.op.id}: attempt ${call.attempt} failed, next in ${Math.round(decision.delay)} ms`, { error: (error as Error).message })
        await hooks.onRetry?.({ ...infoOf(call), error: error as OrkitError, delayMs: decision.delay })
        await pause(call, decision.delay, clock)
      }
    }
  }
}

/** Adds the credential, and tries once more when a refusal could be mended. */
export function authPolicy({ now }: { now: () => number }): Policy {
  const mending = async (call: Call, auth: AuthStrategy, next: Send, applied: string | Promise<string>): Promise<Reply> => {
    const limits = limitsOf(call)
    const used = typeof applied === 'string' ? applied : await waitFor(applied, limits, now)
    try {
      return await next(call)
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403) || auth.recover === undefined) throw error
      if (call.body !== undefined && !call.body.replayable) throw error
      if (!(await waitFor(auth.recover(call, error, used), limits, now))) throw error
      call.sending = { ...call.headers }
      await waitFor(Promise.resolve(auth.apply(call, call.sending)), limits, now)
      return next(call)
    }
  }
  return (call, next) => {
    const { auth } = call
    call.sending = { ...call.headers }
    if (auth === undefined) return next(call)
    try {
      const applied = auth.apply(call, call.sending)
      // A key that is at hand and cannot be renewed needs no layer of its own.
      return typeof applied === 'string' && auth.recover === undefined ? next(call) : mending(call, auth, next, applied)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

async function pause(call: Call, delay: number, clock: Clock): Promise<void> {
  try {
    await clock.sleep(delay, call.signal)
  } catch (error) {
    throw call.signal?.aborted ? aborted(limitsOf(call)) : error
  }
  call.waited += delay
}

function count(error: unknown, attempts: number): void {
  if (error instanceof OrkitError && 'attempts' in error && !(error instanceof InvalidArgumentError)) (error as AuthenticationError).attempts = attempts
}

export function infoOf(call: Call): AttemptInfo {
  return { system: call.profile.system, operation: call.op.id, method: call.op.method, url: call.url, attempt: call.attempt }
}

function hostOf(url: string): string {
  const start = url.indexOf('//') + 2
  const end = url.indexOf('/', start)
  // A query may come without a path before it.
  return end < 0 ? url.slice(start).split('?', 1)[0]! : url.slice(start, end)
}
