import type { Operation } from '../../src/kernel/system.js'
import type { SystemName } from '../../src/systems/index.js'
import type { Arena } from '../harness/arena.js'
import { bearer, flexorchToken, type Headers, orcaToken } from '../harness/accounts.js'
import { caller, PASSWORD, signIn } from '../orbiter.js'

export interface AuthCase {
  name: string
  /** Signs the request in, as badly as the name says. May move the clock and the state. */
  sign(at: Arena): Promise<Headers> | Headers
  /** What the document has for it. */
  status(operation: Operation): number
  code: string | ((operation: Operation) => string)
}

const ALWAYS = (status: number) => (): number => status
const changes = (operation: Operation): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(operation.method)
const token = (headers: Headers): string => headers['authorization']!.slice('Bearer '.length)
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** The same claims, not signed. */
const unsigned = (jwt: string): string => `${encode({ alg: 'none', typ: 'JWT' })}.${jwt.split('.')[1]}.`
/** The last character of a signature has bits that do not count: the first has none. */
const forged = (jwt: string): string => jwt.replace(/\.([^.])([^.]*)$/, (_, first: string, rest: string) => `.${first === 'A' ? 'B' : 'A'}${rest}`)

function refused(code: string): (name: string, sign: AuthCase['sign']) => AuthCase {
  return (name, sign) => ({ name, sign, status: ALWAYS(401), code })
}

const orcaRefused = refused('unauthorized')
const jwtForgeries = (scheme: 'orca' | 'flexorch', make: ReturnType<typeof refused>): AuthCase[] => {
  const jwt = (at: Arena): string => token(at.who.main['jwt']!)
  return [
    make('a token that is none', () => bearer('a.b.c')),
    make('a token signed with another key', (at) => bearer(forged(jwt(at)))),
    make('a token with alg none', (at) => bearer(unsigned(jwt(at)))),
    make('an expired token', async (at) => {
      const headers = at.who.main['jwt']!
      await at.mock.advance(2 * 86_400_000)
      return headers
    }),
    make('the token of a user who is gone', async (at) => {
      const fresh = scheme === 'orca' ? await orcaToken(at.mock, 'wim@example.com') : await flexorchToken(at.mock, 'viewer@example.com')
      const state = structuredClone(await at.mock.snapshot())
      const users = state.systems[scheme]!.store.collections['_users']!
      state.systems[scheme]!.store.collections['_users'] = users.filter(([, row]) => !/^(?:wim|viewer)@/.test(row['email']))
      await at.mock.restore(state)
      return bearer(fresh)
    }),
  ]
}

