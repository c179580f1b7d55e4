import { OrkitError } from '../../core/errors/base.js'

/** The queue cannot be used: a package is missing, Redis is not reachable, refuses the credential, or is set up so that records could vanish. */
export class QueueError extends OrkitError {
  override get kind(): string { return 'QueueError' }
  constructor(
    message: string,
    /** `missing`: a package is not installed; `refused`: Redis does not let this user in or do it; `config`: the address or Redis itself is set up wrongly, or its memory is full; `unknown`: there is no such batch. */
    readonly reason: 'missing' | 'unreachable' | 'refused' | 'config' | 'unknown',
    /** What to do about it; undefined where there is no general advice. */
    readonly hint?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}
