import type { Profile } from '../../kernel/profile.js'
import { sentence } from '../../gates/validate.js'

/** Each holds the ones before it. */
const SCOPES = ['read', 'scan', 'write', 'admin']

/** How ORCA words and shapes things: one envelope, six codes. */
export const profile: Profile = {
  codes: { bad_request: 400, unauthorized: 401, insufficient_scope: 403, not_found: 404, rate_limited: 429, internal_error: 500 },
  error: ({ code, message }) => ({ data: null, error: { code, message }, meta: {} }),
  failures: {
    notFound: (label) => ({ code: 'not_found', message: label === '' ? 'No such resource' : `${label} not found` }),
    unauthorized: (reason, scheme) => {
      const what = scheme === 'apiKey' ? 'API key' : 'Token'
      const why = { missing: 'is missing', invalid: 'is not valid', expired: 'has expired', revoked: 'has been revoked' }[reason]
      return { code: 'unauthorized', message: `${what} ${why}` }
    },
    scope: (required) => ({ code: 'insufficient_scope', message: `The '${required.join("', '")}' scope is needed here` }),
    rateLimited: () => ({ code: 'rate_limited', message: 'Too many requests' }),
    validation: (issues) => ({ code: 'bad_request', message: sentence(issues) }),
    internal: (message) => ({ code: 'internal_error', message }),
  },
  allows: (granted, required) => granted.some((scope) => SCOPES.includes(required) && SCOPES.indexOf(scope) >= SCOPES.indexOf(required)),
  // The vendor calls access tokens short-lived and gives no figure: these are ours.
  lifetimes: { access: 900, refresh: 30 * 86_400, temporary: 300 },
}
