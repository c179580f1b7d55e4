import { hide, OrkitError } from './base.js'

interface CallFacts {
  system?: string
  operation?: string
  attempts?: number
  cause?: unknown
}

/** A failure below HTTP, with the operation and the attempt it happened in. */
abstract class CallError extends OrkitError {
  /** The system's name, such as `Orckai`. */
  readonly system: string | undefined
  /** Id of the operation, such as `agents.get`. */
  readonly operation: string | undefined
  /** Attempts made, this one included. */
  attempts: number

  constructor(message: string, facts: CallFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.system = facts.system
    this.operation = facts.operation
    this.attempts = facts.attempts ?? 1
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), system: this.system, operation: this.operation, attempts: this.attempts }
  }
}

/** No answer: refused, reset, cut, not resolved, not trusted. */
export class ConnectionError extends CallError {
  override get kind(): string { return 'ConnectionError' }
  /** `ECONNREFUSED` and the like, or `redirect_refused`. */
  readonly code: string | undefined
  /** False when the request provably never reached the server. */
  readonly sent: boolean
  /** Whether the same call may succeed later: false for certificates and refused redirects. */
  readonly retryable: boolean

  constructor(message: string, facts: CallFacts & { code?: string; sent?: boolean; retryable?: boolean }) {
    super(message, facts)
    this.code = facts.code
    this.sent = facts.sent ?? true
    this.retryable = facts.retryable ?? true
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), code: this.code, sent: this.sent, retryable: this.retryable }
  }
}

/** A clock ran out: `attempt` (timeout), `call` (deadline) or `wait` (the timeout of `.wait()`). */
export class TimeoutError extends CallError {
  override get kind(): string { return 'TimeoutError' }
  /** `attempt`: `timeout`; `call`: `deadline`; `wait`: the `timeout` of `.wait()`. */
  readonly scope: 'attempt' | 'call' | 'wait'
  /** Milliseconds that were given. */
  readonly timeoutMs: number

  constructor(message: string, facts: CallFacts & { scope: 'attempt' | 'call' | 'wait'; timeoutMs: number }) {
    super(message, facts)
    this.scope = facts.scope
    this.timeoutMs = facts.timeoutMs
  }

  /** An attempt that took too long may be made again; a call or a wait that is out of time may not. */
  get retryable(): boolean { return this.scope === 'attempt' }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), scope: this.scope, timeoutMs: this.timeoutMs }
  }
}

/** The caller's signal ended the call. */
export class AbortedError extends CallError {
  override get kind(): string { return 'AbortedError' }
  /** The signal's reason. */
  declare readonly reason: unknown

  constructor(message: string, facts: CallFacts & { reason: unknown }) {
    super(message, { cause: facts.reason, ...facts })
    hide(this, 'reason', facts.reason)
  }
}

/** The server said success and sent what cannot be read. */
export class DecodeError extends CallError {
  override get kind(): string { return 'DecodeError' }
  /** HTTP status of the answer. */
  readonly status: number | undefined
  /** The vendor's id of the request; undefined where it gives none. */
  readonly requestId: string | undefined
  /** The first 512 characters of the body. Not shown when printed. */
  declare readonly excerpt: string

  constructor(message: string, facts: CallFacts & { status?: number; requestId?: string; text: string }) {
    super(message, facts)
    this.status = facts.status
    this.requestId = facts.requestId
    hide(this, 'excerpt', facts.text.slice(0, 512))
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), status: this.status, requestId: this.requestId }
  }
}
