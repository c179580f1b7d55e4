import { ApiError } from '../errors/api.js'
import { at } from '../pointer.js'
import type { Reply } from '../pipeline.js'
import { headerValue } from './key.js'
import { refusal } from './refusal.js'
import type { AuthContext, AuthFactory, StoredTokens } from './types.js'

/**
 * A session cookie with a CSRF token. Signs in when first needed, fetches the token when a call first changes something, renews the token after a CSRF
 * refusal, and signs in again when the session has ended. In a browser the cookie is the browser's: only the token is kept here.
 */
export const sessionAuth: AuthFactory = (context) => {
  const { scheme, store } = context
  let session: StoredTokens | undefined
  let signing: Promise<StoredTokens> | undefined
  let fetching: Promise<string> | undefined

  const key = async () => context.key(context.has('email') ? await context.secret('email') : undefined)
  const save = async (next: StoredTokens): Promise<StoredTokens> => {
    context.learn(next.cookie?.split('=').slice(1).join('='))
    context.learn(next.csrfToken)
    session = next
    await store.set(await key(), next)
    return next
  }
  const forget = async () => {
    session = undefined
    await store.delete(await key())
  }
  const signIn = async (): Promise<StoredTokens> => {
    if (scheme.login === undefined || !canSignIn(context)) throw refusal(context, 'not signed in, or the session has ended: sign in')
    const reply = await context.invoke(scheme.login, { email: await context.secret('email'), password: await context.secret('password') })
    return save(sessionOf(reply, scheme.name))
  }
  const obtain = async (rejected: string | undefined): Promise<StoredTokens> => {
    const current = session ?? (await store.get(await key()))
    if (current !== undefined && idOf(current) !== rejected) {
      context.learn(current.cookie?.split('=').slice(1).join('='))
      return (session = current)
    }
    return signIn()
  }
  const current = (rejected?: string): Promise<StoredTokens> =>
    session !== undefined && idOf(session) !== rejected ? Promise.resolve(session) : (signing ??= obtain(rejected).finally(() => { signing = undefined }))

  const csrf = (held: StoredTokens): Promise<string> => fetching ??= fetchToken(context, held)
    .then(async (csrfToken) => {
      if (session !== undefined && idOf(session) === idOf(held)) await save({ ...session, csrfToken })
      return csrfToken
    })
    .finally(() => { fetching = undefined })

  return {
    cookies: true,
    ready: () => canSignIn(context) || session !== undefined || context.persistent,
    apply: async (call, headers) => {
      let held = await current()
      if (scheme.csrf?.methods.includes(call.op.method)) {
        let { csrfToken } = held
        try {
          csrfToken ??= await csrf(held)
        } catch (error) {
          if (!(error instanceof ApiError) || (error.status !== 401 && !isEndedSession(error)) || !canSignIn(context)) throw error
          held = await current(idOf(held))
          csrfToken = await csrf(held)
        }
        headers[scheme.csrf.header.toLowerCase()] = csrfToken
      }
      if (held.cookie !== undefined) headers['cookie'] = headers['cookie'] === undefined ? held.cookie : `${headers['cookie']}; ${held.cookie}`
      return idOf(held)
    },
    recover: async (call, error, used) => {
      if (isCsrfRefusal(error)) {
        // A refusal that comes late must not throw away the token that another call has fetched since.
        const refused = scheme.csrf === undefined ? undefined : call.sending[scheme.csrf.header.toLowerCase()]
        if (session !== undefined && idOf(session) === used && session.csrfToken === refused) session = { ...session, csrfToken: undefined }
        return true
      }
      if (error.status !== 401 && !isEndedSession(error)) return false
      if (session !== undefined && idOf(session) === used) await forget()
      if (session === undefined && !canSignIn(context)) return false
      return idOf(await current(used)) !== used || session?.cookie === undefined
    },
    observe: async (op, reply) => {
      if (op.id === scheme.logout) await forget()
      else if (op.id === scheme.login) await save(sessionOf(reply, scheme.name))
    },
    signIn: async () => {
      await (signing ??= signIn().finally(() => { signing = undefined }))
    },
    signOut: async () => {
      const held = session ?? (await store.get(await key()))
      try {
        if (scheme.logout !== undefined && held !== undefined) {
          const headers: Record<string, string> = held.cookie === undefined ? {} : { cookie: held.cookie }
          if (scheme.csrf !== undefined) headers[scheme.csrf.header.toLowerCase()] = held.csrfToken ?? (await csrf(held))
          await context.invoke(scheme.logout, {}, headers)
        }
      } finally {
        await forget()
      }
    },
  }
}

/** The vendor's CSRF refusals are 403s without a code that say so. */
function isCsrfRefusal(error: ApiError): boolean {
  return error.status === 403 && /csrf/i.test(error.detail)
}

function isEndedSession(error: ApiError): boolean {
  return error.status === 403 && error.code === undefined && /session/i.test(error.detail)
}

function canSignIn(context: AuthContext): boolean {
  return context.has('email') && context.has('password')
}

/** What tells one session from another; a browser hides the cookie, and then all look the same. */
function idOf(session: StoredTokens): string {
  return session.cookie ?? 'browser'
}

function sessionOf(reply: Reply, name: string): StoredTokens {
  const headers = reply.response.headers as Headers & { getSetCookie?(): string[] }
  const lines = headers.getSetCookie?.() ?? [headers.get('set-cookie') ?? '']
  for (const line of lines) {
    const pair = line.split(';')[0]!.trim()
    if (pair.startsWith(`${name}=`) && pair.length > name.length + 1) return { cookie: headerValue('the session cookie', pair) }
  }
  return {}
}

async function fetchToken(context: AuthContext, session: StoredTokens): Promise<string> {
  const { operation, token } = context.scheme.csrf!
  const reply = await context.invoke(operation, {}, session.cookie === undefined ? {} : { cookie: session.cookie })
  const body = reply.json()
  const value = at(body, token) ?? at(body, `/data${token}`)
  if (typeof value !== 'string') throw refusal(context, `${operation} answered no CSRF token`)
  return headerValue('the CSRF token', value)
}
