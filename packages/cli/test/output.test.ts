import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMock, type Mock } from '@orkit/mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitMeanings } from '../src/app/exit.js'
import { run } from '../src/app/run.js'
import { helpOf } from '../src/app/help.js'
import { locate } from '../src/app/tree.js'
import { readManifest, systems } from '../src/commands/catalog.js'
import { app, manifests } from './app.js'
import { bin, exec, isBuilt } from './built.js'
import { fakeIo } from './io.js'

const home = mkdtempSync(join(tmpdir(), 'orkit-output-'))
let mock: Mock
let env: Record<string, string>
let big: Server
let asked = 0

beforeAll(async () => {
  mock = createMock({ systems: ['orckai', 'flexorch'], rateLimits: 'off', strict: true })
  const { url } = await mock.listen({ port: 0 })
  // A server with a million datasets, and with the answers that the other exit codes need.
  big = createServer((request, response) => {
    asked++
    const at = new URL(request.url!, 'http://x')
    const status = Number(/\/status-(\d+)/.exec(at.pathname)?.[1] ?? 200)
    const offset = Number(at.searchParams.get('offset') ?? 0) + (Number(at.searchParams.get('page') ?? 1) - 1) * 100
    const items = Array.from({ length: 100 }, (_, index) => ({ id: offset + index, name: index % 2 ? `=HYPERLINK("http://evil","${index}")` : 'x'.repeat(200), status: 'ready' }))
    response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '120' } : {}) })
    response.end(JSON.stringify(status === 200 ? { status: 'ok', data: items, meta: { total: 1_000_000, limit: 100, offset, has_more: true } } : { error: { code: 'X', message: 'as asked' } }))
  })
  await new Promise<void>((resolve) => big.listen(0, '127.0.0.1', resolve))
  env = { HOME: home, ORKIT_CREDENTIAL_STORE: 'file', ORCKAI_BASE_URL: `${url}/orckai/api/v1`, ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000', FLEXORCH_API_KEY: 'dfx_test_full_access_0000000000000000' }
})
afterAll(async () => {
  big.closeAllConnections()
  big.close()
  await mock.close()
})

const orkit = async (line: readonly string[], more: Parameters<typeof fakeIo>[0] = {}) => {
  const io = fakeIo({ cwd: home, ...more, env: { ...env, ...more.env } })
  const code = await run(app, line, io)
  return { code, out: io.out(), err: io.err() }
}
const commandHelpOf = (words: readonly string[]) => helpOf(locate(app.root, words).node, words)
const bigUrl = () => `http://127.0.0.1:${(big.address() as AddressInfo).port}`

describe('--jq', () => {
  it('is jq, over the whole list, and implies JSON', async () => {
    expect((await orkit(['orckai', 'agents', 'list', '--jq', '[.[].name] | sort | join("+")'], { tty: 80 })).out).toBe('Invoice Checker+Sales Assistant\n')
    expect((await orkit(['orckai', 'agents', 'list', '--jq', '.[0].name', '-o', 'json', '--max', '1'])).out).toBe('"Sales Assistant"\n')
    expect((await orkit(['orckai', 'agents', 'list', '-o', 'jsonl', '--jq', '{n: .name}'])).out.split('\n')).toContain('{"n":"Sales Assistant"}')
    expect((await orkit(['api', 'orckai', 'GET', '/agents', '--paginate', '--jq', '.[].id'])).out).toContain('a1b2c3d4-0000-4000-8000-000000000001\n')
  })

  it.each([['.[', 'syntax error'], ['nosuch', 'nosuch/0 is not defined']])('%s is found before anything is sent', async (expression, text) => {
    const before = mock.journal.entries().length
    const { code, err } = await orkit(['orckai', 'agents', 'list', '--jq', expression])
    expect([code, mock.journal.entries().length - before]).toEqual([2, 0])
    expect(err).toContain(text)
  })

  it('goes with JSON only', async () => {
    expect((await orkit(['orckai', 'agents', 'list', '--jq', '.', '-o', 'csv'])).code).toBe(2)
  })
})

