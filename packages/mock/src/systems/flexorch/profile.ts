import { sentence } from '../../gates/validate.js'
import type { Profile } from '../../kernel/profile.js'
import { isoOf } from './calendar.js'
import { windowsOf } from './plans.js'

/** FlexOrch's words: `{ error: { code, message } }`, with `min_plan` on plan errors. */
export const profile: Profile = {
  codes: {
    MISSING_INPUT: 400, DOCUMENT_FILE_NOT_AVAILABLE: 400, REPROCESS_NOT_SUPPORTED: 400,
    INVALID_API_KEY: 401, UNAUTHORIZED: 401, TRIAL_EXPIRED: 402, PLAN_UPGRADE_REQUIRED: 403,
    // The vendor names no code for a role that may not do something.
    FORBIDDEN: 403,
    NOT_FOUND: 404, DOCUMENT_NOT_FOUND: 404, FILE_TOO_LARGE: 413, UNSUPPORTED_FILE: 415, VALIDATION_ERROR: 422, NO_OUTPUT_DATA: 422,
    QUOTA_EXCEEDED: 429, RATE_LIMIT_EXCEEDED: 429, REPROCESS_FAILED: 500, PROCESSING_FAILED: 500, INTERNAL_ERROR: 500,
  },
  error: ({ code, message, extra }) => ({ error: { code, message, ...extra } }),
  failures: {
    notFound: (label) => ({ code: 'NOT_FOUND', message: `${label || 'Resource'} not found` }),
    unauthorized: (reason, scheme) =>
      reason === 'missing' ? { code: 'UNAUTHORIZED', message: 'Send an API key in X-API-KEY or a token in Authorization' }
        : scheme === 'apiKey' ? { code: 'INVALID_API_KEY', message: 'The API key was not found, has been revoked or is malformed' }
        : { code: 'UNAUTHORIZED', message: reason === 'expired' ? 'The token has expired' : 'The token is not valid' },
    scope: () => ({ code: 'PLAN_UPGRADE_REQUIRED', message: 'The plan does not include this' }),
    rateLimited: () => ({ code: 'RATE_LIMIT_EXCEEDED', message: 'The requests-per-minute limit of the plan is exceeded' }),
    validation: (issues) => ({ code: 'VALIDATION_ERROR', message: sentence(issues) }),
    malformed: (message) => ({ code: 'VALIDATION_ERROR', message }),
    internal: (message) => ({ code: 'INTERNAL_ERROR', message }),
    tooLarge: () => ({ code: 'FILE_TOO_LARGE', message: 'The body is too large' }),
    unsupportedMediaType: (message) => ({ code: 'UNSUPPORTED_FILE', message }),
  },
  stamp: isoOf,
  id: 'integer',
  windows: windowsOf,
  lifetimes: { access: 3_600, refresh: 30 * 86_400 },
}
