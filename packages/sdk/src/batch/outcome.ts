import { ApiError, AuthenticationError, NotFoundError, PermissionDeniedError, PlanError, QuotaExceededError } from '../core/errors/api.js'
import { InvalidArgumentError } from '../core/errors/base.js'
import { ItemProblem } from './prepare.js'
import { AbortedError, ConnectionError, DecodeError, TimeoutError } from '../core/errors/network.js'

/**
 * What a failed request says about the item. `again`: known not to have been taken, may be sent again. `open`: it may have been taken;
 * `answered` tells whether the server is through with it. `stop`: the next item would fail alike.
 */
export type Verdict =
  | { readonly kind: 'stop'; readonly taken: 'no' | 'open' }
  | { readonly kind: 'again'; readonly push: boolean; readonly afterMs?: number; readonly counts: boolean }
  | { readonly kind: 'open'; readonly answered: boolean; readonly afterMs?: number }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'failed' }

const FILE_CODES = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ESTALE', 'ENOTDIR', 'ELOOP', 'EMFILE'])

export function judge(error: unknown): Verdict {
  if (changedWhileSent(error)) return { kind: 'again', push: false, counts: true }
  // What was to be sent could not be read on: the body was cut off, nothing was taken.
  if (problemIn(error) !== undefined) return { kind: 'failed' }
  if (error instanceof ApiError) return judgeAnswer(error)
  if (error instanceof ConnectionError) {
    if (error.code !== undefined && FILE_CODES.has(error.code)) return { kind: 'failed' }
    if (!error.retryable) return { kind: 'stop', taken: error.sent ? 'open' : 'no' }
    return error.sent ? { kind: 'open', answered: false } : { kind: 'again', push: true, counts: false }
  }
  if (error instanceof TimeoutError || error instanceof AbortedError) return { kind: 'open', answered: false }
  if (error instanceof DecodeError) return { kind: 'open', answered: true }
  if (error instanceof InvalidArgumentError) return { kind: 'failed' }
  if (FILE_CODES.has(String((error as NodeJS.ErrnoException | undefined)?.code))) return { kind: 'failed' }
  return { kind: 'stop', taken: 'open' }
}

function judgeAnswer(error: ApiError): Verdict {
  const afterMs = error.retryAfterMs === undefined ? {} : { afterMs: error.retryAfterMs }
  const all = error instanceof AuthenticationError || error instanceof PermissionDeniedError || error instanceof QuotaExceededError || error instanceof PlanError || error instanceof NotFoundError
  if (all) return { kind: 'stop', taken: 'no' }
  if (error.status === 408 || error.status === 425 || error.status === 429) return { kind: 'again', push: true, counts: false, ...afterMs }
  // 200 with a failure in its body: the server is through with it and took nothing.
  if (error.status < 500) return { kind: 'rejected' }
  if (!error.retryable) return { kind: 'failed' }
  // A gateway gave up; what stands behind it may still be at work.
  return { kind: 'open', answered: error.status !== 502 && error.status !== 504, ...afterMs }
}

/** The file became longer or shorter under way: the body was cut off, nothing was taken. */
export function changedWhileSent(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Error && depth < 6; each = each.cause, depth++) {
    if (/changed while it was sent/.test(each.message)) return true
  }
  return false
}

function problemIn(error: unknown): ItemProblem | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 6; each = each.cause, depth++) if (each instanceof ItemProblem) return each
  return undefined
}

export interface Facts { readonly code: string; readonly message: string; readonly http?: number }

/** Code, words and status of an error, for the journal. */
export function factsOf(error: unknown): Facts {
  const problem = problemIn(error)
  if (problem !== undefined) return { code: problem.code, message: problem.message }
  const known = error as { code?: unknown; name?: unknown; message?: unknown; status?: unknown; detail?: unknown } | undefined
  const status = typeof known?.status === 'number' ? known.status : undefined
  const name = typeof known?.name === 'string' ? known.name : 'Error'
  const code = typeof known?.code === 'string' && known.code !== '' ? known.code : status !== undefined ? `HTTP_${status}` : CODES[name] ?? name
  const message = typeof known?.detail === 'string' && known.detail !== '' ? known.detail : typeof known?.message === 'string' ? known.message : String(error)
  return { code, message: message.slice(0, 500), ...(status === undefined ? {} : { http: status }) }
}

const CODES: Readonly<Record<string, string>> = { TimeoutError: 'TIMEOUT', ConnectionError: 'CONNECTION', AbortedError: 'ABORTED', DecodeError: 'UNREADABLE_ANSWER', InvalidArgumentError: 'INVALID_ARGUMENT' }
