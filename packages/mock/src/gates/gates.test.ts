import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { client, fixture } from '../../test/fixture.js'
import { SystemContext } from '../kernel/system-context.js'
import { signJwt } from './jwt.js'
import { Limits } from './rate-limit.js'
import { takeTotp, totpCode } from './totp.js'

const login = { body: { email: 'ada@example.com', password: 'secret' }, key: '' }

describe('rate limits', () => {
  it('lets N pass and not one more, in every window', async () => {
    const { call, world } = client({ rateLimits: 'documented' })
    const at = async (): Promise<number> => (await call('GET', '/items/i1')).status
    const first = await call('GET', '/items/i1')
    expect([first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining'), first.headers.get('x-ratelimit-reset')]).toEqual(['5', '4', String(Date.UTC(2026, 2, 1) / 1000 + 60)])
    for (let i = 0; i < 4; i++) expect(await at()).toBe(200)
    const refused = await call('GET', '/items/i1')
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('x-ratelimit-remaining')]).toEqual([429, '60', '0'])
    await world.advance(59_999)
    expect(await at()).toBe(429)
    await world.advance(1)
    for (let i = 0; i < 3; i++) expect(await at()).toBe(200)
    const hour = await call('GET', '/items/i1')
    expect([hour.status, hour.headers.get('retry-after')]).toEqual([429, '3540'])
    expect((await call('GET', '/items/o1', { key: 'k-other' })).status).toBe(200)
  })

  it('counts by address where nobody is known, and says so on every answer', async () => {
    const { call } = client({ rateLimits: 'documented' })
    for (let i = 0; i < 3; i++) expect((await call('POST', '/login', { key: '', body: {} })).status).toBe(401)
    expect((await call('POST', '/login', { key: '', body: {} })).status).toBe(429)
    expect((await call('GET', '/items', { key: '' })).headers.get('x-ratelimit-remaining')).toBe('5')
  })

  it('takes a number for the documented figures, or none', async () => {
    const two = client({ rateLimits: 2 })
    expect([(await two.call('GET', '/items')).status, (await two.call('GET', '/items')).status, (await two.call('GET', '/items')).status]).toEqual([200, 200, 429])
    const off = client()
    for (let i = 0; i < 20; i++) expect((await off.call('GET', '/items')).status).toBe(200)
  })

  it('refuses what is too much at once', () => {
    const limits = new Limits()
    const category = { key: 'credential', windows: [{ requests: 100, seconds: 60 }], concurrent: 2 }
    const ends = [limits.begin('a', 'k'), limits.begin('a', 'k')]
    expect(limits.take('a', category, 'k', 0)).toMatchObject({ allowed: false, wait: 1 })
    ends[0]!()
    ends[0]!()
    expect(limits.take('a', category, 'k', 0).allowed).toBe(true)
  })

  it('never lets more than N through in a window, whatever the times', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }), (requests, steps) => {
      const limits = new Limits()
      let now = 0
      const passed: number[] = []
      for (const step of steps) {
        now += step
        const found = limits.take('a', { key: 'ip', windows: [{ requests, seconds: 10 }] }, 'k', now)
        expect(found.remaining).toBeGreaterThanOrEqual(0)
        if (found.allowed) passed.push(now)
        else expect(limits.take('a', { key: 'ip', windows: [{ requests, seconds: 10 }] }, 'k', now).allowed).toBe(false)
        if (!found.allowed) expect(found.wait).toBe(Math.max(1, Math.ceil((found.reset - now) / 1000)))
      }
      // A window begins with its first request, so any N+1 in a row span at least one boundary.
      for (let i = 0; i + 2 * requests < passed.length; i++) expect(passed[i + 2 * requests]! - passed[i]!).toBeGreaterThanOrEqual(10_000)
    }))
  })
})

