import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMock, type Mock } from '@orkit/mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { totpCode } from '../../mock/src/gates/totp.js'
import { run } from '../src/app/run.js'
import { locked } from '../src/client/lock.js'
import { app } from './app.js'
import { bin, exec, isBuilt, missing, onTerminal, orkit } from './built.js'
import { fakeIo } from './io.js'

const password = 'correct horse battery staple'
let mock: Mock
let base: Record<string, string>

beforeAll(async () => {
  mock = createMock({ rateLimits: 'off', strict: true })
  const { url } = await mock.listen({ port: 0 })
  const at = (system: 'orca' | 'orckai' | 'orbiter' | 'flexorch' | 'klarefi') => url + new URL(mock.baseUrl(system)).pathname
  base = { ORCA_BASE_URL: at('orca'), ORCKAI_BASE_URL: at('orckai'), ORBITER_BASE_URL: at('orbiter'), FLEXORCH_BASE_URL: at('flexorch'), KLAREFI_BASE_URL: at('klarefi') }
})
afterAll(() => mock.close())

const fresh = (more: Record<string, string> = {}) => {
  const home = mkdtempSync(join(tmpdir(), 'orkit-auth-'))
  return { home, env: { ...base, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), ORKIT_CREDENTIAL_STORE: 'file', ...more } }
}
const inProcess = async (line: readonly string[], env: Record<string, string>, stdin?: string) => {
  const io = fakeIo({ env, ...(stdin === undefined ? {} : { stdin }) })
  return { code: await run(app, line, io), out: io.out(), err: io.err() }
}
const since = (n: number, id: string) => mock.journal.entries({ since: n }).filter((entry) => entry.operationId === id)
const now = () => mock.journal.entries().at(-1)?.n ?? 0

