import { sentence } from '../../gates/validate.js'
import type { FieldIssue, Profile } from '../../kernel/profile.js'
import { environmentOf, ownerOf, splitOwner, TEST } from './environment.js'

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error', 402: 'billing_error', 403: 'authorization_error', 404: 'not_found', 428: 'precondition_error', 429: 'rate_limit_error', 500: 'internal_error',
}

const MISSING: Readonly<Record<string, string>> = { Case: 'case_not_found', Document: 'document_not_found', Delivery: 'delivery_not_found' }

/** How Klarefi words and shapes things: a type by status, an open list of codes, the id of the request. */
export const profile: Profile = {
  codes: {
    missing_document_url: 400, idempotency_key_conflict: 400, missing_idempotency_key: 400, missing_case_type_id: 400, case_type_not_found: 400, invalid_document_url: 400,
    webhook_url_not_supported: 400, invalid_request: 400, missing_api_key: 401, invalid_api_key: 401, billing_required: 402, live_usage_limit_reached: 402, insufficient_scope: 403,
    case_not_found: 404, document_not_found: 404, delivery_not_found: 404, not_found: 404, legal_acceptance_required: 428, rate_limit_exceeded: 429, internal_error: 500,
  },
  error: ({ code, message, status, requestId }) => ({ error: { type: TYPES[status] ?? (status >= 500 ? 'internal_error' : 'validation_error'), code, message, request_id: requestId } }),
  failures: {
    notFound: (label) => ({ code: MISSING[label] ?? 'not_found', message: label === '' ? 'No such resource' : `${label} not found` }),
    unauthorized: (reason) => (reason === 'missing' ? { code: 'missing_api_key', message: 'An API key is required: Authorization: Bearer <key>' } : { code: 'invalid_api_key', message: reason === 'invalid' ? 'The API key is not valid' : `The API key is ${reason}` }),
    scope: (required) => ({ code: 'insufficient_scope', message: `The key lacks the scope ${required.join(', ')}` }),
    rateLimited: () => ({ code: 'rate_limit_exceeded', message: 'Too many requests' }),
    validation: refused,
    internal: (message) => ({ code: 'internal_error', message }),
  },
  ownerOf,
  // Test and live keys of an organisation see separate data.
  ownerFor: (actor) => (environmentOf(actor) === 'test' ? actor.org + TEST : actor.org),
  own: (row, owner) => {
    const { org, test } = splitOwner(owner)
    return { ...row, ...(org !== 'main' && { _org: org }), ...(test && { _environment: 'test' }) }
  },
}

/** The codes that name a field, in the order in which the vendor would meet them. */
function refused(issues: readonly FieldIssue[]) {
  if (issues.some(({ keyword }) => keyword === 'not')) return { code: 'webhook_url_not_supported', message: 'webhook_url is not supported: endpoints are registered in the dashboard' }
  const of = (field: string) => issues.find((issue) => issue.in === 'body' && issue.field === field)
  const url = of('document_url')
  if (url?.keyword === 'required' || url?.keyword === 'type') return { code: 'missing_document_url', message: 'document_url is required and must be a string' }
  if (url) return { code: 'invalid_document_url', message: 'document_url must be a public HTTPS address' }
  if (of('case_type_id')) return { code: 'missing_case_type_id', message: 'case_type_id is required and must be a string' }
  return { code: 'invalid_request', message: sentence(issues) }
}
