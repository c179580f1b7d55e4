import type { AuthResult } from '../kernel/definition.js'
import type { SystemContext } from '../kernel/system-context.js'
import type { Row } from '../kernel/types.js'
import type { SystemWorld } from '../world/system-world.js'

const THREE_DAYS = 72 * 3600

/** Opens a session for a user: its row (with `csrf`) and the cookie to set. */
export function openSession(c: SystemContext, user: Row, cookieName: string): { session: Row; cookie: string } {
  const { profile } = c.world.system.definition
  const seconds = profile.lifetimes?.session ?? THREE_DAYS
  const session = c.world.store.collection('_sessions').insert({
    id: c.world.ids.uuid('_session'), user: String(user.id), csrf: c.world.ids.token('_csrf'), expires: c.ms() + seconds * 1000, _org: user['_org'],
  })
  return { session, cookie: `${cookieName}=${session.id}; Max-Age=${seconds}; ${profile.cookie ?? 'HttpOnly; Path=/; SameSite=lax'}` }
}

/** Ends it and gives the cookie that clears it. */
export function closeSession(c: SystemContext, id: string, cookieName: string): string {
  c.world.store.collection('_sessions').remove(id)
  return `${cookieName}=; Max-Age=0; ${c.world.system.definition.profile.cookie ?? 'HttpOnly; Path=/; SameSite=lax'}`
}

export function proveSession(world: SystemWorld, scheme: string, id: string): AuthResult {
  const session = world.store.collection('_sessions').get(id)
  if (!session) return 'invalid'
  if (session['expires'] <= world.now()) return 'expired'
  const user = world.store.collection('_users').get(session['user'])
  if (!user) return 'invalid'
  return { scheme, credential: `session:${id}`, session: id, user: String(user.id), org: user['_org'] ?? 'main', role: user['role'], scopes: [], row: session }
}