describe('input', () => {
  it.each([
    [['orckai', 'agents', 'list', '-o', 'jsno'], "Did you mean 'json'?"],
    [['orckai', 'agents', 'list', '--feilds', 'id'], '--fields'],
    [['completion', 'bsh'], "Did you mean 'bash'?"],
    [['api', 'orckaii', 'GET', '/agents'], "Did you mean 'orckai'?"],
    [['orca', 'public', 'alerts', 'list', '--since', '2026-02-31'], 'such as 2026-01-31'],
    [['orca', 'public', 'alerts', 'list', '--since', 'yesterday'], 'such as 2026-01-31'],
    [['orckai', 'knowledge-bases', 'search'], 'missing <id>, <query>'],
    [['orbiter', 'workflows', 'create'], '--name'],
  ])('%j: %s', async (line, text) => {
    const { code, err } = await orkit(line, { tty: 100 })
    expect(code).toBe(2)
    expect(err).toContain(text)
  })

  it('takes nested members, repetition, and --no-', async () => {
    const dry = async (...line: string[]) => (await orkit([...line, '--dry-run'])).out
    expect(await dry('orckai', 'chat', 'complete', 'hi', '--llm-config.model', 'gpt-4o', '--llm-config.temperature', '0.5')).toContain('"llmConfig":{"model":"gpt-4o","temperature":0.5}')
    expect(await dry('flexorch', 'webhooks', 'create', '--url', 'https://example.com', '--events', 'job.completed', '--events', 'job.failed')).toContain('"events":["job.completed","job.failed"]')
    expect(await dry('orca', 'alerts', 'list', '--no-acknowledged')).toContain('acknowledged=false')
    expect(await dry('orca', 'public', 'alerts', 'list', '--since', '2026-01-31')).toContain('since=2026-01-31')
  })
})

it('CSV neutralises formulas, unless told not to', async () => {
  const list = (...more: string[]) => orkit(['flexorch', 'datasets', 'list', '-o', 'csv', '--fields', 'id,name', '--max', '2', '--base-url', bigUrl(), ...more])
  expect((await list()).out.split('\r\n')[2]).toBe(`1,"'=HYPERLINK(""http://evil"",""1"")"`)
  expect((await list('--csv-formulas')).out.split('\r\n')[2]).toBe(`1,"=HYPERLINK(""http://evil"",""1"")"`)
})

describe('colour', () => {
  const coloured = async (tty: number | undefined, more: Record<string, string>, ...flags: string[]) => (await orkit(['orckai', 'agents', 'list', '-o', 'table', ...flags], { ...(tty ? { tty } : {}), env: more })).out.includes('\u001b[')
  it('only on a terminal, and as NO_COLOR, FORCE_COLOR and --no-color say', async () => {
    expect(await coloured(100, {})).toBe(true)
    expect(await coloured(undefined, {})).toBe(false)
    expect(await coloured(100, { NO_COLOR: '1' })).toBe(false)
    expect(await coloured(100, {}, '--no-color')).toBe(false)
    expect(await coloured(undefined, { FORCE_COLOR: '1' })).toBe(true)
    expect(await coloured(100, { FORCE_COLOR: '0' })).toBe(false)
    expect(await coloured(100, { TERM: 'dumb' })).toBe(false)
    expect(await coloured(100, { FORCE_COLOR: '1' }, '--no-color')).toBe(false)
  })
})

describe('exit codes', () => {
  const seen = new Set<number>()
  const status = (code: number) => ['api', 'orckai', 'GET', `/status-${code}`, '--base-url', '', '--max-retries', '0']
  it.each<[number, () => string[]]>([
    [0, () => ['orckai', 'agents', 'list']],
    [2, () => ['orckai', 'agents', 'list', '--nonsense']],
    [3, () => status(401)],
    [3, () => status(402)],
    [3, () => status(403)],
    [4, () => status(404)],
    [5, () => status(400)],
    [5, () => status(409)],
    [5, () => status(422)],
    [6, () => status(429)],
    [7, () => status(500)],
    [7, () => status(503)],
    [7, () => ['orckai', 'agents', 'list', '--base-url', 'http://127.0.0.1:9', '--max-retries', '0']],
  ])('%i', async (code, make) => {
    const line = make().map((word) => (word === '' ? bigUrl() : word))
    for (const format of ['json', 'table']) {
      const ran = await orkit([...line, '-o', format])
      expect(ran.code, ran.err).toBe(code)
      if (code !== 0) expect(ran.out).toBe('')
      if (code !== 0 && format === 'json') expect(JSON.parse(ran.err)).toMatchObject({ error: { exit: code, message: expect.any(String) as string } })
      if (code > 2 && format === 'table') expect(ran.err).toMatch(/^error: .+\n/)
    }
    seen.add(code)
  })

  it('1 is for what nobody foresaw', async () => {
    const broken = { ...app, openClient: () => Promise.reject(new Error('a bug')) }
    const io = fakeIo({ env })
    expect(await run(broken, ['orckai', 'agents', 'list'], io)).toBe(1)
  })

  it('130 is for an interruption', async () => {
    const ended = new AbortController()
    ended.abort(Object.assign(new Error('interrupted'), { name: 'InterruptedError' }))
    expect((await orkit(['orckai', 'agents', 'list'], { signal: ended.signal })).code).toBe(130)
  })

  it('are all told of in the help, and the rate limit says when it ends', async () => {
    const help = (await orkit(['help', 'exit-codes'])).out
    for (const [code, meaning] of Object.entries(exitMeanings)) expect(help).toContain(`${code.padStart(3)}  ${meaning}`)
    expect((await orkit(['api', 'orckai', 'GET', '/status-429', '--base-url', bigUrl(), '--max-retries', '0', '-o', 'table'])).err).toContain('\n  next        try again in 120 s\n')
  })
})

