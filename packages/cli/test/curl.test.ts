import { spawnSync, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMock, type Listening, type Mock } from '@orkit/mock'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../src/app/run.js'
import { systems } from '../src/commands/catalog.js'
import { app } from './app.js'
import { fakeIo } from './io.js'

// The curl commands of --dry-run, run by a shell against the server: what comes back is what the command itself gets.

const home = mkdtempSync(join(tmpdir(), "orkit curl 'quoted' "))
let mock: Mock
let signedIn: string
let env: Record<string, string>
let listening: Listening

beforeAll(async () => {
  mock = createMock({ rateLimits: 'off', jobDuration: 50, streamDelay: 0 })
  env = { HOME: home, ORKIT_CREDENTIAL_STORE: 'file' }
  for (const system of Object.keys(systems)) {
    const name = system as 'orca'
    const seeded = (await mock.credentials(name)) as Record<string, string>
    const variables: Record<string, string> = { apiKey: 'API_KEY', email: 'EMAIL', password: 'PASSWORD' }
    for (const [credential, variable] of Object.entries(variables)) if (seeded[credential] && !(system === 'flexorch' && credential !== 'apiKey')) env[`${system.toUpperCase()}_${variable}`] = seeded[credential]
  }
  writeFileSync(join(home, 'a "b" é.csv'), 'id,email\n1,ada@example.com\n')
  writeFileSync(join(home, 'policy.md'), '# Refunds\nWithin 30 days.\n')
})
// A port for each test: all commands run in this process, whose clients keep to the documented sign-ins a minute for each host.
beforeEach(async () => {
  listening = await mock.listen({ port: 0 })
  for (const system of Object.keys(systems)) env[`${system.toUpperCase()}_BASE_URL`] = listening.url + new URL(mock.baseUrl(system as 'orca')).pathname
})
afterEach(() => listening.close())
afterAll(() => mock.close())

async function orkit(line: readonly string[], signedOut = false) {
  const io = fakeIo({ cwd: home, env: { ...env, HOME: signedOut ? mkdtempSync(join(tmpdir(), 'orkit-curl-')) : signedIn } })
  const code = await run(app, line, io)
  return { code, out: io.out(), err: io.err() }
}

const sh = (script: string) =>
  new Promise<{ status: number | null; stdout: string; stderr: string }>((done) => {
    const child = spawn('sh', ['-s'], { cwd: tmpdir(), env: { PATH: process.env['PATH'], ...env, no_proxy: '*' } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => (stdout += String(chunk)))
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.on('close', (status) => done({ status, stdout, stderr }))
    child.stdin.end(script)
  })

/** What differs from one call to the next: ids, times, counters. */
const shape = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(shape) : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, /(^|_)id$|Id$|_at$|At$|date|time|hash|key|token|duration|is_duplicate|existing|reset|url|count|position|status|latency|snippet/i.test(key) ? typeof each : shape(each)])) : value

const file = () => join(home, 'a "b" é.csv')
it.skipIf(spawnSync('curl', ['--version']).status !== 0 && !process.env['CI']).each<[string, () => string[]]>([
  ['orckai list with a query', () => ['orckai', 'workflows', 'list']],
  ['orckai JSON with quotes', () => ['orckai', 'agents', 'create', '--name', `O'Neil "$HOME" \`id\``, '--system-prompt', 'line 1\nline 2 \\']],
  ['orckai multipart', () => ['orckai', 'knowledge-bases', 'documents', 'upload', 'd4e5f6a7-0000-4000-8000-000000000001', 'policy.md']],
  ['flexorch list', () => ['flexorch', 'datasets', 'list']],
  ['flexorch JSON where files could be', () => ['flexorch', 'documents', 'process', '--source.connector-id', '1', '--source.keys', 'invoices/march.pdf']],
  ['flexorch multipart with fields', () => ['flexorch', 'documents', 'process', 'policy.md', '--locale', 'en']],
  ['klarefi read', () => ['klarefi', 'health', 'get']],
  ['klarefi JSON', () => ['klarefi', 'sessions', 'create', '--case-type-id', 'ct_claim']],
  ['orca JWT', () => ['orca', 'jobs', 'list']],
  ['orca JWT multipart, awkward name', () => ['orca', 'files', 'upload', file()]],
  ['orbiter session', () => ['orbiter', 'projects', 'list']],
  ['orbiter session with CSRF', () => ['orbiter', 'projects', 'create', '--name', 'Curl']],
  ['orbiter session with CSRF and multipart', () => ['orbiter', 'knowledge-bases', 'documents', 'upload', 'f0000000-0000-4000-8000-000000000001', 'policy.md']],
])('%s', async (_, make) => {
  const line = make()
  const system = line[0]!
  await mock.reset()
  // The server makes the same sessions again after a reset: what was stored before must not be taken for new.
  signedIn = mkdtempSync(join(tmpdir(), 'orkit-curl-'))
  const dry = await orkit([...line, '--dry-run'])
  expect(dry.code, dry.err).toBe(0)
  for (const [name, value] of Object.entries(env)) if (/API_KEY|PASSWORD/.test(name)) expect(dry.out).not.toContain(value)
  const variables = await orkit([system, 'auth', 'token', '--env', '-o', 'raw'])
  expect(variables.code, variables.err).toBe(0)
  const ran = await sh(`${variables.out}\n${dry.out.trim()} --silent --show-error --fail-with-body`)
  expect(ran.status, `${dry.out}\n${ran.stdout}${ran.stderr}`).toBe(0)
  const sent = mock.journal.entries().at(-1)!
  await mock.reset()
  const own = await orkit([system, 'call', sent.operationId!, ...line.slice(line.findIndex((word, index) => index > 0 && sent.operationId!.toLowerCase().replaceAll('.', '').endsWith(word.replaceAll('-', '')) && index >= sent.operationId!.split('.').length) + 1), '-o', 'json'], true)
  expect(own.code, own.err).toBe(0)
  const entry = mock.journal.entries().findLast((each) => each.operationId === sent.operationId)!
  expect([entry.method, entry.path, entry.status]).toEqual([sent.method, sent.path, sent.status])
  const body = JSON.parse(ran.stdout) as Record<string, unknown>
  const direct = JSON.parse(own.out) as unknown
  const found = [body, body['data'], ...Object.values(body), ...Object.values((body['data'] as Record<string, unknown> | undefined) ?? {})].some((part) => JSON.stringify(shape(part)) === JSON.stringify(shape(direct)))
  expect(found, `${JSON.stringify(shape(body))}\n${JSON.stringify(shape(direct))}`).toBe(true)
})

