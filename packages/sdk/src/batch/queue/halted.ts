import { OrkitError } from '../../core/errors/base.js'
import type { Halt } from './store.js'

/** A worker has stopped the batch for all: what it met would meet every item. `reasonKind` names the error it met, as `AuthenticationError`. */
export class BatchHaltedError extends OrkitError {
  override get kind(): string { return 'BatchHaltedError' }
  /** Class name of the error that the worker met, such as `AuthenticationError`. */
  readonly reasonKind: string
  /** The code of that error, where it has one. */
  readonly code: string | undefined
  /** Name of the worker: host, process and a random part. */
  readonly worker: string
  constructor(halt: Halt) {
    super(`stopped by worker ${halt.worker}: ${halt.message}`)
    this.reasonKind = halt.name
    this.code = halt.code
    this.worker = halt.worker
  }
}
