import { describe, expect, it, vi } from 'vitest'
import { takeTotp, totpCode } from '../../src/gates/totp.js'
import { SystemContext } from '../../src/kernel/system-context.js'
import { client, fixture } from '../fixture.js'
import { bearer } from '../harness/accounts.js'
import { arena } from '../harness/arena.js'
import { caller, signIn } from '../orbiter.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Every operation with every bad credential: ../fidelity/auth.test.ts. Every limit: ../fidelity/limits.test.ts. These are the rules behind.

describe('pitfalls: sign-in and limits', () => {
  it('25. the order is route, sign-in, scope, limit, media type, validation, behaviour', async () => {
    const { call } = client({ rateLimits: 'documented' })
    const status = async (...args: Parameters<typeof call>): Promise<number> => (await call(...args)).status
    const bad = { body: 'not json', headers: { 'content-type': 'text/plain', accept: 'image/png' } }
    expect(await status('POST', '/nothing', { ...bad, key: '' })).toBe(404)
    expect(await status('POST', '/items', { ...bad, key: '' })).toBe(401)
    expect(await status('GET', '/items/mine', { ...bad, body: undefined, key: 'k-read' })).toBe(403)
    expect(await status('POST', '/items', bad)).toBe(415)
    expect(await status('POST', '/items', { body: 'not json', headers: { 'content-type': 'application/json' } })).toBe(400)
    expect(await status('POST', '/items', { body: {} })).toBe(400)
    for (let i = 0; i < 5; i++) await call('GET', '/items')
    expect(await status('POST', '/items', bad), 'the limit comes before the media type').toBe(429)
    expect(await status('POST', '/items', { ...bad, key: '' }), 'and after sign-in').toBe(401)
  })

  it('26. a token is verified: another audience, another server, another use', async () => {
    const [orca, flexorch] = [await arena('orca'), await arena('flexorch')]
    expect((await orca.send(orca.operation('files.list'), {}, flexorch.who.main['jwt']!)).status).toBe(401)
    expect((await flexorch.send(flexorch.operation('usage.get'), {}, orca.who.main['jwt']!)).status).toBe(401)
    const elsewhere = await arena('orca', { seed: 'another' })
    expect((await elsewhere.send(elsewhere.operation('files.list'), {}, orca.who.main['jwt']!)).status).toBe(401)
    for (const { mock } of [orca, flexorch, elsewhere]) await mock.close()
  })

  it('27. alternatives: one good credential is enough, wherever the bad one stands; an operation without security needs none', async () => {
    const at = await arena('flexorch')
    const usage = at.operation('usage.get')
    expect((await at.send(usage, {}, at.who.main['apiKey']!)).status).toBe(200)
    expect((await at.send(usage, {}, at.who.main['jwt']!)).status).toBe(200)
    expect((await at.send(usage, {}, { 'x-api-key': 'dfx_nobody', ...at.who.main['jwt']! })).status).toBe(200)
    expect((await at.send(usage, {}, { ...at.who.main['apiKey']!, ...bearer('a.b.c') })).status).toBe(200)
    expect((await at.send(at.operation('auth.login'), {}, bearer('a.b.c'))).status).toBe(200)
    await at.mock.close()
  })

  it('28. a code counts once and for its neighbours; CSRF only for cookies and for what changes something; the cookie has its flags', async () => {
    const { world } = client()
    const c = new SystemContext(world.system(fixture), 'main')
    c.store('_users').update('u1', { _totpSecret: 'JBSWY3DPEHPK3PXP' })
    const take = (ms: number): boolean => takeTotp(c, c.store('_users').get('u1')!, totpCode('JBSWY3DPEHPK3PXP', c.ms() + ms))
    expect([take(-90_000), take(-30_000), take(-30_000), take(0), take(0), take(30_000), take(90_000)]).toEqual([false, true, false, true, false, true, false])
    const at = await arena('orbiter')
    const session = await signIn(at.mock)
    const cookie = { cookie: session.headers['cookie']! }
    expect((await at.send(at.operation('projects.list'), {}, cookie)).status).toBe(200)
    expect((await at.send(at.operation('projects.create'), {}, cookie)).status).toBe(403)
    expect((await at.send(at.operation('ci.deploy'))).status, 'no cookie, no CSRF').toBe(201)
    const login = await caller(at.mock)('POST', '/api/v1/auth/login', { email: 'ada@example.com', password: 'correct horse battery staple' })
    expect(login.headers.get('set-cookie')).toMatch(/; HttpOnly; Path=\/; SameSite=lax$/)
    await at.mock.close()
  })

  it('29. N pass and N + 1 does not, and the headers agree to the second', async () => {
    const at = await arena('klarefi', { rateLimits: 'documented' })
    const me = at.operation('me.get')
    await at.mock.advance(400)
    for (let i = 0; i < 100; i++) expect((await at.send(me)).status).toBe(200)
    await at.mock.advance(20_300)
    const refused = await at.send(me)
    const [wait, reset] = ['retry-after', 'x-ratelimit-reset'].map((name) => Number(refused.headers.get(name)))
    expect([refused.status, wait]).toEqual([429, 40])
    expect(reset! * 1000 - at.mock.clock.now()).toBeGreaterThan((wait! - 1) * 1000)
    expect(reset! * 1000 - at.mock.clock.now()).toBeLessThanOrEqual((wait! + 1) * 1000)
    await at.mock.advance(wait! * 1000)
    expect((await at.send(me)).status).toBe(200)
    await at.mock.close()
  })
})