/** Both ways, each from a fresh server. */
async function both(line: readonly string[], format: readonly string[] = []): Promise<{ curl: string; own: string }> {
  await mock.reset()
  signedIn = mkdtempSync(join(tmpdir(), 'orkit-curl-'))
  const dry = await orkit([...line, '--dry-run'])
  expect(dry.code, dry.err).toBe(0)
  const variables = await orkit([line[0] === 'api' ? line[1]! : line[0]!, 'auth', 'token', '--env', '-o', 'raw'])
  const ran = await sh(`${variables.out}\n${dry.out.trim()} --silent --show-error --fail-with-body`)
  expect(ran.status, `${dry.out}\n${ran.stdout}${ran.stderr}`).toBe(0)
  await mock.reset()
  const own = await orkit([...line, ...format], true)
  expect(own.code, own.err).toBe(0)
  return { curl: ran.stdout, own: own.out }
}

describe.skipIf(spawnSync('curl', ['--version']).status !== 0 && !process.env['CI'])('also', () => {
  it.each([['a stream', ['orckai', 'chat', 'stream', 'Hello there']], ['a chat', ['orckai', 'chat', 'Hello there']]])('%s: the same events', async (_, line) => {
    const { curl, own } = await both(line, ['-o', 'jsonl'])
    const events = curl.split('\n').filter((each) => each.startsWith('data: {')).map((each) => JSON.parse(each.slice(6)) as { content?: string })
    expect(events.length).toBeGreaterThan(2)
    const text = (all: { content?: string }[]) => all.map(({ content }) => content ?? '').join('')
    expect(text(events)).toBe(text(own.trim().split('\n').map((each) => JSON.parse(each) as { content?: string })))
  })

  it('a file: the same bytes', async () => {
    const { curl, own } = await both(['flexorch', 'datasets', 'export-by-format', '28', 'csv'])
    expect(curl.length).toBeGreaterThan(10)
    expect(own).toBe(curl)
  })

  it('a secret in the body: a variable of the shell, and the same request', async () => {
    await mock.reset()
    signedIn = mkdtempSync(join(tmpdir(), 'orkit-curl-'))
    const dry = await orkit(['orbiter', 'providers', 'create', '--name', "O'Neil", '--provider-type', 'openai', '--body', JSON.stringify({ api_key: 'sk-0123456789' }), '--dry-run'])
    expect(dry.code, dry.err).toBe(0)
    expect(dry.out).not.toContain('sk-0123456789')
    expect(dry.out).toContain(`"api_key":"'"$API_KEY"'"`)
    expect(dry.err).toContain('# set $API_KEY')
    const variables = await orkit(['orbiter', 'auth', 'token', '--env', '-o', 'raw'])
    const ran = await sh(`API_KEY='sk-0123456789'\n${variables.out}\n${dry.out.trim()} --silent --show-error --fail-with-body`)
    expect(ran.status, `${dry.out}\n${ran.stdout}${ran.stderr}`).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: "O'Neil", api_key_set: true })
  })

  it.each([['GET', '/agents?limit=1', []], ['POST', '/agents', ['--body', `{"name":"O'Neil"}`]]])('api %s', async (method, path, more) => {
    const { curl, own } = await both(['api', 'orckai', method, path, ...more])
    expect(shape(JSON.parse(curl))).toEqual(shape(JSON.parse(own)))
  })
})
