import { sentence } from '../../gates/validate.js'
import type { Profile } from '../../kernel/profile.js'

/** Orckai's words: `{ success: false, error, code }`, with `error` a plain sentence. */
export const profile: Profile = {
  codes: { BAD_REQUEST: 400, API_KEY_MISSING: 401, API_KEY_INVALID: 401, SCOPE_REQUIRED: 403, NOT_FOUND: 404, RATE_LIMITED: 429, INTERNAL_ERROR: 500 },
  error: ({ code, message }) => ({ success: false, error: message, code }),
  failures: {
    notFound: (label) => ({ code: 'NOT_FOUND', message: label === '' ? 'Not found' : `${label} not found` }),
    unauthorized: (reason) => (reason === 'missing' ? { code: 'API_KEY_MISSING', message: 'API key is missing' } : { code: 'API_KEY_INVALID', message: 'API key is not valid' }),
    scope: (required) => ({ code: 'SCOPE_REQUIRED', message: `This endpoint requires the ${required.join(', ')} scope` }),
    rateLimited: (_, seconds) => ({ code: 'RATE_LIMITED', message: `Too many requests, try again in ${seconds} s` }),
    validation: (issues) => ({ code: 'BAD_REQUEST', message: sentence(issues) }),
    malformed: (message) => ({ code: 'BAD_REQUEST', message }),
    internal: (message) => ({ code: 'INTERNAL_ERROR', message }),
  },
  id: 'uuid',
}
