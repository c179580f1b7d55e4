import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request as forward } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMock, type Mock } from '@orkit/mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../src/app/run.js'
import { node } from '../src/commands/doctor.js'
import { app } from './app.js'
import { isBuilt, missing, orkit as built } from './built.js'
import { fakeIo } from './io.js'

let mock: Mock
let baseUrl: string
const key = 'oak_test_full_access_0000000000000000'

beforeAll(async () => {
  mock = createMock({ systems: ['orckai'], rateLimits: 'off' })
  baseUrl = `${(await mock.listen({ port: 0 })).url}/orckai/api/v1`
})
afterAll(() => mock.close())

function fresh() {
  const home = mkdtempSync(join(tmpdir(), 'orkit-config-'))
  const file = join(home, '.config', 'orkit', 'config.json')
  const env: Record<string, string> = { HOME: home, ORKIT_CREDENTIAL_STORE: 'file' }
  const orkit = async (line: readonly string[], more: Record<string, string> = {}, stdin?: string) => {
    const io = fakeIo({ env: { ...env, ...more }, cwd: home, ...(stdin === undefined ? {} : { stdin }) })
    return { code: await run(app, line, io), out: io.out(), err: io.err() }
  }
  const write = (text: string) => {
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, text)
  }
  return { home, file, env, orkit, write }
}

