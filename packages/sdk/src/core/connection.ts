import { NOT_REPEATED } from './deadline.js'
import { ConnectionError, TimeoutError } from './errors/network.js'

/** What a failed `fetch` means, whatever the platform calls it. */

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'ConnectionRefused', 'FailedToOpenSocket'])
/** Codes after which another try would end as this one: a certificate, a protocol or an address that will not do. */
export const PERMANENT = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_INVALID_)/

interface ErrorLike { code?: unknown; syscall?: unknown; message?: unknown; cause?: unknown; errors?: unknown }

export interface FailedAttempt {
  /** The system's name, as people know it. */
  readonly system: string
  readonly operation: string
  readonly attempts: number
  /** Milliseconds the attempt was given. */
  readonly timeout: number
  /** Where it went: host and port. */
  readonly host?: string
  /** False: it must not be done twice; where it may have arrived, the message says why nothing was repeated. */
  readonly repeatable?: boolean
}

export function connectionError(error: unknown, facts: FailedAttempt): ConnectionError | TimeoutError {
  const chain = causes(error)
  const code = chain.map((each) => each.code).find((each): each is string => typeof each === 'string')
  const message = chain.map((each) => each.message).filter((each): each is string => typeof each === 'string').join(': ')
  const { system, operation, attempts, host } = facts
  const name = `${system} ${operation}`
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new TimeoutError(`${name}: the platform's fetch gave up after its own time-out; for longer ones use nodeTransport() of @orkit/sdk/node`, { system, operation, attempts, scope: 'attempt', timeoutMs: facts.timeout, cause: error })
  }
  if (/redirect/i.test(message)) {
    return new ConnectionError(`${name}: the server answered with a redirect, which is not followed`, { system, operation, attempts, code: 'redirect_refused', retryable: false, cause: error })
  }
  const sent = !chain.some(neverSent)
  const reason = describe(code) ?? message.split('\n')[0]!.slice(0, 200)
  const details = [code, host].filter((each) => each !== undefined).join(', ')
  const once = sent && facts.repeatable === false ? NOT_REPEATED : ''
  return new ConnectionError(`${name}: ${reason || 'the connection failed'}${details === '' ? '' : ` (${details})`}${once}`, {
    system, operation, attempts, code, sent, retryable: code === undefined || !PERMANENT.test(code), cause: error,
  })
}

function neverSent(error: ErrorLike): boolean {
  if (typeof error.code === 'string') return NEVER_SENT.has(error.code) || (error.syscall === 'connect' && error.code !== 'ECONNRESET')
  // Deno names no codes.
  return typeof error.message === 'string' && /client error \(Connect\)|dns error/.test(error.message)
}

function describe(code: string | undefined): string | undefined {
  switch (code) {
    case 'ECONNREFUSED': case 'ConnectionRefused': return 'the server refused the connection'
    case 'ENOTFOUND': case 'EAI_AGAIN': return 'the host name could not be resolved'
    case 'ECONNRESET': case 'UND_ERR_SOCKET': case 'EPIPE': return 'the connection was cut'
    case 'UND_ERR_CONNECT_TIMEOUT': case 'ETIMEDOUT': return 'no connection within the time allowed'
    default: return undefined
  }
}

/** The error, its causes, and the members of aggregates among them. */
function causes(error: unknown): ErrorLike[] {
  const found: ErrorLike[] = []
  const queue = [error]
  while (queue.length > 0 && found.length < 10) {
    const next = queue.shift()
    if (typeof next !== 'object' || next === null) continue
    const each = next as ErrorLike
    found.push(each)
    queue.push(each.cause, ...(Array.isArray(each.errors) ? each.errors : []))
  }
  return found
}
