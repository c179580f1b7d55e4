/** What a server or the system calls a failure: `429 RATE_LIMITED`, `ECONNRESET`; nothing where neither has a name for it. */
export function statusAndCode(error: object): string {
  const { status, code } = error as { readonly status?: unknown; readonly code?: unknown }
  return [status, code].filter((part) => part !== undefined && part !== '').join(' ')
}
