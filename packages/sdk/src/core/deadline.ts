import { InvalidArgumentError, type OrkitError } from './errors/base.js'
import { AbortedError, TimeoutError } from './errors/network.js'
import { offAbort, onAbort } from './signals.js'

/** `setTimeout` wraps around beyond this and fires at once. */
const LONGEST = 2 ** 31 - 1

export interface Limits {
  /** Milliseconds for the attempt. */
  readonly timeout: number
  /** Epoch milliseconds at which the whole call ends, and how long it was given. */
  readonly deadlineAt: number
  readonly deadline: number
  readonly signal: AbortSignal | undefined
  readonly operation: string
  readonly attempt: number
}

/** One attempt: one controller, one timer, at most one listener on the caller's signal, and none of them left after `end()`. */
export interface Attempt {
  readonly signal: AbortSignal
  /** Settles as `work` does, or rejects as soon as a clock or the caller ends the attempt. One at a time. */
  run<T>(work: Promise<T>): Promise<T>
  /** Why the attempt was ended from outside, if it was. */
  ended(): OrkitError | undefined
  /** Headers are here and the body will be read at the caller's pace: the attempt's clock stops, the deadline's goes on. */
  stopClock(): void
  /** Done: nothing is left behind. */
  end(): void
  /** Closes the connection. */
  cancel(reason?: unknown): void
}

export function startAttempt(limits: Limits, now: () => number): Attempt {
  const { signal } = limits
  const controller = new AbortController()
  let cause: OrkitError | undefined
  let refuse: ((reason: unknown) => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const release = () => {
    if (timer !== undefined) clearTimeout(timer)
    if (signal !== undefined) offAbort(signal, leave)
  }
  const stop = (error: OrkitError) => {
    if (cause !== undefined) return
    cause = error
    release()
    refuse?.(error)
    controller.abort(error)
  }
  const leave = () => stop(aborted(limits))
  const arm = (timeout: number) => {
    const remaining = limits.deadlineAt - now()
    const ms = Math.min(timeout, remaining)
    if (ms === Infinity) return
    timer = setTimeout(() => stop(timedOut(limits, remaining <= timeout)), Math.min(LONGEST, Math.max(0, ms)))
  }

  if (signal?.aborted) stop(aborted(limits))
  else if (limits.deadlineAt !== Infinity && limits.deadlineAt <= now()) stop(timedOut(limits, true))
  else {
    if (signal !== undefined) onAbort(signal, leave)
    arm(limits.timeout)
  }

  return {
    signal: controller.signal,
    run: (work) => new Promise((resolve, reject) => {
      refuse = reject
      work.then(resolve, (error: unknown) => reject(cause ?? error))
      if (cause !== undefined) reject(cause)
    }),
    ended: () => cause,
    stopClock: () => {
      if (timer === undefined) return
      clearTimeout(timer)
      timer = undefined
      if (cause === undefined && limits.deadlineAt !== Infinity) arm(Infinity)
    },
    end: release,
    cancel: (reason) => {
      release()
      controller.abort(reason)
    },
  }
}

/** Waits for something shared (a sign-in that others wait for too) without giving up the caller's own limits. */
export function waitFor<T>(work: Promise<T>, limits: Limits, now: () => number): Promise<T> {
  if (limits.signal === undefined && limits.deadlineAt === Infinity) return work
  const attempt = startAttempt({ ...limits, timeout: Infinity }, now)
  return attempt.run(work).finally(() => attempt.end())
}

export function aborted(limits: Pick<Limits, 'operation' | 'attempt' | 'signal'>): AbortedError {
  return new AbortedError(`${limits.operation}: aborted by the caller in attempt ${limits.attempt}`, { operation: limits.operation, attempts: limits.attempt, reason: limits.signal?.reason })
}

export function timedOut(limits: Omit<Limits, 'signal'>, whole: boolean): TimeoutError {
  const timeoutMs = whole ? limits.deadline : limits.timeout
  const what = whole ? `no result within the deadline of ${timeoutMs} ms` : `no complete answer within ${timeoutMs} ms`
  return new TimeoutError(`${limits.operation}: ${what} (attempt ${limits.attempt})`, { operation: limits.operation, attempts: limits.attempt, scope: whole ? 'call' : 'attempt', timeoutMs })
}

/** Refuses what a timer cannot do. */
export function checkDuration(name: string, value: number): number {
  if (value === Infinity) return value
  if (!(value > 0) || value > LONGEST) throw new InvalidArgumentError(`${name} must be between 1 and ${LONGEST} ms, or Infinity; got ${value}`)
  return value
}
