import { OrkitError } from '../../core/errors/base.js'

/** The queue cannot be used: a package is missing, Redis is not reachable, refuses the credential, or is set up so that records could vanish. */
export class QueueError extends OrkitError {
  override get kind(): string { return 'QueueError' }
  constructor(message: string, readonly reason: 'missing' | 'unreachable' | 'refused' | 'config' | 'unknown', readonly hint?: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}
