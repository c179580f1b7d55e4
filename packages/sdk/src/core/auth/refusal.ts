import { AuthenticationError } from '../errors/api.js'
import type { ApiError } from '../errors/api.js'
import type { AuthContext } from './types.js'

/** A sign-in that failed on our side of the wire, or whose refusal needs more words than the server's. */
export function refusal(context: Pick<AuthContext, 'profile' | 'scheme'>, message: string, cause?: ApiError, code = cause?.code ?? 'signed_out'): AuthenticationError {
  return new AuthenticationError({
    system: context.profile.name, operation: context.scheme.login ?? 'auth', status: 401, code, message, attempts: cause?.attempts ?? 0,
    ...(cause === undefined ? {} : { cause, headers: cause.headers, body: cause.body, ...(cause.requestId === undefined ? {} : { requestId: cause.requestId }) }),
  })
}
