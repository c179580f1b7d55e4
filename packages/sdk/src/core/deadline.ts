import { InvalidArgumentError, type OrkitError } from './errors/base.js'
import { AbortedError, TimeoutError } from './errors/network.js'
import { offAbort, onAbort } from './signals.js'

/** Ends the message of a failure after which a request that must not be done twice was not sent again. */
export const NOT_REPEATED = '; not repeated, because it may have been done'

/** Milliseconds: `setTimeout` wraps around beyond this and fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

export interface Limits {
  /** Milliseconds for the attempt. */
  readonly timeout: number
  /** Epoch milliseconds at which the whole call ends, and how long it was given. */
  readonly deadlineAt: number
  readonly deadline: number
  readonly signal: AbortSignal | undefined
  readonly profile: { readonly name: string }
  readonly op: { readonly id: string }
  readonly attempt: number
  /** False: what may have been done is not sent again, and the error says so. */
  readonly repeatable?: boolean
  /** What is held while the attempt runs. */
  readonly lane?: { leave(): void } | undefined
}

/** One attempt: one controller, one timer, at most one listener on the caller's signal, and none of them left after `end()`. */
export interface Attempt {
  /** Aborted when the attempt ends before its answer: by a clock, or by the caller. */
  readonly signal: AbortSignal
  /** Settles as `work` does, or rejects as soon as a clock or the caller ends the attempt. One at a time. */
  run<T>(work: Promise<T>): Promise<T>
  /** Gives up what `run` waits for; the attempt itself goes on. */
  refuse(reason: unknown): void
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
  return new RunningAttempt(limits, now)
}

/** A class, and its signal made when it is first asked for: there is one for every request, so it must not cost a handful of closures. */
class RunningAttempt implements Attempt {
  private readonly _limits: Limits
  private readonly _now: () => number
  private _controller: AbortController | undefined
  private _cause: OrkitError | undefined
  private _refuse: ((reason: unknown) => void) | undefined
  private _timer: ReturnType<typeof setTimeout> | undefined
  private _leave: (() => void) | undefined
  private _lane: { leave(): void } | undefined

  constructor(limits: Limits, now: () => number) {
    this._limits = limits
    this._now = now
    const { signal, deadlineAt } = limits
    this._lane = limits.lane
    if (signal?.aborted) this._cause = aborted(limits)
    else if (deadlineAt !== Infinity && deadlineAt <= now()) this._cause = timedOut(limits, true)
    else {
      if (signal !== undefined) onAbort(signal, this._leave = () => this._stop(aborted(limits)))
      this._arm(limits.timeout)
    }
  }

  get signal(): AbortSignal {
    if (this._controller === undefined) {
      this._controller = new AbortController()
      if (this._cause !== undefined) this._controller.abort(this._cause)
    }
    return this._controller.signal
  }

  run<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this._refuse = reject
      work.then(resolve, (error: unknown) => reject(this._cause ?? error))
      if (this._cause !== undefined) reject(this._cause)
    })
  }

  refuse(reason: unknown): void {
    this._refuse?.(reason)
  }

  ended(): OrkitError | undefined {
    return this._cause
  }

  stopClock(): void {
    clearTimeout(this._timer)
    this._timer = undefined
    if (this._cause === undefined && this._limits.deadlineAt !== Infinity) this._arm(Infinity)
  }

  end(): void {
    clearTimeout(this._timer)
    if (this._leave !== undefined) offAbort(this._limits.signal!, this._leave)
    this._lane?.leave()
    this._lane = undefined
  }

  cancel(reason?: unknown): void {
    this.end()
    this._controller?.abort(reason)
  }

  private _stop(error: OrkitError): void {
    if (this._cause !== undefined) return
    this._cause = error
    this.end()
    this._refuse?.(error)
    this._controller?.abort(error)
  }

  private _arm(timeout: number): void {
    const { deadlineAt } = this._limits
    const remaining = deadlineAt === Infinity ? Infinity : deadlineAt - this._now()
    const ms = Math.min(timeout, remaining)
    if (ms === Infinity) return
    this._timer = setTimeout(() => this._stop(timedOut(this._limits, remaining <= timeout)), Math.min(LONGEST_TIMER, Math.max(0, ms)))
  }
}

/** Waits for something shared (a sign-in that others wait for too) without giving up the caller's own limits. */
export function waitFor<T>(work: Promise<T>, limits: Limits, now: () => number): Promise<T> {
  if (limits.signal === undefined && limits.deadlineAt === Infinity) return work
  const { deadlineAt, deadline, signal, profile, op, attempt: number } = limits
  const attempt = startAttempt({ deadlineAt, deadline, signal, profile, op, attempt: number, timeout: Infinity }, now)
  return attempt.run(work).finally(() => attempt.end())
}

/** How errors begin: `Orckai agents.get`. */
const nameOf = ({ profile, op }: Pick<Limits, 'profile' | 'op'>) => `${profile.name} ${op.id}`

export function aborted(limits: Pick<Limits, 'profile' | 'op' | 'attempt' | 'signal'>): AbortedError {
  return new AbortedError(`${nameOf(limits)}: aborted by the caller in attempt ${limits.attempt}`, { system: limits.profile.name, operation: limits.op.id, attempts: limits.attempt, reason: limits.signal?.reason })
}

/** The caller's signal ended a wait, whatever it was waiting by. */
export function waitAborted(system: string, operation: string, signal: AbortSignal): AbortedError {
  return new AbortedError(`${system} ${operation}: the wait was aborted by the caller`, { system, operation, reason: signal.reason })
}

export function timedOut(limits: Omit<Limits, 'signal'>, whole: boolean): TimeoutError {
  const timeoutMs = whole ? limits.deadline : limits.timeout
  const what = whole ? `no result within the deadline of ${timeoutMs} ms` : `no complete answer within ${timeoutMs} ms`
  return new TimeoutError(`${nameOf(limits)}: ${what} (attempt ${limits.attempt})${!whole && limits.repeatable === false ? NOT_REPEATED : ''}`, { system: limits.profile.name, operation: limits.op.id, attempts: limits.attempt, scope: whole ? 'call' : 'attempt', timeoutMs })
}

/** Refuses what a timer cannot do. */
export function checkDuration(name: string, value: number): number {
  if (value === Infinity) return value
  if (!(value > 0) || value > LONGEST_TIMER) throw new InvalidArgumentError(`${name} must be between 1 and ${LONGEST_TIMER} ms, or Infinity; got ${value}`)
  return value
}