describe.skipIf(!isBuilt && !process.env['CI'])('| head -1', () => {
  it.each(['jsonl', 'csv', 'json'])('of a million items makes one request, and no noise (%s)', { timeout: 60_000 }, async (format) => {
    const before = asked
    const ran = await exec('bash', ['-c', `"${process.execPath}" "${bin}" flexorch datasets list -o ${format} --base-url ${bigUrl()} | head -1; exit "\${PIPESTATUS[0]}"`], { env })
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(ran.out.split('\n')).toHaveLength(2)
    expect(asked - before).toBe(1)
  })
})

describe('tables', () => {
  it.each([80, 120])('golden: %i columns', async (columns) => {
    const shown: string[] = []
    for (const line of [['orckai', 'agents', 'list'], ['orckai', 'agents', 'get', 'a1b2c3d4-0000-4000-8000-000000000001'], ['orckai', 'workflows', 'list', '--max', '1'], ['orckai', 'templates', 'list', '--max', '0'], ['orckai', 'agents', 'get', 'nobody']]) {
      const { out, err } = await orkit(line, { tty: columns, now: Date.parse('2026-03-01T12:00:00Z') })
      shown.push(`$ orkit ${line.join(' ')}\n${out}${err}`)
    }
    // Escapes can be read, and dates are those of the seed.
    await expect(shown.join('\n').replaceAll('\u001b', '␛').replaceAll(/req_\w+/g, 'req_x')).toMatchFileSnapshot(`golden/tables-${columns}.txt`)
  })

  it('say that a list is empty, on stderr, and how many there are only to somebody who looks', async () => {
    const empty = await orkit(['orckai', 'agents', 'list', '--max', '0', '-o', 'table'])
    expect([empty.code, empty.out, empty.err]).toEqual([0, '', 'No agents.\n'])
    expect((await orkit(['orckai', 'agents', 'list', '--max', '0', '-o', 'table', '--quiet'])).err).toBe('')
    expect((await orkit(['orckai', 'agents', 'list', '-o', 'table'])).err).toBe('')
    const cut = await orkit(['orckai', 'agents', 'list', '--max', '1', '--no-color'], { tty: 200 })
    expect(cut.err).toBe('Only the first 1, as --max says.\n')
  })
})