describe('config', () => {
  it('sets, gets, lists and takes out, and the file says where a base URL is', async () => {
    const { orkit, file } = fresh()
    expect((await orkit(['config', 'path'])).out).toBe(`${file}\n`)
    expect((await orkit(['config', 'set', 'orckai.base-url', baseUrl])).code).toBe(0)
    expect((await orkit(['config', 'get', 'orckai.base-url'])).out).toBe(`${baseUrl}\n`)
    expect((await orkit(['orckai', 'agents', 'list'], { ORCKAI_API_KEY: key })).code).toBe(0)
    const rows = JSON.parse((await orkit(['config', 'list'], { ORCA_BASE_URL: 'http://from.environment' })).out) as { key: string; value: string; source: string }[]
    expect(rows.find((row) => row.key === 'orckai.base-url')).toMatchObject({ value: baseUrl, source: 'file' })
    expect(rows.find((row) => row.key === 'orca.base-url')).toMatchObject({ value: 'http://from.environment', source: 'ORCA_BASE_URL' })
    await orkit(['config', 'unset', 'orckai.base-url'])
    expect((await orkit(['config', 'get', 'orckai.base-url'])).code).toBe(2)
  })

  it('unset takes from the profile that set gives to', async () => {
    const { orkit } = fresh()
    for (const line of [['profile', 'create', 'staging'], ['profile', 'use', 'staging'], ['config', 'set', 'orckai.base-url', baseUrl]]) await orkit(line)
    expect((await orkit(['config', 'unset', 'orckai.base-url'])).code).toBe(0)
    expect((await orkit(['config', 'get', 'orckai.base-url'])).code).toBe(2)
  })

  it('a profile may be called what every object has', async () => {
    const { orkit } = fresh()
    expect((await orkit(['profile', 'use', 'constructor'])).code).toBe(2)
    expect((await orkit(['profile', 'create', 'constructor'])).code).toBe(0)
    expect((await orkit(['profile', 'use', 'constructor'])).code).toBe(0)
    expect((await orkit(['profile', 'create', '__proto__'])).code).toBe(2)
  })

  it('an empty HOME is none: nothing is kept in the folder where the command runs', async () => {
    const { orkit } = fresh()
    expect((await orkit(['config', 'path'], { HOME: '' })).out).toMatch(/^\/.*\/orkit\/config\.json\n$/)
  })

  it('flag, environment, file, default: in that order', async () => {
    const { orkit } = fresh()
    await orkit(['config', 'set', 'output', 'yaml'])
    await orkit(['config', 'set', 'orckai.base-url', 'http://127.0.0.1:9'])
    const credentials = { ORCKAI_API_KEY: key }
    const first = ['orckai', 'agents', 'list', '--max', '1', '--fields', 'id', '--max-retries', '0']
    expect((await orkit(first, credentials)).code).toBe(7)
    expect((await orkit(first, { ...credentials, ORCKAI_BASE_URL: baseUrl })).out).toMatch(/^- id: /)
    expect((await orkit([...first, '--base-url', baseUrl], { ...credentials, ORCKAI_BASE_URL: 'http://127.0.0.1:9' })).code).toBe(0)
    expect((await orkit([...first, '--base-url', baseUrl, '-o', 'csv'], credentials)).out).toMatch(/^id\r\n/)
  })

  it.each([
    ['{\n  "profiles": {\n    "default": {\n      "orckai": { "baseUrl": "not a url" }\n    }\n  }\n}', 'line 4, column 19: profiles.default.orckai.baseUrl'],
    ['{\n  "output": "xml"\n}', 'line 2, column 3: output'],
    ['{\n  "profile": "a",\n  "colour": true\n}', 'line 3, column 3: colour'],
    ['{\n  "profile": "a"\n  "output": "json"\n}', 'line 3'],
    ['{\n  "profile": "a",\n}', 'line 3, column 1: it is not JSON'],
    ["{\n  'profile': 'a'\n}", 'line 2, column 3: it is not JSON'],
    ['{\n  "profile": a\n}', 'config.json: it is not JSON'],
    ['{\n  "profiles": {\n    "default": { "orckai": { "apiKey": "x" } }\n  }\n}', 'line 3, column 30: profiles.default.orckai.apiKey'],
  ])('names the line of the mistake', async (text, where) => {
    const { orkit, write } = fresh()
    write(text)
    const { code, err } = await orkit(['orckai', 'agents', 'list', '--mock'])
    expect(code).toBe(2)
    expect(err).toContain(where)
    for (const line of [['config', 'path'], ['help', 'formatting'], ['completion', 'bash'], ['__complete', '--', 'orckai', 'agents', 'l']]) expect((await orkit(line)).code, line.join(' ')).toBe(0)
  })

  it('is mended in an editor, and checked afterwards', async () => {
    const { orkit, write, home, file } = fresh()
    write('{ "output": "xml" }')
    const editor = join(home, 'my editor')
    writeFileSync(editor, `#!/bin/sh\nsed -i s/xml/json/ "$1"\n`)
    chmodSync(editor, 0o755)
    expect((await orkit(['config', 'edit', '--editor', `'${editor}'`])).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('json')
    writeFileSync(editor, `#!/bin/sh\nsed -i s/json/xml/ "$1"\n`)
    expect((await orkit(['config', 'edit', '--editor', `'${editor}'`])).code).toBe(2)
  })

  it.each([['orckai.base-ur', "Did you mean 'orckai.base-url'"], ['orckai.api-key', 'secrets are never']])('refuses %s', async (name, text) => {
    const { code, err } = await fresh().orkit(['config', 'set', name, 'x'])
    expect(code).toBe(2)
    expect(err).toContain(text)
  })

  it('does not read an .env file', async () => {
    const { orkit, home } = fresh()
    writeFileSync(join(home, '.env'), `ORCKAI_API_KEY=${key}\nORCKAI_BASE_URL=${baseUrl}\n`)
    expect((await orkit(['orckai', 'agents', 'list', '--base-url', baseUrl])).code).toBe(3)
  })
})

it('profiles keep accounts apart', async () => {
  const { orkit } = fresh()
  const at = { ORCKAI_BASE_URL: baseUrl }
  expect((await orkit(['profile', 'create', 'staging'])).code).toBe(0)
  expect((await orkit(['--profile', 'staging', 'orckai', 'auth', 'login', '--with-token'], at, key)).code).toBe(0)
  expect((await orkit(['orckai', 'agents', 'list'], at)).code).toBe(3)
  expect((await orkit(['orckai', 'agents', 'list', '--profile', 'staging'], at)).code).toBe(0)
  expect((await orkit(['profile', 'use', 'stagin'])).err).toContain("Did you mean 'staging'?")
  expect((await orkit(['profile', 'use', 'staging'])).code).toBe(0)
  expect((await orkit(['orckai', 'agents', 'list'], at)).code).toBe(0)
  expect((await orkit(['orckai', 'agents', 'list'], { ...at, ORKIT_PROFILE: 'default' })).code).toBe(3)
  expect(JSON.parse((await orkit(['profile', 'list'])).out)).toEqual([{ name: 'default', inUse: false, systems: null }, { name: 'staging', inUse: true, systems: null }])
  expect((await orkit(['profile', 'delete', 'staging'])).err).toContain('--yes')
  const gone = await orkit(['profile', 'delete', 'staging', '--yes'])
  expect(gone.code, gone.err).toBe(0)
  await orkit(['profile', 'create', 'staging'])
  expect((await orkit(['orckai', 'agents', 'list', '--profile', 'staging'], at)).code).toBe(3)
})

it('who deletes the profile in use goes on with the default one', async () => {
  const { orkit } = fresh()
  await orkit(['profile', 'create', 'staging'])
  await orkit(['profile', 'use', 'staging'])
  expect((await orkit(['profile', 'delete', 'staging', '--yes'])).code).toBe(0)
  expect((await orkit(['config', 'get', 'profile'])).out).toBe('default\n')
})

it('auth status says where a credential really is: one kept in the file is not in the key store', async () => {
  const { orkit, home } = fresh()
  const at = { ORCKAI_BASE_URL: baseUrl }
  expect((await orkit(['orckai', 'auth', 'login', '--with-token'], at, key)).code).toBe(0)
  const { out } = await orkit(['orckai', 'auth', 'status'], { ...at, ORKIT_CREDENTIAL_STORE: '' })
  expect(JSON.parse(out)).toMatchObject([{ state: 'signed in', source: `stored in ${join(home, '.config', 'orkit', 'credentials.json')}` }])
})

describe('doctor', () => {
  const findings = (out: string) => JSON.parse(out) as { check: string; state: string; detail: string; mend: string | null }[]

  it('finds nothing where all is well', async () => {
    const { code, out } = await fresh().orkit(['doctor', '--system', 'orckai'], { ORCKAI_BASE_URL: baseUrl, ORCKAI_API_KEY: key })
    expect(code).toBe(0)
    expect(findings(out).filter(({ state }) => state !== 'ok')).toEqual([])
    expect(findings(out).map(({ check }) => check)).toEqual(expect.arrayContaining(['node', 'config', 'key store', 'proxy', 'orckai network', 'orckai sign-in']))
  })

  it('says what to mend: credential, network, proxy, certificates, config, clock', async () => {
    const { orkit, write } = fresh()
    const refused = await orkit(['doctor', '--system', 'orckai'], { ORCKAI_BASE_URL: baseUrl, ORCKAI_API_KEY: 'oak_wrong_000000000000000000' })
    expect(refused.code).toBe(3)
    expect(findings(refused.out).find(({ check }) => check === 'orckai sign-in')).toMatchObject({ state: 'fail', mend: 'orkit orckai auth login' })
    const unreachable = await orkit(['doctor', '--system', 'orckai'], { ORCKAI_BASE_URL: 'http://127.0.0.1:9', HTTP_PROXY: 'socks5://x', NODE_EXTRA_CA_CERTS: '/nowhere.pem', NO_PROXY: '*' })
    expect(unreachable.code).toBe(7)
    expect(findings(unreachable.out).filter(({ state }) => state === 'fail').map(({ check }) => check)).toEqual(['proxy', 'certificates', 'orckai network'])
    const late = createServer((_, response) => response.setHeader('date', new Date(Date.now() + 600_000).toUTCString()).writeHead(404).end('{}'))
    await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve))
    const skewed = await orkit(['doctor', '--system', 'orckai'], { ORCKAI_BASE_URL: `http://127.0.0.1:${(late.address() as AddressInfo).port}` })
    late.close()
    expect(findings(skewed.out).find(({ check }) => check === 'orckai clock')).toMatchObject({ state: 'warn', detail: expect.stringMatching(/600 s behind|599 s behind/) as string })
    expect(node('18.20.0').state).toBe('fail')
    write('{')
    const wrong = await orkit(['doctor', '--system', 'orckai'], { ORCKAI_BASE_URL: baseUrl })
    expect(wrong.code).toBe(1)
    expect(findings(wrong.out).find(({ check }) => check === 'config')).toMatchObject({ state: 'fail', mend: 'orkit config edit' })
    const narrow = await fresh().orkit(['doctor', '--system', 'orckai', '-o', 'table'], { ORCKAI_BASE_URL: 'http://127.0.0.1:9' })
    // A narrow table would cut what is to be done.
    expect(narrow.err).toMatch(/ orckai network.*: check the network, the proxy variables and the base URL\n/)
    expect(narrow.out).not.toContain('MEND')
    const store = await fresh().orkit(['doctor', '--system', 'orckai'], { ORCKAI_BASE_URL: baseUrl, ORKIT_CREDENTIAL_STORE: 'safe' })
    const nowhere = await fresh().orkit(['doctor', '--system', 'orckai'], { ORCKAI_BASE_URL: 'nowhere' })
    // Whatever is wrong, there is something to do about it.
    for (const { out } of [refused, unreachable, skewed, wrong, store, nowhere]) {
      const bad = findings(out).filter(({ state }) => state !== 'ok')
      expect(bad.length).toBeGreaterThan(0)
      for (const finding of bad) expect(finding.mend, JSON.stringify(finding)).toMatch(/\w/)
    }
  })
})

