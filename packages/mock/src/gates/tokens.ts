import type { SystemContext } from '../kernel/system-context.js'
import type { Members, Row } from '../kernel/types.js'
import { keyHash } from './keys.js'
import { signJwt } from './jwt.js'

const DAY = 86_400

export interface TokenPair {
  access: string
  refresh: string
  /** Life of the access token. */
  seconds: number
}

/** Tokens for a user: a JWT and a refresh token that may be used once. `family` goes on through rotations. */
export async function issueTokens(c: SystemContext, user: Row, claims: Members = {}, family = c.world.ids.hex('_family', 16)): Promise<TokenPair> {
  const { lifetimes } = c.world.system.definition.profile
  const seconds = lifetimes?.access ?? 3600
  const refresh = c.world.ids.token('_refresh', 48)
  c.world.store.collection('_refresh').insert({
    id: keyHash(refresh), family, user: String(user.id), claims, used: false, revoked: false, expires: c.ms() + (lifetimes?.refresh ?? 30 * DAY) * 1000,
  })
  const access = await signJwt(c.world, { ...claims, sub: String(user.id), use: 'access', org: user['_org'] ?? 'main', fam: family }, seconds)
  return { access, refresh, seconds }
}

/** A new pair for a refresh token. One that was used before takes its whole family down: somebody has copied it. */
export async function rotateTokens(c: SystemContext, refresh: string): Promise<TokenPair | 'invalid' | 'expired' | 'reused'> {
  const tokens = c.world.store.collection('_refresh')
  const row = tokens.get(keyHash(refresh))
  if (!row) return 'invalid'
  if (row['used'] || row['revoked']) {
    revokeFamily(c, row['family'])
    return 'reused'
  }
  if (row['expires'] <= c.ms()) return 'expired'
  const user = c.world.store.collection('_users').get(row['user'])
  if (!user) return 'invalid'
  // Marked before anything is awaited: of two that come at once, one wins.
  tokens.update(row.id, { used: true })
  return issueTokens(c, user, row['claims'], row['family'])
}

/** Access and refresh tokens of a family stop working. */
export function revokeFamily(c: SystemContext, family: string): void {
  const tokens = c.world.store.collection('_refresh')
  for (const row of tokens.all((candidate) => candidate['family'] === family)) tokens.update(row.id, { revoked: true })
}

/** A token for one step of a sign-in; `takeTemporary` accepts it once. */
export async function temporaryToken(c: SystemContext, user: Row, use: string): Promise<string> {
  return signJwt(c.world, { sub: String(user.id), use }, c.world.system.definition.profile.lifetimes?.temporary ?? 300)
}
