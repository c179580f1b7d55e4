import { Secret, TOTP } from 'otpauth'
import type { SystemContext } from '../kernel/system-context.js'
import type { Row } from '../kernel/types.js'

const PERIOD = 30

/** Whether the code is that of this step or a neighbour's, and was not used before. A code that is accepted is used up. */
export function takeTotp(c: SystemContext, user: Row, code: string): boolean {
  const secret = user['_totpSecret'] ?? user['_totp_secret']
  if (!secret || !/^\d{6}$/.test(code)) return false
  const delta = totp(secret).validate({ token: code, timestamp: c.ms(), window: 1 })
  if (delta === null) return false
  const step = Math.floor(c.ms() / 1000 / PERIOD) + delta
  if (step <= (user['_totpStep'] ?? -1)) return false
  c.world.store.collection('_users').update(user.id, { _totpStep: step })
  return true
}

/** The code an authenticator would show. */
export function totpCode(secret: string, at: number): string {
  return totp(secret).generate({ timestamp: at })
}

function totp(secret: string): TOTP {
  return new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: PERIOD, algorithm: 'SHA1' })
}