describe.skipIf(!isBuilt && !process.env['CI'])('the network', () => {
  it('goes through a proxy, but not to what NO_PROXY names, nor to this machine', { timeout: 60_000 }, async () => {
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      asked.push(request.url!)
      socket.end('HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const env = { ...fresh().env, ORCKAI_API_KEY: key, HTTP_PROXY: address, HTTPS_PROXY: address, ORCKAI_BASE_URL: 'https://orckai.invalid/api/v1' }
    const list = ['orckai', 'agents', 'list', '--max-retries', '0']
    const refused = await built(list, { env })
    expect(refused).toMatchObject({ code: 7, err: expect.stringContaining('the proxy answered 407 to CONNECT') })
    expect(asked).toEqual(['orckai.invalid:443'])
    expect((await built(list, { env: { ...env, NO_PROXY: '.invalid' } })).code).toBe(7)
    expect((await built(list, { env: { ...env, ORCKAI_BASE_URL: baseUrl } })).code).toBe(0)
    expect(asked).toHaveLength(1)
    const unclear = await built(list, { env: { ...env, HTTPS_PROXY: 'http://ada:pass word@' } })
    expect(unclear).toMatchObject({ code: 2, err: expect.stringContaining('HTTPS_PROXY is not the address of a proxy') })
    expect(unclear.err).not.toContain('pass word')
    proxy.closeAllConnections()
    proxy.close()
  })

  it.skipIf(missing('openssl'))('trusts an authority of one’s own, and nobody without', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'orkit-ca-'))
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
    const server = createSecure({ key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) }, (request, response) => {
      const to = new URL(baseUrl)
      request.pipe(forward({ host: to.hostname, port: to.port, path: request.url, method: request.method, headers: { ...request.headers, host: to.host } }, (answer) => answer.pipe(response.writeHead(answer.statusCode!, answer.headers))))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const env = { ...fresh().env, ORCKAI_BASE_URL: `https://localhost:${(server.address() as AddressInfo).port}/orckai/api/v1`, ORCKAI_API_KEY: key }
    const refused = await built(['orckai', 'agents', 'list', '--max-retries', '0'], { env })
    expect(refused.code, refused.err).toBe(7)
    const trusted = await built(['orckai', 'agents', 'list'], { env: { ...env, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') } })
    expect(trusted.code, trusted.err).toBe(0)
    server.closeAllConnections()
    server.close()
  })
})

describe('Windows', () => {
  const windows = async (line: readonly string[], env: Record<string, string>) => {
    const io = fakeIo({ platform: 'win32', env })
    return { code: await run(app, line, io), out: io.out() }
  }
  it('keeps its files where Windows programs do, unless XDG says otherwise', async () => {
    const folders = { APPDATA: '/c/Users/Ada/AppData/Roaming', LOCALAPPDATA: '/c/Users/Ada/AppData/Local', USERPROFILE: '/c/Users/Ada' }
    expect((await windows(['config', 'path'], folders)).out).toBe('/c/Users/Ada/AppData/Roaming/orkit/config.json\n')
    expect((await windows(['config', 'path'], { ...folders, XDG_CONFIG_HOME: '/x' })).out).toBe('/x/orkit/config.json\n')
    expect((await windows(['config', 'path'], { USERPROFILE: '/c/Users/Ada' })).out).toBe('/c/Users/Ada/orkit/config.json\n')
  })

  it.each<[string, Buffer]>([
    ['UTF-8 with a mark, as Notepad', Buffer.from('\ufeff{"name":"Žluť"}')],
    ['UTF-16, as > of Windows PowerShell', Buffer.from('\ufeff{"name":"Žluť"}\r\n', 'utf16le')],
    ['UTF-16 the other way', Buffer.from('\ufeff{"name":"Žluť"}', 'utf16le').swap16()],
    ['plain UTF-8', Buffer.from('{"name":"Žluť"}')],
  ])('reads a body in %s', async (_, bytes) => {
    const { orkit, home } = fresh()
    writeFileSync(join(home, 'body.json'), bytes)
    const { code, out, err } = await orkit(['orckai', 'agents', 'create', '--body', '@body.json'], { ORCKAI_BASE_URL: baseUrl, ORCKAI_API_KEY: key })
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ name: 'Žluť' })
  })

  it('reads a config file that Notepad has saved', async () => {
    const { orkit, write } = fresh()
    write('\ufeff{"output":"yaml"}')
    expect((await orkit(['config', 'get', 'output'])).out).toBe('yaml\n')
  })
})
