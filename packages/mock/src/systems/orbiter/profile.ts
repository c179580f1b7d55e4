import type { Failure, Profile } from '../../kernel/profile.js'
import { parseCookies } from '../../kernel/request.js'
import { type FieldError, fieldErrors } from './fields.js'
import { sqlStamp } from './time.js'

const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Orbiter's words: `{ error: { code, message, details } }`; rows belong to the user who made them. */
export const profile: Profile = {
  codes: {
    BAD_REQUEST: 400, UNAUTHORIZED: 401, FORBIDDEN: 403, RESOURCE_NOT_FOUND: 404, CONFLICT: 409, VALIDATION_ERROR: 422, RATE_LIMITED: 429,
    INTERNAL_ERROR: 500, BAD_GATEWAY: 502, SERVICE_UNAVAILABLE: 503,
  },
  error: ({ code, message, extra }) => ({ error: { code, message, details: extra ?? null } }),
  failures: {
    notFound: (label) => ({ code: 'RESOURCE_NOT_FOUND', message: label === '' ? 'Not Found' : `${label} not found` }),
    unauthorized(reason, scheme) {
      if (scheme === 'session') return { code: 'UNAUTHORIZED', message: 'Not authenticated' }
      if (reason !== 'missing') return { code: 'UNAUTHORIZED', message: 'Invalid API key' }
      return { code: 'UNAUTHORIZED', message: scheme === 'ciKey' ? 'Missing API key' : 'Missing or invalid API key' }
    },
    scope: (required, actor) => ({ code: 'FORBIDDEN', message: actor.scheme === 'session' ? 'FORBIDDEN' : `Missing permission: ${required.find((scope) => !actor.scopes.includes(scope)) ?? required[0]}` }),
    csrf(reason, actor) {
      const detail = actor.row === undefined ? 'Invalid session' : reason === 'missing' ? 'Missing CSRF token' : 'Invalid CSRF token'
      return actor.claims?.['bare'] === true ? { status: 403, body: { detail } } : { code: 'FORBIDDEN', message: detail }
    },
    rateLimited: () => ({ code: 'RATE_LIMITED', message: 'Too many requests' }),
    validation: (issues) => invalid(fieldErrors(issues)),
    malformed: (message) => {
      const offset = /position (\d+)/.exec(message)?.[1]
      return invalid([message.includes('not valid JSON') ? { field: offset ?? '0', message: 'JSON decode error', type: 'json_invalid' } : { field: null, message: `Value error, ${message}`, type: 'value_error' }])
    },
    internal: (message) => ({ code: 'INTERNAL_ERROR', message: message || 'Internal server error' }),
    method: () => ({ code: 'INTERNAL_ERROR', message: 'Method Not Allowed', status: 405 }),
    notAcceptable: () => ({ code: 'INTERNAL_ERROR', message: 'Not Acceptable', status: 406 }),
    // Without a JSON type the server reads no object out of the body.
    unsupportedMediaType: () => invalid([{ field: null, message: 'Input should be a valid dictionary or object to extract fields from', type: 'model_attributes_type' }]),
    tooLarge: () => ({ code: 'INTERNAL_ERROR', message: 'File too large', status: 413 }),
  },
  // Redirects to the version go out before anything else has seen the request.
  headers: ({ status }) => (status === 301 ? {} : SECURITY_HEADERS),
  /** Paths without the version have moved for good; a slash at the end is one too many. */
  moved(path, exists) {
    const legacy = /^\/api\/(?!v1(?:\/|$)|health$)(.+)$/.exec(path)?.[1]
    if (legacy !== undefined) return { status: 301, path: `/api/v1/${legacy}` }
    const bare = path.replace(/\/$/, '')
    return bare !== path && exists(bare) ? { status: 307, path: bare } : undefined
  },
  // A middleware before all others, with sliding windows: requests that are refused later count too. A proxy's word for the address is taken.
  counting: {
    sliding: true,
    first: {
      caller(request) {
        const session = parseCookies(request.headers['cookie'])['orbiter_session']
        const ip = request.headers['x-forwarded-for']?.split(',')[0]!.trim() || request.ip
        return { ip, ...(session && { session }) }
      },
    },
  },
  stamp: sqlStamp,
  id: 'uuid',
  ownerOf: (row) => String(row['_user_id'] ?? row['user_id'] ?? 'main'),
  ownerFor: (actor) => actor.user ?? 'main',
  own: (row, owner) => ('user_id' in row ? row : { ...row, _user_id: owner }),
}

function invalid(fields: readonly FieldError[]): Failure {
  return { code: 'VALIDATION_ERROR', message: 'Validation error', extra: { fields } }
}
