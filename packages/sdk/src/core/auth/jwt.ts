import { ApiError } from '../errors/api.js'
import { at, isObject } from '../pointer.js'
import { payloadOf } from '../envelope.js'
import type { Reply } from '../pipeline.js'
import { headerValue } from './key.js'
import { refusal } from './refusal.js'
import type { AuthContext, AuthFactory, StoredTokens } from './types.js'

/** Refresh this long before the end, but never in the first three quarters of a token's life. */
const EARLY = 30_000

/**
 * Signs in with e-mail and password (and a TOTP code where asked for), sends the access token, refreshes it before it ends or after a 401.
 * However many calls wait, one sign-in or refresh is under way; a refusal that comes late finds the newer token and causes none.
 */
export const jwtAuth: AuthFactory = (context) => {
  const { scheme, store, clock } = context
  let tokens: (StoredTokens & { refreshFrom?: number }) | undefined
  let pending: Promise<string> | undefined
  /** The token with which the session ended, for the calls whose refusal comes after that: they end with the same error. */
  let over: { readonly token: string; readonly error: ApiError } | undefined

  const usable = (rejected: string | undefined) => tokens?.accessToken !== undefined && tokens.accessToken !== rejected && clock.now() < (tokens.refreshFrom ?? Infinity)
  const key = async () => context.key(context.has('email') ? await context.secret('email') : undefined)

  const adopt = async (next: StoredTokens): Promise<string> => {
    const accessToken = headerValue('the access token', next.accessToken ?? '')
    const expiresAt = next.expiresAt ?? expiry(accessToken)
    context.learn(accessToken)
    context.learn(next.refreshToken)
    tokens = { ...next, accessToken, ...(expiresAt === undefined ? {} : { expiresAt, refreshFrom: expiresAt - Math.min(EARLY, Math.max(0, expiresAt - clock.now()) / 4) }) }
    await store.set(await key(), { accessToken, ...(next.refreshToken === undefined ? {} : { refreshToken: next.refreshToken }), ...(expiresAt === undefined ? {} : { expiresAt }) })
    return accessToken
  }
  const forget = async () => {
    tokens = undefined
    await store.delete(await key())
  }

  const refresh = async (current: StoredTokens, rejected: string | undefined): Promise<string | undefined> => {
    if (scheme.refresh === undefined || current.refreshToken === undefined) return undefined
    try {
      const next = tokensOf(await context.invoke(scheme.refresh, { refresh_token: current.refreshToken }), context)
      // A server that does not rotate leaves the refresh token out.
      return await adopt({ refreshToken: current.refreshToken, ...next })
    } catch (error) {
      const stillGood = current.accessToken !== undefined && current.accessToken !== rejected && clock.now() < (current.expiresAt ?? Infinity)
      if (stillGood) return current.accessToken
      if (!(error instanceof ApiError) || error.status >= 500 || error.status === 429 || error.status === 408) throw error
      // Somebody else who shares the store was quicker, and spent the refresh token: what they got is kept, and used.
      const stored = await store.get(await key())
      if (stored?.accessToken !== undefined && stored.accessToken !== current.accessToken && stored.accessToken !== rejected) {
        take(stored)
        return stored.accessToken
      }
      await forget()
      if (canSignIn(context)) return undefined
      throw refusal(context, `the session has ended and could not be refreshed: ${error.detail}`, error)
    }
  }

  const signIn = async (): Promise<string> => {
    if (scheme.login === undefined || !canSignIn(context)) throw refusal(context, 'not signed in, or the session has ended: sign in')
    const first = await context.invoke(scheme.login, { email: await context.secret('email'), password: await context.secret('password') })
    const body = payload(first, context)
    if (at(body, '/requires_2fa') !== true) return adopt(tokensOf(first, context))
    const code = await context.secret('totp')
    if (scheme.totp === undefined || code === undefined) throw refusal(context, 'this account needs a TOTP code: pass totp, a code or a function that asks for one', undefined, 'totp_required')
    return adopt(tokensOf(await context.invoke(scheme.totp, { temp_token: at(body, '/temp_token'), code: code.replace(/\s/g, '') }), context))
  }

  /** Another process may have renewed the tokens meanwhile: under the store's lock its tokens are taken before the old ones are spent. */
  const renew = async (rejected: string | undefined): Promise<string> => {
    const stored = await store.get(await key())
    if (stored?.accessToken !== undefined && stored.accessToken !== tokens?.accessToken) take(stored)
    if (usable(rejected)) return tokens!.accessToken!
    return (tokens === undefined ? undefined : await refresh(tokens, rejected)) ?? signIn()
  }
  const take = (stored: StoredTokens) => {
    context.learn(stored.accessToken)
    context.learn(stored.refreshToken)
    tokens = { ...stored, ...(stored.expiresAt === undefined ? {} : { refreshFrom: stored.expiresAt - EARLY }) }
  }

  const obtain = async (rejected: string | undefined): Promise<string> => {
    if (context.has('token')) {
      const given = headerValue('token', (await context.secret('token')) ?? '')
      if (given !== rejected) {
        if (tokens === undefined) tokens = { accessToken: given }
        if (tokens.accessToken !== rejected && clock.now() < (expiry(given) ?? Infinity)) return (tokens = { ...tokens, accessToken: given }).accessToken!
      }
    }
    if (tokens === undefined) {
      const stored = await store.get(await key())
      if (stored?.accessToken !== undefined) take(stored)
    }
    if (usable(rejected)) return tokens!.accessToken!
    return store.exclusive === undefined ? (tokens === undefined ? undefined : await refresh(tokens, rejected)) ?? signIn() : store.exclusive(await key(), () => renew(rejected))
  }

  const current = (rejected?: string): Promise<string> => pending ??= obtain(rejected).catch((error: unknown) => {
    if (rejected !== undefined && error instanceof ApiError && error.status === 401) over = { token: rejected, error }
    throw error
  }).finally(() => { pending = undefined })

  return {
    ready: () => context.has('token') || canSignIn(context) || tokens !== undefined || context.persistent,
    apply: (_call, headers) => {
      const put = (token: string) => {
        headers['authorization'] = `Bearer ${token}`
        return token
      }
      over = undefined
      return usable(undefined) && !context.has('token') ? put(tokens!.accessToken!) : current().then(put)
    },
    recover: async (_call, error, used) => {
      if (error.status !== 401) return false
      if (over?.token === used) throw over.error
      return (usable(used) ? tokens!.accessToken : await current(used)) !== used
    },
    observe: async (op, reply) => {
      if (op.id === scheme.logout) return forget()
      if (op.id !== scheme.login && op.id !== scheme.totp && op.id !== scheme.refresh) return
      if (typeof at(payload(reply, context), '/access_token') === 'string') await adopt(tokensOf(reply, context))
    },
    signIn: async () => {
      await (pending ??= signIn().finally(() => { pending = undefined }))
    },
    signOut: async () => {
      const token = tokens?.accessToken ?? (await store.get(await key()))?.accessToken
      try {
        if (scheme.logout !== undefined && token !== undefined) await context.invoke(scheme.logout, {}, { authorization: `Bearer ${token}` })
      } finally {
        await forget()
      }
    },
    token: () => current(),
  }
}

/** `exp` of a token in milliseconds; undefined for one that is not a JWT. It is read, not trusted: the server decides. */
export function expiry(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')))
    return isObject(claims) && typeof claims['exp'] === 'number' ? claims['exp'] * 1000 : undefined
  } catch {
    return undefined
  }
}

function canSignIn(context: AuthContext): boolean {
  return context.scheme.login !== undefined && context.has('email') && context.has('password')
}

function payload(reply: Reply, context: AuthContext): unknown {
  return payloadOf(reply.json(), reply.op, context.profile)
}

function tokensOf(reply: Reply, context: AuthContext): StoredTokens {
  const body = payload(reply, context)
  const text = (...names: string[]) => names.map((name) => at(body, `/${name}`)).find((value): value is string => typeof value === 'string' && value !== '')
  const accessToken = text('access_token', 'accessToken', 'token', 'jwt')
  if (accessToken === undefined) throw refusal(context, `${reply.op.id} answered no access token`)
  const refreshToken = text('refresh_token', 'refreshToken')
  const seconds = at(body, '/expires_in')
  return {
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expiry(accessToken) === undefined && typeof seconds === 'number' ? { expiresAt: context.clock.now() + seconds * 1000 } : {}),
  }
}