/** Bad credentials for every scheme of every system. */
export const authCases: Readonly<Record<SystemName, Readonly<Record<string, readonly AuthCase[]>>>> = {
  orca: {
    jwt: [
      orcaRefused('nothing', () => ({})),
      orcaRefused('an empty header', () => ({ authorization: '' })),
      orcaRefused('Bearer without a token', () => ({ authorization: 'Bearer ' })),
      orcaRefused('Basic', () => ({ authorization: 'Basic YWRhOnNlY3JldA==' })),
      orcaRefused('a token without Bearer', (at) => ({ authorization: token(at.who.main['jwt']!) })),
      orcaRefused('an API key', (at) => at.who.main['apiKey']!),
      ...jwtForgeries('orca', orcaRefused),
      orcaRefused('a token after signing out', async (at) => {
        const jwt = bearer(await orcaToken(at.mock, 'ada@example.com'))
        await at.call('POST', '/api/v1/auth/logout', jwt)
        return jwt
      }),
      orcaRefused('a token of a family whose refresh token was used twice', async (at) => {
        const { body } = await at.call('POST', '/api/v1/auth/login', {}, { email: 'ada@example.com', password: PASSWORD })
        for (let i = 0; i < 2; i++) await at.call('POST', '/api/v1/auth/refresh', {}, { refresh_token: body.data.refresh_token })
        return bearer(body.data.access_token)
      }),
      orcaRefused('the temporary token of a sign-in', async (at) => {
        const { body } = await at.call('POST', '/api/v1/auth/login', {}, { email: 'grace@example.com', password: PASSWORD })
        return bearer(body.data.temp_token)
      }),
    ],
    apiKey: [
      orcaRefused('nothing', () => ({})),
      orcaRefused('Bearer without a key', () => ({ authorization: 'Bearer' })),
      orcaRefused('a key nobody has', () => bearer('orca_live_nobody')),
      orcaRefused('a key in another header', () => ({ 'x-api-key': 'orca_live_test_admin_0000000000000000' })),
      orcaRefused('a JWT', (at) => at.who.main['jwt']!),
      orcaRefused('a revoked key', () => bearer('orca_live_test_revoked_0000000000000000')),
      {
        name: 'a key without the scope', sign: () => bearer('orca_live_test_read_0000000000000000'),
        status: (operation) => (operation.security[0]!['apiKey']!.includes('read') ? operation.success : 403), code: 'insufficient_scope',
      },
    ],
  },
  orckai: {
    apiKey: [
      { name: 'nothing', sign: () => ({}), status: ALWAYS(401), code: 'API_KEY_MISSING' },
      { name: 'an empty key', sign: () => ({ 'x-api-key': '' }), status: ALWAYS(401), code: 'API_KEY_MISSING' },
      { name: 'the key as a bearer', sign: () => bearer('oak_test_full_access_0000000000000000'), status: ALWAYS(401), code: 'API_KEY_MISSING' },
      refused('API_KEY_INVALID')('a key nobody has', () => ({ 'x-api-key': 'oak_nobody' })),
      refused('API_KEY_INVALID')('a key cut short', () => ({ 'x-api-key': 'oak_test_full_access_000000000000000' })),
      refused('API_KEY_INVALID')('a key in capitals', () => ({ 'x-api-key': 'OAK_TEST_FULL_ACCESS_0000000000000000' })),
      refused('API_KEY_INVALID')('a revoked key', () => ({ 'x-api-key': 'oak_test_revoked_0000000000000000000' })),
      {
        name: 'a key without the scope', sign: () => ({ 'x-api-key': 'oak_test_org_only_000000000000000000' }),
        status: (operation) => (operation.security[0]!['apiKey']!.includes('org:read') ? operation.success : 403), code: 'SCOPE_REQUIRED',
      },
      {
        name: 'a key that may only read', sign: () => ({ 'x-api-key': 'oak_test_read_only_00000000000000000' }),
        status: (operation) => (/:(?:write|execute)$/.test(operation.security[0]!['apiKey']![0]!) ? 403 : operation.success), code: 'SCOPE_REQUIRED',
      },
    ],
  },
  flexorch: {
    apiKey: [
      refused('UNAUTHORIZED')('nothing', () => ({})),
      refused('UNAUTHORIZED')('the key as a bearer', () => bearer('dfx_test_full_access_0000000000000000')),
      refused('UNAUTHORIZED')('Basic', () => ({ authorization: 'Basic YWRhOnNlY3JldA==' })),
      refused('INVALID_API_KEY')('a key nobody has', () => ({ 'x-api-key': 'dfx_nobody' })),
      refused('INVALID_API_KEY')('a revoked key', () => ({ 'x-api-key': 'dfx_test_revoked_00000000000000000000' })),
      refused('INVALID_API_KEY')('a JWT in the key header', (at) => ({ 'x-api-key': token(at.who.main['jwt']!) })),
      { name: 'a trial that has ended', sign: () => ({ 'x-api-key': 'dfx_test_expired_00000000000000000000' }), status: ALWAYS(402), code: 'TRIAL_EXPIRED' },
      ...jwtForgeries('flexorch', refused('UNAUTHORIZED')),
    ],
  },
  klarefi: {
    bearerKey: [
      refused('missing_api_key')('nothing', () => ({})),
      refused('missing_api_key')('Bearer without a key', () => ({ authorization: 'Bearer' })),
      refused('missing_api_key')('Basic', () => ({ authorization: 'Basic c2tfbGl2ZQ==' })),
      refused('missing_api_key')('the key in another header', () => ({ 'x-api-key': 'sk_live_full_access_0000000000000000' })),
      refused('invalid_api_key')('a key nobody has', () => bearer('sk_live_nobody')),
      refused('invalid_api_key')('a revoked key', () => bearer('sk_live_revoked_00000000000000000000')),
      { name: 'a key without a scope', sign: () => bearer('sk_test_no_scope_0000000000000000000'), status: ALWAYS(403), code: 'insufficient_scope' },
    ],
  },
  orbiter: {
    session: [
      { name: 'nothing', sign: () => ({}), status: sessionless, code: 'UNAUTHORIZED' },
      { name: 'the CSRF token alone', sign: (at) => ({ 'x-csrf-token': at.who.main['session']!['x-csrf-token']! }), status: sessionless, code: 'UNAUTHORIZED' },
      { name: 'a CI key', sign: (at) => at.who.main['ciKey']!, status: sessionless, code: 'UNAUTHORIZED' },
      { name: 'a deployment key', sign: (at) => at.who.main['deploymentKey']!, status: sessionless, code: 'UNAUTHORIZED' },
      stale('a session nobody has', () => ({ cookie: 'orbiter_session=00000000-0000-4000-8000-000000000000' })),
      stale('a cookie that is no id', () => ({ cookie: 'orbiter_session=%00' })),
      stale('a session that ran out', async (at) => {
        const headers = at.who.main['session']!
        await at.mock.advance(72 * 3_600_000)
        return headers
      }),
      stale('a session after signing out', async (at) => {
        const { headers } = await signIn(at.mock)
        await caller(at.mock, headers)('POST', '/api/v1/auth/logout')
        return headers
      }),
      {
        name: 'a session without the CSRF token', sign: (at) => ({ cookie: at.who.main['session']!['cookie']! }),
        status: (operation) => (changes(operation) ? 403 : operation.success), code: 'FORBIDDEN',
      },
      {
        name: 'the CSRF token of somebody else', sign: (at) => ({ ...at.who.main['session']!, 'x-csrf-token': at.who.other['session']!['x-csrf-token']! }),
        status: (operation) => (changes(operation) ? 403 : operation.success), code: 'FORBIDDEN',
      },
      {
        name: 'a role that is too small', sign: async (at) => (await signIn(at.mock, 'vic')).headers,
        status: (operation) => (operation.id.startsWith('providers.') ? 403 : 0), code: 'FORBIDDEN',
      },
    ],
    ciKey: [
      { name: 'nothing', sign: () => ({}), status: ALWAYS(401), code: 'UNAUTHORIZED' },
      { name: 'nothing, on the vendor\'s server', sign: () => ({ 'x-mock-errors': 'vendor' }), status: ALWAYS(422), code: 'VALIDATION_ERROR' },
      { name: 'an empty key', sign: () => ({ 'x-api-key': '' }), status: ALWAYS(401), code: 'UNAUTHORIZED' },
      refused('UNAUTHORIZED')('a key nobody has', () => ({ 'x-api-key': 'orb_ci_nobody' })),
      refused('UNAUTHORIZED')('a revoked key', () => ({ 'x-api-key': 'orb_ci_test_revoked_000000000000000000000000000000' })),
      refused('UNAUTHORIZED')('a deployment key', () => ({ 'x-api-key': 'orb_test_agent_00000000000000000000000000000000' })),
      { name: 'a session', sign: (at) => at.who.main['session']!, status: ALWAYS(401), code: 'UNAUTHORIZED' },
      {
        name: 'a key without the permission', sign: () => ({ 'x-api-key': 'orb_ci_test_deploy_0000000000000000000000000000000' }),
        status: (operation) => (operation.id === 'ci.deploy' ? 201 : 403), code: 'FORBIDDEN',
      },
    ],
    deploymentKey: [
      refused('UNAUTHORIZED')('nothing', () => ({})),
      refused('UNAUTHORIZED')('a key nobody has', () => bearer('orb_nobody')),
      refused('UNAUTHORIZED')('the key in another header', () => ({ 'x-api-key': 'orb_test_agent_00000000000000000000000000000000' })),
      refused('UNAUTHORIZED')('the key of another deployment', () => bearer('orb_test_workflow_0000000000000000000000000000000')),
      { name: 'a session beside the key, without the CSRF token', sign: (at) => ({ ...at.who.main['deploymentKey']!, cookie: at.who.main['session']!['cookie']! }), status: ALWAYS(403), code: 'FORBIDDEN' },
    ],
  },
}

/** Signing out needs no session. */
function sessionless(operation: Operation): number {
  return operation.id === 'auth.logout' ? 204 : 401
}

/** Orbiter looks for the CSRF token first: what changes something is a 403, a read a 401. */
function stale(name: string, sign: AuthCase['sign']): AuthCase {
  return { name, sign, status: (operation) => (changes(operation) ? 403 : 401), code: (operation) => (changes(operation) ? 'FORBIDDEN' : 'UNAUTHORIZED') }
}