describe.skipIf(!isBuilt && !process.env['CI'])('on a terminal', () => {
  const login = `${process.execPath} ${bin} orca auth login`

  it.skipIf(missing('script'))('asks, and shows nothing of the password', { timeout: 60_000 }, async () => {
    const { env, home } = fresh()
    const { code, screen } = await onTerminal(login, [['E-mail', 'ada@example.com\r'], ['assword', `${password}\r`]].map(([question, answer]) => [question === 'E-mail' ? 'mail' : question!, answer!] as const), env)
    expect(code, screen).toBe(0)
    expect(screen).toContain('ada@example.com')
    expect(screen).not.toContain('correct horse')
    const stored = join(home, 'config', 'orkit', 'credentials.json')
    expect(statSync(stored).mode & 0o777).toBe(0o600)
    expect(readFileSync(stored, 'utf8')).not.toContain('correct horse')
    expect((await orkit(['orca', 'jobs', 'list'], { env })).code).toBe(0)
  })

  it.skipIf(missing('script'))('asks for a TOTP code when the server wants one, hidden', { timeout: 60_000 }, async () => {
    const { env } = fresh()
    const account = totpAccount
    const code = totpCode(account.secret, mock.clock.now())
    const ran = await onTerminal(login, [['mail', `${account.email}\r`], ['assword', `${password}\r`], ['authenticator', `${code}\r`]], env)
    expect(ran.code, ran.screen).toBe(0)
    expect(ran.screen).not.toContain(code)
  })

  it.skipIf(missing('script'))('ends with 130 at Ctrl-C while it asks', { timeout: 60_000 }, async () => {
    const ran = await onTerminal(login, [['mail', '\u0003']], fresh().env)
    expect(ran.code, ran.screen).toBe(130)
  })

  it.skipIf(missing('script'))('asks before it deletes, and takes no for an answer', { timeout: 60_000 }, async () => {
    const { env } = fresh({ ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000' })
    const before = now()
    const ran = await onTerminal(`${process.execPath} ${bin} orckai agents delete a1b2c3d4-0000-4000-8000-000000000002`, [['[y/N]', 'n\r']], env)
    expect(ran.code, ran.screen).toBe(2)
    expect(since(before, 'agents.delete')).toHaveLength(0)
  })
})

const totpAccount = { email: 'grace@example.com', secret: 'JBSWY3DPEHPK3PXP' }

describe('sign-in without a terminal', () => {
  it('never asks, and names every way', async () => {
    const { env } = fresh()
    const ran = await inProcess(['orca', 'auth', 'login', '--email', 'ada@example.com', '-o', 'table'], env)
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('ORCA_PASSWORD')
    expect(ran.err).toContain('--password-stdin')
  })

  it('proves what is given, not what lies about', async () => {
    const { env, home } = fresh({ ORCA_EMAIL: 'ada@example.com', ORCA_PASSWORD: password })
    const ran = await inProcess(['orca', 'auth', 'login', '--with-token'], env, 'not.a.token\n')
    expect([ran.code, existsSync(join(home, 'config', 'orkit', 'credentials.json'))]).toEqual([3, false])
  })

  it('a key that is known but may not do the call that proves it is one all the same', async () => {
    const server = createServer((_request, response) => response.writeHead(403, { 'content-type': 'application/json' }).end('{"success":false,"error":"no scope","code":"FORBIDDEN"}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { env } = fresh({ ORCKAI_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
      const ran = await inProcess(['orckai', 'auth', 'login', '--with-token'], env, 'oak_narrow_0000000000000000\n')
      expect(ran.code, ran.err).toBe(0)
      const status = await inProcess(['orckai', 'auth', 'status'], env)
      expect([status.code, JSON.parse(status.out)]).toEqual([0, [expect.objectContaining({ state: 'signed in', note: expect.stringContaining('no scope') })]])
    } finally {
      server.close()
    }
  })

  it('of a file that is broken shows none of its text', async () => {
    for (const text of ['oak_canary_broken_0000', 'null', '{"default/orckai/apiKey": "oak_canary_broken_0000"']) {
      const { env, home } = fresh()
      mkdirSync(join(home, 'config', 'orkit'), { recursive: true })
      writeFileSync(join(home, 'config', 'orkit', 'credentials.json'), text)
      const ran = await inProcess(['orckai', 'agents', 'list', '--debug'], env)
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('sign in again')])
      expect(ran.err).not.toContain('oak_can')
    }
  })

  it('says what still signs in after signing out', async () => {
    const { env } = fresh({ ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000' })
    const ran = await inProcess(['orckai', 'auth', 'logout'], env)
    expect([ran.code, ran.err]).toEqual([0, 'Signed out of Orckai. ORCKAI_API_KEY in the environment still signs in: unset it too.\n'])
    expect((await inProcess(['orckai', 'auth', 'logout'], fresh().env)).err).toBe('Signed out of Orckai.\n')
  })

  it('with a wrong password stores nothing', async () => {
    const { env, home } = fresh()
    const ran = await inProcess(['orca', 'auth', 'login', '--email', 'ada@example.com', '--password-stdin'], env, 'wrong-password-canary\n')
    expect(ran.code).toBe(3)
    expect(ran.err).not.toContain('wrong-password-canary')
    expect(readdirSync(home)).toEqual([])
  })

  it('all systems have a state, and JSON and exit code agree', async () => {
    const { env } = fresh({ ORCKAI_API_KEY: 'oak_wrong_0000000000000000000000000000' })
    const ran = await inProcess(['auth', 'status'], env)
    expect(ran.code).toBe(3)
    const rows = JSON.parse(ran.out) as { system: string; state: string }[]
    expect(rows.map(({ system, state }) => `${system}: ${state}`)).toEqual(['orca: signed out', 'orckai: refused', 'flexorch: signed out', 'klarefi: signed out', 'orbiter: signed out'])
  })
})

it('no secret reaches --debug, errors or files that are not for it', { timeout: 60_000 }, async () => {
  const canaries = ['canary-password-7f3a', 'oak_canary_key_000000000000000000000', 'canary-totp-991', 'canary-field-secret']
  const { env, home } = fresh({ ORCA_EMAIL: 'ada@example.com', ORCA_PASSWORD: canaries[0]!, ORCKAI_API_KEY: canaries[1]!, FLEXORCH_API_KEY: 'dfx_test_full_access_0000000000000000' })
  const lines = [
    ['orca', 'jobs', 'list', '--debug'],
    ['orckai', 'agents', 'list', '--debug', '-o', 'table'],
    ['orckai', 'agents', 'list', '--debug', '--base-url', 'http://127.0.0.1:9', '--max-retries', '0'],
    ['flexorch', 'webhooks', 'create', '--url', 'https://example.com/x', '--events', 'job.completed', '--body', `{"secret":"${canaries[3]}"}`, '--debug'],
    ['orca', 'auth', 'login', '--debug'],
    ['orckai', 'agents', 'list', '--dry-run'],
    ['doctor', '--system', 'orckai'],
    ['config', 'list'],
  ]
  for (const line of lines) {
    const { out, err } = await inProcess(line, env)
    for (const canary of [...canaries, 'dfx_test_full_access']) expect(`${out}${err}`, line.join(' ')).not.toContain(canary)
  }
  await inProcess(['config', 'set', 'orca.email', 'ada@example.com'], env)
  expect(readFileSync(join(home, 'config', 'orkit', 'config.json'), 'utf8')).not.toContain('canary')
  expect((await inProcess(['config', 'set', 'orckai.api-key', 'x'], env)).err).toContain('never in the config file')
})

it('a secret on the command line is warned of', async () => {
  const { env, home } = fresh({ FLEXORCH_API_KEY: 'dfx_test_full_access_0000000000000000' })
  const ran = await inProcess(['flexorch', 'auth', 'signup', '--email', 'new@example.com', '--password', 'a long password of mine'], env)
  expect(ran.err).toContain('--password on the command line is seen by other programs')
  expect(ran.err).not.toContain('a long password')
  const warned = async (...line: string[]) => /^warning: (\S+(?: \S+)?) on the command line/m.exec((await inProcess([...line, '--max-retries', '0'], { ...env, FLEXORCH_BASE_URL: 'http://127.0.0.1:9', KLAREFI_BASE_URL: 'http://127.0.0.1:9' })).err)?.[1]
  writeFileSync(join(home, 'secret.json'), '{"password": "x"}')
  const signup = ['flexorch', 'auth', 'signup', '--email', 'e@example.com']
  expect(await warned(...signup, '-F', 'password=x')).toBe('-F password')
  expect(await warned(...signup, '--body', '{"password": "x"}')).toBe('--body')
  expect(await warned('flexorch', 'connectors', 'create', '--name', 'n', '--type', 'azure_blob', '--config.account-key', 'k')).toBe('--config.account-key')
  expect(await warned('webhooks', 'verify', 'nothing', '--signature', 's', '--secret', 'k')).toBe('--secret')
  expect(await warned('api', 'flexorch', 'GET', '/jobs', '--header', 'Authorization: Bearer x')).toBe('--header Authorization')
  for (const quiet of [['--body', `@${join(home, 'secret.json')}`], ['-F', `password=@${join(home, 'secret.json')}`], ['-F', 'workspace=x']]) expect(await warned(...signup, ...quiet), quiet.join(' ')).toBeUndefined()
  // Those of the reference server are no secrets.
  expect((await inProcess(['flexorch', 'auth', 'signup', '--email', 'other@example.com', '--password', 'a long password of mine', '--mock'], env)).err).not.toContain('warning')
})

describe.skipIf(!isBuilt && !process.env['CI'])('ten processes', () => {
  it('renew one expired token once, and none loses the rotated one', { timeout: 120_000 }, async () => {
    const { env, home } = fresh()
    const login = await inProcess(['orca', 'auth', 'login', '--email', 'ada@example.com', '--password-stdin'], env, `${password}\n`)
    expect(login.code, login.err).toBe(0)
    const file = join(home, 'config', 'orkit', 'credentials.json')
    const expire = () => {
      const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
      for (const [name, value] of Object.entries(stored)) if (name.includes('/tokens/')) stored[name] = JSON.stringify({ ...(JSON.parse(value) as object), accessToken: 'eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.AAAA', expiresAt: 1000 })
      writeFileSync(file, JSON.stringify(stored))
    }
    for (let round = 0; round < 2; round++) {
      expire()
      const before = now()
      const ran = await Promise.all(Array.from({ length: 10 }, () => orkit(['orca', 'jobs', 'list'], { env })))
      expect(ran.map(({ code, err }) => `${code}${err}`)).toEqual(Array.from({ length: 10 }, () => '0'))
      expect(since(before, 'auth.refresh').map(({ status }) => status)).toEqual([200])
    }
  })
})

describe('the lock', () => {
  it('lets one in at a time, and is taken over from a process that died', { timeout: 30_000 }, async () => {
    const lock = join(mkdtempSync(join(tmpdir(), 'orkit-lock-')), 'a.lock')
    writeFileSync(lock, '2147480000')
    const old = new Date(Date.now() - 5000)
    utimesSync(lock, old, old)
    let inside = 0
    let most = 0
    await Promise.all(Array.from({ length: 20 }, () => locked(lock, async () => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setTimeout(resolve, 2))
      inside--
    })))
    expect(most).toBe(1)
    expect(readdirSync(join(lock, '..'))).toEqual([])
  })
})

describe('the key store', () => {
  it('that is not there gives way to a file, and says so', async () => {
    const { env, home } = fresh({ ORKIT_CREDENTIAL_STORE: '' })
    delete (env as Record<string, string>)['ORKIT_CREDENTIAL_STORE']
    const ran = await orkit(['orckai', 'auth', 'login', '--with-token'], { env: { ...env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' }, stdin: 'oak_test_full_access_0000000000000000\n' })
    expect(ran.code, ran.err).toBe(0)
    expect(ran.err).toContain('readable by you only')
    expect(statSync(join(home, 'config', 'orkit', 'credentials.json')).mode & 0o777).toBe(0o600)
  })

  it.skipIf(missing('gnome-keyring-daemon') || missing('dbus-run-session'))('of GNOME keeps a key from one process to the next', { timeout: 60_000 }, async () => {
    const runtime = mkdtempSync(join(tmpdir(), 'orkit-run-'))
    chmodSync(runtime, 0o700)
    const { env, home } = fresh({ ORKIT_CREDENTIAL_STORE: 'keyring', XDG_RUNTIME_DIR: runtime })
    const cli = `"${process.execPath}" "${bin}"`
    const script = `printf 'pass\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
      printf 'oak_test_full_access_0000000000000000' | ${cli} orckai auth login --with-token || exit 1
      ${cli} orckai auth token -o raw || exit 1
      ${cli} doctor --system orckai -o json || exit 1
      ${cli} orckai auth logout || exit 1
      ${cli} orckai auth status --jq '.[].state'`
    const ran = await exec('dbus-run-session', ['--', 'sh', '-c', script], { env: { ...env, XDG_DATA_HOME: join(home, 'data') } })
    expect(ran.code, `${ran.out}${ran.err}`).toBe(0)
    expect(ran.out).toContain('oak_test_full_access_0000000000000000')
    expect(ran.out).toContain('the system’s key store')
    expect(ran.out.trim().endsWith('signed out')).toBe(true)
    expect(() => statSync(join(home, 'config', 'orkit', 'credentials.json'))).toThrow()
  })
})
