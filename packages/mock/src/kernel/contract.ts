import type { RouteOperation } from './document.js'
import { contentKey } from './negotiate.js'
import { isStream, type Reply } from './reply.js'
import { parseContentType } from './request.js'

/** Statuses that gates may answer with whether or not an operation documents them. */
const OF_GATES = new Set([404, 405, 406, 413, 415, 426])

/** Where an answer departs from the document, or `undefined`. */
export function violation(operation: RouteOperation, reply: Reply, fromGate: boolean): string | undefined {
  const response = operation.responses[reply.status] ?? operation.responses[`${Math.floor(reply.status / 100)}XX`] ?? operation.responses['default']
  if (!response) return fromGate && OF_GATES.has(reply.status) ? undefined : `status ${reply.status} is not documented`
  const empty = reply.body === undefined
  if (!response.content) return empty ? undefined : `status ${reply.status} has no documented body`
  const contentType = reply.raw ? String(reply.headers['content-type'] ?? '') : 'application/json'
  if (empty) return `status ${reply.status} has a documented body and none was sent`
  const key = contentKey(response.content, parseContentType(contentType).type)
  if (key === undefined) return `content type ${contentType} is not documented for ${reply.status}`
  const validate = response.content[key]
  if (!validate || isStream(reply.body) || reply.raw) return undefined
  // What is sent is what JSON makes of the value.
  if (validate(reply.body)) return undefined
  const issue = validate.errors?.[0]
  return `body ${issue?.instancePath || '/'} ${issue?.message ?? 'does not fit'}${issue ? ` (${issue.keyword})` : ''}`
}
