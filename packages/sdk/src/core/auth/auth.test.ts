import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, quick, type FixtureOptions } from '../../../test/fixture/client.js'
import { fail, json, ok, rejection, serve, until, type Seen, type TestServer } from '../../../test/fixture/server.js'
import { AuthenticationError, ConnectionError } from '../errors/index.js'
import { expiry } from './jwt.js'
import { memoryTokenStore } from './types.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

const account = { email: 'ada@example.com', password: 'correct horse' }
const path = (request: Seen) => request.url.replace('/api/v1', '')
const count = (url: string) => server.seen.filter((request) => path(request) === url).length
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
let serial = 0
/** A store that had something when it was first asked, and nothing after. */
const store = <T>(held: T) => {
  let left: T | undefined = held
  return async () => {
    const now = left
    left = undefined
    return now
  }
}
const token = (seconds: number) => `${btoa('{}')}.${btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds, n: ++serial }))}.sig`

describe('jwt', () => {
  /** A server with one valid token at a time. */
  function tokens({ life = 3600, refresh = true, totp = false } = {}) {
    const state = { current: '', refreshable: '', logins: 0, refreshes: 0 }
    const issue = () => {
      state.current = token(life)
      state.refreshable = `rt_${++serial}`
      return { access_token: state.current, refresh_token: state.refreshable, token_type: 'bearer' }
    }
    server.handle(async (request, response) => {
      await later(5)
      if (path(request) === '/auth/login') {
        state.logins++
        if (request.json().password !== account.password) return fail(response, 401, 'unauthorized')
        return totp ? ok(response, { requires_2fa: true, temp_token: 'tmp' }) : ok(response, issue())
      }
      if (path(request) === '/auth/totp') return request.json().code === '123456' && request.json().temp_token === 'tmp' ? ok(response, issue()) : fail(response, 401, 'unauthorized')
      if (path(request) === '/auth/refresh') {
        state.refreshes++
        return refresh && request.json().refresh_token === state.refreshable ? ok(response, issue()) : fail(response, 401, 'unauthorized')
      }
      return request.headers.authorization === `Bearer ${state.current}` ? ok(response, 'fine') : fail(response, 401, 'unauthorized')
    })
    return state
  }
  const client = (options: FixtureOptions = {}) => quick(server.url, { apiKey: undefined, ...account, ...options }).client
  const get = (it: Fixture) => it.request('items.get', { path: { id: 'a' } })

  it('signs in once, however many calls wait', async () => {
    const state = tokens()
    const it = client()
    expect(await Promise.all(Array.from({ length: 50 }, () => get(it)))).toEqual(Array(50).fill('fine'))
    expect(state).toMatchObject({ logins: 1, refreshes: 0 })
  })

  it('refreshes once after a 401, however many calls meet it, and late ones use the newer token', async () => {
    const state = tokens()
    const it = client()
    await get(it)
    state.current = 'revoked'
    expect(await Promise.all(Array.from({ length: 50 }, () => get(it)))).toEqual(Array(50).fill('fine'))
    expect(state).toMatchObject({ logins: 1, refreshes: 1 })
    expect(server.seen.filter((request) => request.method === 'GET').length).toBeLessThanOrEqual(101)
  })

  it('refreshes before the end', async () => {
    const state = tokens({ life: 100 })
    let offset = 0
    const it = client({ clock: { now: () => Date.now() + offset } })
    await get(it)
    offset = 60_000
    await get(it)
    expect(state).toMatchObject({ logins: 1, refreshes: 0 })
    offset = 80_000
    await Promise.all([get(it), get(it)])
    expect(state).toMatchObject({ logins: 1, refreshes: 1 })
    expect(server.seen.filter((request) => request.method === 'GET')).toHaveLength(4)
  })

  it('signs in again when the refresh is refused, and replays once only', async () => {
    const state = tokens({ refresh: false })
    const it = client()
    await get(it)
    state.current = 'revoked'
    expect(await get(it)).toBe('fine')
    expect(state).toMatchObject({ logins: 2, refreshes: 1 })
    server.handle((request, response) => (path(request).startsWith('/auth') ? ok(response, { access_token: token(60) }) : fail(response, 401, 'unauthorized')))
    const before = count('/items/a')
    expect(await rejection(get(it))).toBeInstanceOf(AuthenticationError)
    expect(count('/items/a') - before).toBe(2)
  })

  it('rejects all waiters with the same error when the session cannot be mended', async () => {
    const state = tokens({ refresh: false })
    const store = memoryTokenStore()
    const it = client({ tokenStore: store })
    await get(it)
    const orphan = client({ tokenStore: store, password: undefined })
    state.current = 'revoked'
    const errors = await Promise.all(Array.from({ length: 10 }, () => rejection(get(orphan))))
    expect(new Set(errors).size).toBe(1)
    expect(errors[0]).toBeInstanceOf(AuthenticationError)
    expect(state).toMatchObject({ logins: 1, refreshes: 1 })
  })

  it('goes on with a token that still holds when the early refresh fails, whatever of', async () => {
    for (const status of [401, 500]) {
      const state = tokens({ life: 100 })
      let offset = 0
      const it = client({ clock: { now: () => Date.now() + offset }, maxRetries: 0 })
      await get(it)
      offset = 85_000
      const { current } = state
      let refreshes = 0
      server.handle((request, response) => {
        if (path(request) !== '/auth/refresh') return request.headers.authorization === `Bearer ${current}` ? ok(response, 'fine') : fail(response, 401, 'unauthorized')
        refreshes++
        fail(response, status, 'x')
      })
      expect(await get(it)).toBe('fine')
      expect(refreshes).toBe(1)
      expect(state.logins).toBe(1)
    }
  })

  it('gives the error that ended the session to a refusal that comes after it, and asks for nothing more', async () => {
    const it = client({ email: undefined, password: undefined, tokenStore: { ...memoryTokenStore(), get: store({ accessToken: token(3600), refreshToken: 'rt' }) } })
    let refreshes = 0
    let first: (() => void) | undefined
    const late: (() => void)[] = []
    server.handle((request, response) => {
      if (path(request) === '/auth/refresh') {
        refreshes++
        return fail(response, 401, 'unauthorized')
      }
      const refuse = () => fail(response, 401, 'unauthorized')
      if (first === undefined) first = refuse
      else late.push(refuse)
    })
    const early = rejection(get(it))
    const other = rejection(get(it))
    await until(() => late.length === 1)
    first!()
    const error = await early
    expect(error).toBeInstanceOf(AuthenticationError)
    late[0]!()
    expect(await other).toBe(error)
    expect(refreshes).toBe(1)
  })

  it('keeps the session when only the network failed', async () => {
    const state = tokens()
    const it = client()
    await get(it)
    const good = state.current
    server.handle((request, response) => (path(request) === '/auth/refresh' ? void response.socket!.destroy() : fail(response, 401)))
    expect(await rejection(get(it))).toBeInstanceOf(ConnectionError)
    server.handle((request, response) => (request.headers.authorization === `Bearer ${good}` ? ok(response, 'again') : fail(response, 401)))
    expect(await get(it)).toBe('again')
  })

  it('asks for a TOTP code when there is need', async () => {
    const state = tokens({ totp: true })
    let asked = 0
    expect(await get(client({ totp: async () => { asked++; return ' 123 456 ' } }))).toBe('fine')
    expect({ asked, logins: state.logins }).toEqual({ asked: 1, logins: 1 })
    expect(await rejection(get(client()))).toMatchObject({ kind: 'AuthenticationError', code: 'totp_required' })
    expect(await rejection(get(client({ totp: '000000' })))).toBeInstanceOf(AuthenticationError)
  })

  it('passes a refused password on, as one error for all', async () => {
    const state = tokens()
    const it = client({ password: 'wrong' })
    const errors = await Promise.all(Array.from({ length: 5 }, () => rejection(get(it))))
    expect(new Set(errors).size).toBe(1)
    expect(errors[0]).toMatchObject({ kind: 'AuthenticationError', operation: 'auth.login', status: 401 })
    expect(state.logins).toBe(1)
  })

  it('uses a given token, and a store between clients', async () => {
    const state = tokens()
    const store = memoryTokenStore()
    await get(client({ tokenStore: store }))
    await get(client({ tokenStore: store }))
    expect(state.logins).toBe(1)
    const given = state.current
    expect(await get(client({ email: undefined, password: undefined, token: given }))).toBe('fine')
    state.current = 'revoked'
    expect(await rejection(get(client({ email: undefined, password: undefined, token: given })))).toBeInstanceOf(AuthenticationError)
  })

  it('takes what an explicit sign-in answered, and signs out', async () => {
    const state = tokens()
    const it = client({ tokenStore: memoryTokenStore(), password: undefined })
    await it.request('auth.login', { params: account })
    expect(await get(it)).toBe('fine')
    await it.signOut()
    expect(server.seen.at(-1)!.url).toBe('/api/v1/auth/logout')
    expect(await rejection(get(it))).toBeInstanceOf(AuthenticationError)
    expect(state.logins).toBe(1)
    const other = client()
    await other.signIn()
    await get(other)
    expect(state.logins).toBe(2)
  })

  it('a caller that leaves does not take the others along', async () => {
    tokens()
    const it = client()
    const controller = new AbortController()
    const gone = rejection(it.request('items.get', { path: { id: 'a' } }, { signal: controller.signal }))
    const stays = get(it)
    await until(() => server.seen.length > 0)
    controller.abort()
    expect(await gone).toMatchObject({ kind: 'AbortedError' })
    expect(await stays).toBe('fine')
    expect(count('/auth/login')).toBe(1)
  })

  it('prefers the key where both are given, and never shows a token', async () => {
    tokens()
    const lines: string[] = []
    const it = client({ logLevel: 'debug', logger: Object.fromEntries(['error', 'warn', 'info', 'debug'].map((level) => [level, (...all: unknown[]) => lines.push(JSON.stringify(all))])) as never })
    await get(it)
    server.handle((request, response) => json(response, 400, { error: { code: 'E', message: `no: ${request.headers.authorization}` } }))
    const error = await rejection(get(it))
    expect(error.message).not.toContain('sig')
    expect(lines.join()).not.toContain(account.password)
    expect(lines.join()).not.toMatch(/eyJ|\.sig/)
  })

  it('reads exp and survives what is no token', () => {
    expect(expiry(`x.${btoa('{"exp":5}')}.y`)).toBe(5000)
    for (const bad of ['', 'a.b.c', 'opaque', `x.${btoa('7')}.y`]) expect(expiry(bad)).toBeUndefined()
  })
})