describe('tokens', () => {
  it('sign in, run out by the world’s clock, and rotate', async () => {
    const { call, world } = client()
    const { access, refresh } = (await call('POST', '/login', login)).body as { access: string; refresh: string }
    const me = (token: string) => call('GET', '/me', { key: '', headers: { authorization: `Bearer ${token}` } })
    expect(await me(access)).toMatchObject({ status: 200, body: { user: 'u1' } })
    await world.advance(3_600_001)
    expect(await me(access)).toMatchObject({ status: 401, body: { message: 'expired' } })
    const next = (await call('POST', '/refresh', { key: '', body: { refresh } })).body as { access: string; refresh: string }
    expect((await me(next.access)).status).toBe(200)
    // The old one again: somebody copied it, so the whole family goes.
    expect(await call('POST', '/refresh', { key: '', body: { refresh } })).toMatchObject({ status: 401, body: { message: 'reused' } })
    expect(await me(next.access)).toMatchObject({ status: 401, body: { message: 'revoked' } })
    expect((await call('POST', '/refresh', { key: '', body: { refresh: next.refresh } })).status).toBe(401)
  })

  it('two refreshes at once: one wins', async () => {
    const { call } = client()
    const { refresh } = (await call('POST', '/login', login)).body as { refresh: string }
    const both = await Promise.all([call('POST', '/refresh', { key: '', body: { refresh } }), call('POST', '/refresh', { key: '', body: { refresh } })])
    expect(both.map((reply) => reply.status).toSorted()).toEqual([201, 401].map((status) => (status === 201 ? 200 : status)))
  })

  it('refuses forged ones: no algorithm, another secret, another use, another world', async () => {
    const { call, world } = client()
    const me = async (token: string): Promise<number> => (await call('GET', '/me', { key: '', headers: { authorization: `Bearer ${token}` } })).status
    const encode = (value: unknown): string => btoa(JSON.stringify(value)).replaceAll('=', '')
    const claims = { sub: 'u1', use: 'access', aud: 'fixture', exp: 9_999_999_999 }
    expect(await me(`${encode({ alg: 'none' })}.${encode(claims)}.`)).toBe(401)
    expect(await me('a.b.c')).toBe(401)
    expect(await me(await signJwt(world.system(fixture), { sub: 'u1', use: 'temporary' }, 60))).toBe(401)
    expect(await me(await signJwt(client({ seed: 'other' }).world.system(fixture), { sub: 'u1', use: 'access' }, 60))).toBe(401)
    expect(await me(await signJwt(world.system(fixture), { sub: 'nobody', use: 'access' }, 60))).toBe(401)
    expect(await me(await signJwt(world.system(fixture), { sub: 'u1', use: 'access' }, 60))).toBe(200)
  })
})

describe('sessions', () => {
  it('want the token for what changes something', async () => {
    const { call, world } = client()
    const signed = await call('POST', '/login', login)
    const cookie = signed.headers.get('set-cookie')!.split(';')[0]!
    expect(signed.headers.get('set-cookie')).toMatch(/^sid=[0-9a-f-]{36}; Max-Age=259200; HttpOnly; Path=\/; SameSite=lax$/)
    const { csrf } = signed.body as { csrf: string }
    expect((await call('GET', '/me', { key: '', headers: { cookie } })).status).toBe(200)
    const touch = async (token?: string): Promise<number> => (await call('POST', '/touch', { key: '', headers: { cookie, ...(token && { 'x-csrf-token': token }) } })).status
    expect([await touch(), await touch('wrong'), await touch(csrf)]).toEqual([403, 403, 200])
    await world.advance(72 * 3_600_000)
    expect(await touch(csrf)).toBe(401)
  })
})

it('takes a code once, and those of the neighbouring steps', () => {
  const { world } = client()
  const c = new SystemContext(world.system(fixture), 'main')
  const user = c.store('_users').update('u1', { _totpSecret: 'JBSWY3DPEHPK3PXP' })
  const take = (code: string): boolean => takeTotp(c, c.store('_users').get(user.id)!, code)
  const now = c.ms()
  expect(take(totpCode('JBSWY3DPEHPK3PXP', now - 90_000))).toBe(false)
  expect(take(totpCode('JBSWY3DPEHPK3PXP', now - 30_000))).toBe(true)
  expect(take(totpCode('JBSWY3DPEHPK3PXP', now - 30_000))).toBe(false)
  expect(take(totpCode('JBSWY3DPEHPK3PXP', now))).toBe(true)
  expect(take('000000')).toBe(false)
})
