import type { Later } from '../kernel/later.js'
import type { Members } from '../kernel/types.js'
import type { SystemWorld } from '../world/system-world.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

export interface Claims extends Members {
  sub: string
  /** What the token is for: `access`, `temporary` ... */
  use: string
}

/** Signed by the world's own secret, dated by its clock. jose is loaded with the first token. */
export async function signJwt(world: SystemWorld, claims: Claims, seconds: number): Promise<string> {
  const { SignJWT } = await import('jose')
  const now = Math.floor(world.now() / 1000)
  return new SignJWT({ ...claims, jti: world.ids.hex('_jwt', 16) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .setAudience(world.system.name)
    .sign(utf8ToBytes(world.secret))
}

const proved = new WeakMap<SystemWorld, Map<string, Claims & { exp: number }>>()
const MOST = 1_000

/** The claims of a token made here for that use; forged, foreign and `alg: none` tokens are `invalid`. A token comes again and again: once its signature was found good, only the clock is asked. */
export function readJwt(world: SystemWorld, token: string, use: string): Later<Claims | 'invalid' | 'expired'> {
  const known = proved.get(world)?.get(token)
  return known ? judged(world, known, use) : verified(world, token, use)
}

async function verified(world: SystemWorld, token: string, use: string): Promise<Claims | 'invalid' | 'expired'> {
  const { jwtVerify, errors } = await import('jose')
  try {
    const { payload } = await jwtVerify(token, utf8ToBytes(world.secret), { algorithms: ['HS256'], audience: world.system.name, requiredClaims: ['exp'], currentDate: new Date(world.now()) })
    const claims = Object.freeze(payload as unknown as Claims & { exp: number })
    remember(world, token, claims)
    return judged(world, claims, use)
  } catch (error) {
    return error instanceof errors.JWTExpired ? 'expired' : 'invalid'
  }
}

function remember(world: SystemWorld, token: string, claims: Claims & { exp: number }): void {
  let tokens = proved.get(world)
  if (!tokens) proved.set(world, (tokens = new Map()))
  if (tokens.size >= MOST) tokens.clear()
  tokens.set(token, claims)
}

function judged(world: SystemWorld, claims: Claims & { exp: number }, use: string): Claims | 'invalid' | 'expired' {
  if (claims.exp <= Math.floor(world.now() / 1000)) return 'expired'
  return claims.use === use ? claims : 'invalid'
}
