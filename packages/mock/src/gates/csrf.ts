import type { RouteDocument, RouteOperation } from '../kernel/document.js'
import type { Actor } from '../kernel/profile.js'
import type { MockRequest } from '../kernel/request.js'
import { equalSecrets } from '../world/hash.js'

/** Whether a request that came with a session cookie also proves that a page of ours sent it. */
export function csrfFault(document: RouteDocument, operation: RouteOperation, request: MockRequest, actor: Actor): 'missing' | 'invalid' | undefined {
  const { csrf } = document
  if (!csrf || actor.scheme !== csrf.scheme || !csrf.methods.includes(operation.method.toUpperCase())) return undefined
  const token = request.headers[csrf.header.toLowerCase()]
  if (!token) return 'missing'
  return equalSecrets(token, String(actor.row?.['csrf'] ?? '')) ? undefined : 'invalid'
}
