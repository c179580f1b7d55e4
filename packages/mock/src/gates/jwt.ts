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

/** The claims of a token made here for that use; forged, foreign and `alg: none` tokens are `invalid`. */
export async function readJwt(world: SystemWorld, token: string, use: string): Promise<Claims | 'invalid' | 'expired'> {
  const { jwtVerify, errors } = await import('jose')
  try {
    const { payload } = await jwtVerify(token, utf8ToBytes(world.secret), { algorithms: ['HS256'], audience: world.system.name, currentDate: new Date(world.now()) })
    return payload['use'] === use ? (payload as unknown as Claims) : 'invalid'
  } catch (error) {
    return error instanceof errors.JWTExpired ? 'expired' : 'invalid'
  }
}
