import { carried, proveJwt } from '../../gates/auth.js'
import { keyHash } from '../../gates/keys.js'
import { issueTokens, rotateTokens, type TokenPair } from '../../gates/tokens.js'
import type { Context } from '../../kernel/context.js'
import { type AuthResult, defineResource } from '../../kernel/definition.js'
import type { MockRequest } from '../../kernel/request.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { equalSecrets } from '../../world/hash.js'
import { invalid } from './answers.js'
import { log } from './audit.js'
import { DAY, MINUTE } from './calendar.js'
import { TRIAL_DAYS } from './plans.js'
import { document } from './routes.gen.js'
import { openAccount } from './usage.js'

/** How long the owner of a new account takes to open the mail and verify the address: there is no operation for it. */
export const VERIFIED_AFTER = MINUTE

export const auth = defineResource({
  behaviours: {
    'auth.signup': (c) => {
      const email = String(c.body.email).toLowerCase()
      if (userOf(c, email)) return invalid(c, 'email is registered already')
      const invitation = c.everyone('team.invitations').find((row) => row['email'] === email && row['status'] === 'pending')
      const owner: string = invitation ? (invitation['_org'] ?? 'main') : newOrganization(c, email)
      const scope = c.as(owner)
      const user = scope.store('_users').insert({
        email, role: invitation?.['role'] ?? 'owner', _hash: keyHash(c.body.password), _verified: false, _plan: scope.store('_orgs').find(() => true)!['_plan'],
      })
      scope.store('team.members').insert({ id: email, user_id: user.id, email, role: user['role'] })
      if (invitation) c.everyone('team.invitations').update(invitation.id, { status: 'accepted' })
      scope.schedule(VERIFIED_AFTER, 'auth.verify', { user: user.id })
      return c.created({ user_id: user.id, email, message: 'Check your mailbox to verify the address' })
    },
    'auth.login': async (c) => {
      const user = userOf(c, String(c.body.email).toLowerCase())
      const scope = c.as(user?.['_org'] ?? 'main')
      if (!user || !passwordFits(user, c.body.password)) {
        if (user) log(scope, 'auth.login', 'failure')
        return c.error('UNAUTHORIZED', 'Email or password is wrong')
      }
      if (user['_verified'] !== true) return c.error('UNAUTHORIZED', 'The email address has not been verified yet')
      log(scope, 'auth.login', 'success')
      return shown(await issueTokens(c, user))
    },
    'auth.refresh': async (c) => {
      const token = String(c.body.refresh_token)
      // The sample's own token may be used again and again.
      const known = c.everyone('_users').find((user) => user['_refreshTokens']?.includes(token))
      const pair = known ? await issueTokens(c, known) : await rotateTokens(c, token)
      return typeof pair === 'string' ? c.error('UNAUTHORIZED', pair === 'expired' ? 'The refresh token has expired' : 'The refresh token is not valid') : shown(pair)
    },
  },
  tasks: {
    'auth.verify': (c, { user }) => {
      if (c.store('_users').get(user)) c.store('_users').update(user, { _verified: true })
    },
  },
})

/** Access tokens of the seed are accepted as they are, others have to be signed here. */
export function proveToken(c: SystemContext, request: MockRequest): AuthResult | Promise<AuthResult> {
  const token = carried(request, document.schemes['jwt']!)
  if (token === undefined) return 'missing'
  const user = c.everyone('_users').find((row) => row['_tokens']?.includes(token))
  if (!user) return proveJwt(c.world, 'jwt', token)
  return { scheme: 'jwt', credential: `user:${user.id}`, user: String(user.id), org: user['_org'] ?? 'main', role: user['role'], scopes: [], row: user }
}

function userOf(c: Context, email: string): Row | undefined {
  return c.everyone('_users').find((row) => row['email'] === email)
}

function passwordFits(user: Row, password: string): boolean {
  return user['_hash'] === undefined ? equalSecrets(String(user['_password'] ?? ''), password) : equalSecrets(user['_hash'], keyHash(password))
}

/** A workspace of its own, on trial. */
function newOrganization(c: Context, email: string): string {
  const id = c.world.newId('_orgs')
  const owner = `org-${id}`
  const scope = c.as(owner)
  scope.store('_orgs').insert({ id, name: email.slice(email.indexOf('@') + 1), _plan: 'trial', _signedUp: true, _trialEndsAt: c.now(c.ms() + TRIAL_DAYS * DAY) })
  openAccount(scope)
  return owner
}

function shown({ access, refresh, seconds }: TokenPair) {
  return { access_token: access, refresh_token: refresh, token_type: 'bearer', expires_in: seconds }
}