describe('session', () => {
  function sessions() {
    const state = { cookie: '', csrf: '', logins: 0, tokens: 0 }
    server.handle(async (request, response) => {
      await later(5)
      if (path(request) === '/session/login') {
        state.logins++
        state.cookie = `fixture_session=s${++serial}`
        state.csrf = `csrf${++serial}`
        return json(response, 200, { id: 'u' }, { 'set-cookie': ['other=1; Path=/', `${state.cookie}; HttpOnly; Path=/; SameSite=lax`] })
      }
      if (request.headers.cookie !== state.cookie) return json(response, request.method === 'GET' ? 401 : 403, request.method === 'GET' ? { error: { code: 'UNAUTHORIZED', message: 'Not authenticated' } } : { detail: 'Invalid session' })
      if (path(request) === '/session/csrf') {
        state.tokens++
        return json(response, 200, { token: state.csrf })
      }
      if (request.method !== 'GET' && request.headers['x-csrf-token'] !== state.csrf) return json(response, 403, { detail: 'Invalid CSRF token' })
      return json(response, 200, { did: request.method })
    })
    return state
  }
  const client = (options: FixtureOptions = {}) => quick(server.url, { apiKey: undefined, ...account, ...options }).client

  it('signs in once and fetches the CSRF token once, only when something changes', async () => {
    const state = sessions()
    const it = client()
    await Promise.all(Array.from({ length: 20 }, () => it.request('session.read')))
    expect(state).toMatchObject({ logins: 1, tokens: 0 })
    await Promise.all(Array.from({ length: 20 }, () => it.request('session.write', { params: { a: 1 } })))
    expect(state).toMatchObject({ logins: 1, tokens: 1 })
  })

  it('renews the token after a CSRF refusal', async () => {
    const state = sessions()
    const it = client()
    await it.request('session.write')
    state.csrf = 'rotated'
    expect(await it.request('session.write')).toEqual({ did: 'POST' })
    expect(state).toMatchObject({ logins: 1, tokens: 2 })
  })

  it('fetches one new token however many calls are refused, each at another time', async () => {
    const state = sessions()
    const it = client()
    await it.request('session.write')
    // A server whose every new token ends the one before.
    const valid = { token: 'renewed elsewhere', issued: 0 }
    let late = 0
    server.handle(async (request, response) => {
      if (path(request) === '/session/csrf') return json(response, 200, { token: valid.token = `once${++valid.issued}` })
      const refused = request.headers['x-csrf-token'] !== valid.token
      await later(refused ? 10 * late++ : 60)
      return refused || request.headers['x-csrf-token'] !== valid.token ? json(response, 403, { detail: 'Invalid CSRF token' }) : json(response, 200, { did: request.method })
    })
    expect(await Promise.all(Array.from({ length: 6 }, () => it.request('session.write')))).toHaveLength(6)
    expect(valid.issued).toBe(1)
    expect(state.logins).toBe(1)
  })

  it('signs in again when the session has ended, for reads and for changes', async () => {
    const state = sessions()
    const it = client()
    await it.request('session.write')
    state.cookie = 'gone'
    expect(await Promise.all(Array.from({ length: 10 }, () => it.request('session.read')))).toHaveLength(10)
    expect(state.logins).toBe(2)
    state.cookie = 'gone'
    expect(await it.request('session.write')).toEqual({ did: 'POST' })
    expect(state).toMatchObject({ logins: 3, tokens: 2 })
  })

  it('does not take a plain 403 for either', async () => {
    const state = sessions()
    const it = client()
    await it.request('session.read')
    server.handle((_, response) => json(response, 403, { error: { code: 'FORBIDDEN', message: 'FORBIDDEN' } }))
    expect(await rejection(it.request('session.read'))).toMatchObject({ kind: 'PermissionDeniedError' })
    expect(state.logins).toBe(1)
  })

  it('keeps the session in a store and signs out with the token', async () => {
    const state = sessions()
    const store = memoryTokenStore()
    await client({ tokenStore: store }).request('session.write')
    const it = client({ tokenStore: store, password: undefined })
    expect(await it.request('session.write')).toEqual({ did: 'POST' })
    expect(state).toMatchObject({ logins: 1, tokens: 1 })
    await it.signOut()
    expect(server.seen.at(-1)).toMatchObject({ url: '/api/v1/session/logout', headers: { cookie: state.cookie, 'x-csrf-token': state.csrf } })
    expect(await rejection(it.request('session.read'))).toBeInstanceOf(AuthenticationError)
  })

  it('takes the cookie of an explicit sign-in', async () => {
    sessions()
    const it = client({ tokenStore: memoryTokenStore(), password: undefined })
    await it.request('session.login', { params: account })
    expect(await it.request('session.read')).toEqual({ did: 'GET' })
  })
})