describe('--out-file', () => {
  const list = ['orckai', 'agents', 'list', '--fields', 'id,name']
  it.each([['a.json', /^\[\n {2}\{/], ['a.jsonl', /^\{"id"/], ['a.csv', /^id,name\r\n/], ['a.yaml', /^- id: /], ['a.txt', /^\[\n/]])('%s is written as its name says, also from a terminal', async (name, form) => {
    const { code, out, err } = await orkit([...list, '--out-file', name], { tty: 80 })
    expect([code, out]).toEqual([0, ''])
    const text = readFileSync(join(home, name), 'utf8')
    expect(text).toMatch(form)
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/\u001b/)
    expect(err).toContain(`${join(home, name)}: ${Buffer.byteLength(text)} bytes`)
  })

  it('-o says it better, --jq goes there too', async () => {
    await orkit([...list, '--out-file', 'b.json', '-o', 'csv'])
    expect(readFileSync(join(home, 'b.json'), 'utf8')).toMatch(/^id,name/)
    await orkit(['orckai', 'agents', 'list', '--out-file', 'b.txt', '--jq', '.[0].name'])
    expect(readFileSync(join(home, 'b.txt'), 'utf8')).toBe('Sales Assistant\n')
  })

  it('stays as it was where the command fails, and nothing is left beside it', async () => {
    const folder = mkdtempSync(join(home, 'kept-'))
    const file = join(folder, 'c.json')
    writeFileSync(file, 'old')
    expect((await orkit(['orckai', 'agents', 'get', 'nobody', '--out-file', file])).code).toBe(4)
    expect((await orkit(['flexorch', 'datasets', 'list', '--out-file', file, '--base-url', 'http://127.0.0.1:9', '--max-retries', '0'])).code).toBe(7)
    expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['old', ['c.json']])
    expect((await orkit([...list, '--out-file', join(folder, 'none', 'd.json')])).err).toContain('cannot write')
  })

  it('that cannot be is told of before anything is sent', async () => {
    const before = mock.journal.entries().length
    const create = ['orckai', 'agents', 'create', '--name', 'Lost', '--out-file']
    expect([(await orkit([...create, join(home, 'none', 'x.json')])).code, (await orkit([...create, home])).code]).toEqual([2, 2])
    expect((await orkit([...create, home])).err).toContain('is a folder')
    expect(mock.journal.entries().length).toBe(before)
  })

  it('that is a link stays one; a pipe is written to, not replaced', async () => {
    const folder = mkdtempSync(join(home, 'special-'))
    const [file, link, pipe] = [join(folder, 'real.json'), join(folder, 'link.json'), join(folder, 'pipe')] as const
    writeFileSync(file, 'old')
    symlinkSync(file, link)
    expect((await orkit([...list, '--out-file', link])).code).toBe(0)
    expect([lstatSync(link).isSymbolicLink(), readFileSync(file, 'utf8')]).toEqual([true, expect.stringMatching(/^\[/)])
    execFileSync('mkfifo', [pipe])
    const reading = readFile(pipe, 'utf8')
    expect((await orkit([...list, '--out-file', pipe])).code).toBe(0)
    expect([lstatSync(pipe).isFIFO(), await reading, readdirSync(folder).length]).toEqual([true, expect.stringMatching(/^\[/), 3])
  })
})

it('a result that --jq does not fit is no mistake of the command line: the request was sent', async () => {
  const before = mock.journal.entries().length
  const { code, err } = await orkit(['orckai', 'agents', 'create', '--name', 'Made', '--jq', '.name.first'])
  expect([code, mock.journal.entries().length - before]).toEqual([1, 1])
  expect(err).toMatch(/Cannot index string.*\n.*The request was sent/)
  expect(err).not.toContain(' at ')
})

describe('flags that cannot be meant', () => {
  it.each([
    [['orckai', 'agents', 'list', '--wait'], 'starts nothing that could be waited for'],
    [['orca', 'watch', 'j1', '--dry-run'], 'no single request'],
    [['orckai', 'auth', 'logout', '--dry-run'], 'no single request'],
    [['orca', 'jobs', 'watch', 'j1', '--dry-run'], 'curl cannot follow'],
    [['orckai', 'agents', 'get', 'a', 'b'], "'b' is one argument too many"],
  ])('%j: %s', async (line, text) => {
    const before = mock.journal.entries().length
    const { code, err } = await orkit(line, { tty: 100 })
    expect([code, mock.journal.entries().length - before]).toEqual([2, 0])
    expect(err).toContain(text)
  })

  it('fields that nothing has are named, with those that there are', async () => {
    const { code, out, err } = await orkit(['orckai', 'agents', 'list', '--fields', 'id,nmae', '-o', 'jsonl'])
    expect([code, JSON.parse(out.split('\n')[0]!)]).toEqual([0, { id: 'a1b2c3d4-0000-4000-8000-000000000001', nmae: null }])
    expect(err).toMatch(/^warning: nothing here has 'nmae'\. There is id, name, /)
    expect((await orkit(['orckai', 'agents', 'list', '--fields', 'id,name'])).err).toBe('')
  })

  it('everything that can be waited for has --wait', () => {
    for (const system of Object.keys(systems)) for (const operation of readManifest(system, manifests).commands.filter(({ wait }) => wait)) expect(commandHelpOf([system, ...operation.path]), operation.id).toContain('--wait')
  })
})

describe('--wait', () => {
  const upload = (name: string) => {
    const file = join(mkdtempSync(join(tmpdir(), 'orkit-wait-')), name)
    writeFileSync(file, 'Whales eat krill.')
    return orkit(['orckai', 'knowledge-bases', 'documents', 'upload', 'd4e5f6a7-0000-4000-8000-000000000001', file, '--wait', '-o', 'json'])
  }

  it('follows what shows only in a list', async () => {
    const { code, out, err } = await upload('whales.md')
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ name: 'whales.md', status: 'ready', chunkCount: 1 })])
    expect(err).toContain('processing')
  })

  it('exits with 8 and the reason when the work failed', async () => {
    const { code, out, err } = await upload('fail.md')
    expect([code, out]).toEqual([8, ''])
    expect(err).toContain('The text could not be read')
  })
})

it('a command line that cannot be read is told of as JSON where errors are', async () => {
  for (const given of [['-o', 'json'], ['-ojsonl'], ['--output=json']]) expect(JSON.parse((await orkit(['orckai', 'agents', 'lst', ...given])).err)).toMatchObject({ error: { exit: 2, next: expect.stringContaining('list') as string } })
  // A pipe alone asks for no JSON on stderr: that is read by people.
  expect((await orkit(['orckai', 'agents', 'lst'])).err).toMatch(/^error: /)
  expect((await orkit(['orckai', 'agents', 'lst', '-o', 'table'])).err).toMatch(/^error: /)
  expect((await orkit(['orckai', 'agents', 'lst'], { tty: 80 })).err).toContain('error:')
})
