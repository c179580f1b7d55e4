/** The request was sent, and its result cannot be shown as asked: exit 1, not 2, so that no script sends it again for nothing. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message)
  }
}
