import { hide, OrkitError } from './base.js'

/** `truncated`: closed before its end marker; `event`: the server reported a failure; `idle`: nothing came for `idleTimeout`; `connection`: cut; `decode`: not JSON; `too_large`: an event over `maxEventSize`; `overflow`: read too slowly, 10 000 events wait; `refused`: a socket that was closed for good or not opened. */
export type StreamFailure = 'truncated' | 'event' | 'idle' | 'connection' | 'decode' | 'too_large' | 'overflow' | 'refused'

/** A stream or socket ended before it was complete. What came so far is in `text` and `last`. */
export class StreamError extends OrkitError {
  override get kind(): string { return 'StreamError' }
  /** Id of the operation, such as `chat.stream`. */
  readonly operation: string
  /** `truncated`: closed before its end marker; `event`: the server reported a failure inside the stream; the rest say what broke. */
  readonly reason: StreamFailure
  /** The vendor's code, for `event`; the close code of a socket. */
  readonly code: string | undefined
  /** Events received. */
  readonly received: number
  /** Text received. Not shown when printed. */
  declare readonly text: string
  /** The last event received. Not shown when printed. */
  declare readonly last: unknown

  constructor(message: string, facts: { operation: string; reason: StreamFailure; code?: string; received?: number; text?: string; last?: unknown; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.operation = facts.operation
    this.reason = facts.reason
    this.code = facts.code
    this.received = facts.received ?? 0
    hide(this, 'text', facts.text ?? '')
    hide(this, 'last', facts.last)
  }

  /** It failed before its first event, in a way that may pass: asking again loses and repeats nothing that was seen. The request itself may have been carried out. */
  get retryable(): boolean {
    return this.received === 0 && (this.reason === 'connection' || this.reason === 'truncated' || this.reason === 'idle' || this.reason === 'event')
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), operation: this.operation, reason: this.reason, code: this.code, received: this.received, retryable: this.retryable }
  }
}

/** Work that was waited for ended badly. */
export class JobFailedError extends OrkitError {
  override get kind(): string { return 'JobFailedError' }
  /** The system's name, such as `FlexOrch`. */
  readonly system: string
  /** Id of the operation that started it. */
  readonly operation: string
  /** The vendor's id of the job, run, case ... */
  readonly id: string
  /** The vendor's word for how it ended. */
  readonly status: string
  /** The vendor's reason. */
  readonly reason: string | undefined
  /** What the poll answered; for several jobs, all of them in order. */
  declare readonly result: unknown

  constructor(facts: { system: string; operation: string; id: string; status: string; reason?: string; result: unknown }) {
    super(`${facts.system} ${facts.operation}: ${facts.id} ended as ${facts.status}${facts.reason === undefined ? '' : `: ${facts.reason}`}`)
    this.system = facts.system
    this.operation = facts.operation
    this.id = facts.id
    this.status = facts.status
    this.reason = facts.reason
    hide(this, 'result', facts.result)
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), system: this.system, operation: this.operation, id: this.id, status: this.status, reason: this.reason }
  }
}

/** A list repeats itself: the server sent a cursor or a page a second time. */
export class PaginationError extends OrkitError {
  override get kind(): string { return 'PaginationError' }
}

/** A webhook whose signature, age or form is not right. */
export class WebhookVerificationError extends OrkitError {
  override get kind(): string { return 'WebhookVerificationError' }
  /** `header`: none, or malformed; `signature`: another secret, or a changed body; `timestamp`: too old or too new; `body`: no JSON; `secret`: none was given. */
  readonly reason: 'header' | 'signature' | 'timestamp' | 'body' | 'secret'

  constructor(message: string, reason: 'header' | 'signature' | 'timestamp' | 'body' | 'secret') {
    super(message)
    this.reason = reason
  }
}
