import { exit } from './exit.js'
import type { Io } from './io.js'
import { printable } from './output/plain.js'
import { statusAndCode } from './status-and-code.js'
import { UsageError } from './usage-error.js'

/** What the CLI reads of an error of the SDK, whichever copy of it made it. */
interface KnownError extends Error {
  readonly system?: string
  readonly operation?: string
  readonly status?: number
  readonly code?: string
  readonly requestId?: string
  readonly attempts?: number
  readonly retryAfterMs?: number
  readonly requiredScopes?: readonly string[]
  readonly fields?: readonly { readonly field: string | null; readonly message: string }[]
  readonly hint?: string
  /** Why a queue cannot be used. */
  readonly reason?: unknown
  /** Of a batch that a worker has stopped: the error that it met. */
  readonly reasonKind?: string
}

export interface Report {
  readonly exit: number
  /** One clear line. */
  readonly message: string
  /** Lines under it: code, request id, what was tried, what to do next. */
  readonly details: readonly string[]
  readonly json: Readonly<Record<string, unknown>>
}

/** The one place where an error becomes an exit code, text and JSON. */
export function report(error: unknown): Report {
  if (!(error instanceof Error)) return build(exit.unexpected, String(error), [], { name: 'Error' })
  if (error instanceof UsageError) return build(exit.usage, error.message, error.hint ? [error.hint] : [], { name: 'UsageError', next: error.hint })
  const known = error as KnownError
  const code = exitOf(known)
  const facts = [
    known.operation ? `operation   ${[known.system, known.operation].filter(Boolean).join(' ')}` : '',
    known.status || known.code ? `${known.status ? 'status' : 'code  '}      ${statusAndCode(known)}` : '',
    known.requestId ? `request id  ${known.requestId}` : '',
    known.attempts && known.attempts > 1 ? `tried       ${known.attempts} times` : '',
    ...(known.fields ?? []).map(({ field, message }) => `field       ${field ?? '(body)'}: ${message}`),
  ].filter(Boolean)
  const next = nextStep(known, code)
  const signedOut = known.code === 'signed_out' || known.code === 'credentials_missing'
  const message = signedOut && known.system ? `not signed in to ${known.system}${known.attempts ? ', or the session has ended' : ''}` : known.message
  const lines = signedOut ? [`sign in     ${next}`, `in scripts  ${variables(known)}`, 'to try it   add --mock: the built-in server, no account needed'] : [...facts, ...(next ? [`next        ${next}`] : [])]
  return build(code, message, lines, {
    name: known.name,
    system: known.system,
    operation: known.operation,
    status: known.status,
    code: known.code,
    requestId: known.requestId,
    attempts: known.attempts,
    retryAfterMs: known.retryAfterMs,
    fields: known.fields,
    next,
  })
}

/** The message of the SDK names the variables that would do. */
function variables({ system, message }: KnownError): string {
  const names = message.match(/\b[A-Z]+_[A-Z_]+\b/g)
  return names === null ? `the ${system?.toUpperCase() ?? '<SYSTEM>'}_ variables of 'orkit help environment'` : `set ${names.join(', ')}   ('orkit help environment' lists all)`
}

const build = (code: number, message: string, details: readonly string[], json: Record<string, unknown>): Report => ({
  exit: code,
  message,
  details,
  json: { error: { message, exit: code, ...Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined)) } },
})

function exitOf(error: KnownError): number {
  if (error.name === 'QueueError') return error.reason === 'unreachable' ? exit.network : error.reason === 'refused' ? exit.signIn : error.reason === 'unknown' ? exit.notFound : exit.usage
  if (error.name === 'BatchHaltedError') return error.reasonKind === undefined ? exit.unexpected : exitOf({ name: error.reasonKind, message: '' })
  switch (error.name) {
    case 'AuthenticationError':
    case 'PermissionDeniedError':
    case 'PlanError':
    case 'CredentialsError':
      return exit.signIn
    case 'NotFoundError':
      return exit.notFound
    case 'RateLimitError':
    case 'QuotaExceededError':
      return exit.rateLimit
    case 'ServerError':
    case 'ConnectionError':
    case 'TimeoutError':
    case 'StreamError':
    case 'DecodeError':
      return exit.network
    case 'AbortedError':
    case 'InterruptedError':
      return exit.interrupted
    case 'JobFailedError':
      return exit.someFailed
    case 'WebhookVerificationError':
      return exit.invalid
    case 'UploadError':
    case 'InvalidInputError':
    case 'InvalidArgumentError':
      return exit.usage
    default:
      return error.status !== undefined && error.status >= 400 && error.status < 500 ? exit.invalid : exit.unexpected
  }
}

function nextStep(error: KnownError, code: number): string | undefined {
  if (error.hint) return error.hint
  if (code === exit.signIn && error.name === 'PermissionDeniedError') return error.requiredScopes?.length ? `ask for a key with the scope ${error.requiredScopes.join(', ')}` : 'ask for an account or key that may do this'
  if (code === exit.signIn && error.name === 'PlanError') return 'the plan of the account does not cover this; see the vendor’s pricing'
  if (code === exit.signIn) return `orkit ${error.system?.toLowerCase() ?? '<system>'} auth login`
  if (code === exit.rateLimit && error.retryAfterMs !== undefined) return `try again in ${Math.ceil(error.retryAfterMs / 1000)} s`
  if (code === exit.rateLimit && error.name === 'QuotaExceededError') return 'waiting does not help: the quota of the billing period is used up'
  if (error.name === 'ConnectionError') return 'check the network, the proxy variables and --base-url'
  if (error.name === 'TimeoutError') return 'try a larger --timeout'
  return undefined
}

/** Prints an error on stderr: text, or one JSON object where the output is JSON. */
export async function printError(error: unknown, io: Io, options: { json: boolean; debug: boolean; color: boolean }): Promise<number> {
  const told = report(error)
  const red = (text: string) => (options.color ? `\u001b[31m${text}\u001b[39m` : text)
  const text = options.json ? JSON.stringify(told.json) : [`${red('error:')} ${printable(told.message)}`, ...told.details.map((line) => `  ${printable(line)}`)].join('\n')
  await io.stderr.write(`${text}\n`)
  // What the system itself says (a full disk, a file that may not be read) needs no stack, nor does what comes with advice.
  const inner = told.exit === exit.unexpected && (error as NodeJS.ErrnoException).syscall === undefined && (error as KnownError).hint === undefined
  if ((inner || options.debug) && !options.json && error instanceof Error && error.stack) await io.stderr.write(`${error.stack}\n`)
  return told.exit
}
