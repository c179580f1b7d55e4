/** The command line itself is wrong: exit 2, before any request. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  constructor(
    message: string,
    /** What to type instead. */
    readonly hint?: string,
  ) {
    super(message)
  }
}
