import { csrfFault } from '../../gates/csrf.js'
import { keyHash, proveKey } from '../../gates/keys.js'
import { proveSession } from '../../gates/sessions.js'
import { carried } from '../../gates/auth.js'
import type { SystemDefinition } from '../../kernel/definition.js'
import type { RouteOperation } from '../../kernel/document.js'
import type { Actor } from '../../kernel/profile.js'
import { Reply, ReplyError } from '../../kernel/reply.js'
import { type MockRequest, parseCookies } from '../../kernel/request.js'
import type { SystemContext } from '../../kernel/system-context.js'
import { profile } from './profile.js'

export const COOKIE = 'orbiter_session'
const SOCKET = 'workflows.runs.watch'

/** Proof of the three credentials, with what Orbiter does beside the rule. */
export const authenticate: SystemDefinition['authenticate'] = {
  session(c, request, operation) {
    const id = parseCookies(request.headers['cookie'])[COOKIE]
    if (operation.id === SOCKET) return id === undefined ? refused() : sessionOf(c, id) ?? refused()
    // Signing out without a cookie is fine.
    if (id === undefined) return operation.id === 'auth.logout' ? { scheme: '', credential: '', org: 'main', scopes: [] } : 'missing'
    const actor = sessionOf(c, id)
    const bare = vendorErrors(c, request)
    if (actor) return { ...actor, claims: { bare } }
    // The CSRF check comes first and finds the session gone; reads get to the 401.
    return changesThings(c, operation) ? { scheme: 'session', credential: '', org: 'main', scopes: [], claims: { bare } } : 'invalid'
  },
  ciKey(c, request) {
    const key = request.headers['x-api-key']
    if (key) return proveKey(c.world, 'ciKey', key)
    // For the vendor's server a key that is absent is a required header like any other, so a matter of validation; the reference says 401.
    if (key === undefined && vendorErrors(c, request)) throw new ReplyError(c.error('VALIDATION_ERROR', 'Validation error', { fields: [{ field: 'x-api-key', message: 'Field required', type: 'missing' }] }))
    return 'missing'
  },
  deploymentKey(c, request, operation) {
    refuseCookie(c, request, operation)
    const key = carried(request, { strategy: 'bearer', in: 'header', name: 'Authorization' })
    if (key === undefined) return 'missing'
    const hash = keyHash(key)
    const row = c.everyone('deployments').find((deployment) => deployment['api_key_hash'] === hash)
    if (!row || request.path.split('/').at(-2) !== String(row.id)) return 'invalid'
    return { scheme: 'deploymentKey', credential: `deployment:${row.id}`, org: row['_org'] ?? 'main', user: row['user_id'], scopes: [], row }
  },
}

/** Providers are for administrators, and a viewer deletes nothing: the reference says so, the vendor's server does not mind. The run socket refuses before the upgrade, with nothing but a status. */
export const guard: SystemDefinition['guard'] = (c, operation, actor, path) => {
  if (operation.id === SOCKET && c.store('workflows.runs').get(path['run_id']!)?.['workflow_id'] !== path['workflow_id']) return refused()
  const allowed = operation.id.startsWith('providers.') ? actor.role === 'admin' : !(operation.id.endsWith('.delete') && actor.role === 'viewer')
  return allowed ? undefined : profile.failures.scope(['role'], actor)
}

/** Whether the answer is to be the one of the vendor's server where that is not what the reference says. */
function vendorErrors(c: SystemContext, request: MockRequest): boolean {
  return request.headers['x-mock-errors'] === 'vendor' || c.world.values['vendorErrors'] === true
}

function refused(): never {
  throw new ReplyError(new Reply(403))
}

function sessionOf(c: SystemContext, id: string): Actor | undefined {
  const result = proveSession(c.world, 'session', id)
  return typeof result === 'string' ? undefined : (result as Actor)
}

function changesThings(c: SystemContext, operation: RouteOperation): boolean {
  return c.world.system.definition.document.csrf!.methods.includes(operation.method)
}

/** A browser that sends its session along to a deployment is asked for the CSRF token too. */
function refuseCookie(c: SystemContext, request: MockRequest, operation: RouteOperation): void {
  const id = parseCookies(request.headers['cookie'])[COOKIE]
  if (id === undefined) return
  const actor = sessionOf(c, id) ?? { scheme: 'session', credential: '', org: 'main', scopes: [] }
  const fault = csrfFault(c.world.system.definition.document, operation, request, actor)
  if (fault === undefined) return
  const failure = profile.failures.csrf!(fault, actor)
  throw new ReplyError('body' in failure ? new Reply(failure.status, failure.body) : c.error(failure.code, failure.message))
}
