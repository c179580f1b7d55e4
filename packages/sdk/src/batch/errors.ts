import { OrkitError } from '../core/errors/base.js'

/** The journal cannot be used: damaged, of another destination or account, of a newer version, or not writable. */
export class JournalError extends OrkitError {
  override get kind(): string { return 'JournalError' }
  constructor(
    message: string,
    /** `foreign`: no journal; `destination`: begun for another destination or with other parameters; `queued`: in hand of workers; `io`: could not be read or written, or is not complete. */
    readonly reason: 'damaged' | 'foreign' | 'version' | 'destination' | 'account' | 'queued' | 'io',
    /** What to do about it, in one sentence; undefined where there is no general advice. */
    readonly hint?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

export const inHandOfWorkers = (journal: string, queue: string) => new JournalError(`${journal} is a batch that workers of the queue ${queue} have in hand`, 'queued', 'Give the address of the queue to go on with it, --queue on the command line.')

/** Another process works on the journal. */
export class JournalLockedError extends OrkitError {
  override get kind(): string { return 'JournalLockedError' }
  constructor(
    message: string,
    /** The process that has it, a `Holder` of `@orkit/sdk/node`; undefined when it cannot be told which. */
    readonly holder: unknown,
  ) {
    super(message)
  }
}

/** A list of documents is wrong: every bad line is named. */
export class ManifestError extends OrkitError {
  override get kind(): string { return 'ManifestError' }
  constructor(
    message: string,
    /** What is wrong with each bad line; lines count from 1. */
    readonly problems: readonly { readonly line: number; readonly message: string }[],
  ) {
    super(message)
  }
}
