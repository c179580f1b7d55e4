import { defineResource, type AuthResult } from '../../kernel/definition.js'
import type { RouteOperation } from '../../kernel/document.js'
import { type MockRequest, parseQuery } from '../../kernel/request.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { carried, proveJwt } from '../../gates/auth.js'
import { readJwt } from '../../gates/jwt.js'
import { issueTokens, revokeFamily, rotateTokens, temporaryToken, type TokenPair } from '../../gates/tokens.js'
import { takeTotp } from '../../gates/totp.js'
import { equalSecrets } from '../../world/hash.js'
import { document } from './routes.gen.js'
import { proveSigned } from './presigned.js'

/** Temporary tokens that have done their work. */
const SPENT = '_spentTokens'

export const auth = defineResource({
  behaviours: {
    'auth.login': async (c) => {
      const { email, password } = c.body as { email: string; password: string }
      const user = c.everyone('_users').find((row) => String(row['email']).toLowerCase() === email.toLowerCase())
      if (!user || user['_password'] === undefined || !equalSecrets(String(user['_password']), password)) return c.fail('unauthorized', 'Email or password is not correct')
      if (user['_totpSecret'] !== undefined) return { requires_2fa: true, temp_token: await temporaryToken(c, user, 'totp') }
      return shown(await issueTokens(c, user))
    },
    'auth.totp.complete': async (c) => {
      const { temp_token: token, code } = c.body as { temp_token: string; code: string }
      const sample = sampleToken(c, 'temp', token)
      if (sample) return sample['code'] === code ? shown(await issueTokens(c, userOf(c, sample))) : c.fail('unauthorized', 'The code is not correct')
      const claims = await readJwt(c.world, token, 'totp')
      if (claims === 'expired') return c.fail('unauthorized', 'The temporary token has expired')
      const spent = c.everyone(SPENT)
      if (typeof claims === 'string' || spent.get(claims['jti'])) return c.fail('unauthorized', 'The temporary token is not valid')
      const user = c.everyone('_users').get(claims.sub)
      if (!user || !takeTotp(c, user, code)) return c.fail('unauthorized', 'The code is not correct')
      // Before anything is awaited: of two that come at once, one wins.
      spent.insert({ id: claims['jti'] })
      return shown(await issueTokens(c, user))
    },
    'auth.refresh': async (c) => {
      const pair = await rotateTokens(c, c.body.refresh_token)
      if (typeof pair !== 'string') return shown(pair)
      return c.fail('unauthorized', { invalid: 'The refresh token is not valid', expired: 'The refresh token has expired', reused: 'The refresh token was used before: all tokens of this sign-in are revoked' }[pair])
    },
    'auth.logout': (c) => {
      const family = c.actor.claims?.['fam']
      if (family !== undefined) revokeFamily(c, family)
      return { message: 'Signed out' }
    },
  },
})

/** The JWT of a request: from the header, for sockets from `?token=` too, for downloads from a signature in the address. */
export function proveUser(c: SystemContext, request: MockRequest, operation: RouteOperation): AuthResult | Promise<AuthResult> {
  const signed = operation.id === 'reports.download' ? proveSigned(c, request) : undefined
  if (signed !== undefined) return signed
  const token = carried(request, document.schemes['jwt']!) ?? (operation.id === 'jobs.watch' ? parameter(request, 'token') : undefined)
  if (token === undefined || token === '') return 'missing'
  const sample = sampleToken(c, 'access', token)
  if (!sample) return proveJwt(c.world, 'jwt', token)
  const user = userOf(c, sample)
  return { scheme: 'jwt', credential: `user:${user.id}`, user: String(user.id), org: user['_org'] ?? 'main', role: user['role'], scopes: [], row: user }
}

export function parameter(request: MockRequest, name: string): string | undefined {
  return parseQuery(request.query).find(([key]) => key === name)?.[1]
}

/** What the vendor's own sample requests send is taken as it stands, so that they work when pasted. */
function sampleToken(c: SystemContext, kind: string, token: string): Row | undefined {
  return c.everyone('_tokens').find((row) => row['kind'] === kind && row['token'] === token)
}

function userOf(c: SystemContext, sample: Row): Row {
  return c.everyone('_users').need(sample['user'])
}

function shown({ access, refresh }: TokenPair) {
  return { access_token: access, refresh_token: refresh, token_type: 'bearer' }
}
