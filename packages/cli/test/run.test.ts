import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMock, type Mock } from '@orkit/mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../src/app/run.js'
import { app } from './app.js'
import { fakeIo } from './io.js'

const home = mkdtempSync(join(tmpdir(), 'orkit-cli-'))
let mock: Mock
let env: Record<string, string>

beforeAll(async () => {
  mock = createMock({ systems: ['orckai'], strict: true, rateLimits: 'off', streamDelay: 0 })
  const { url } = await mock.listen({ port: 0 })
  env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state'), ORKIT_CREDENTIAL_STORE: 'file', ORCKAI_BASE_URL: `${url}/orckai/api/v1`, ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000' }
})
afterAll(() => mock.close())

async function orkit(line: readonly string[], more: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo({ cwd: home, ...more, env: { ...env, ...more.env } })
  const code = await run(app, line, io)
  return { code, out: io.out(), err: io.err() }
}

describe('output', () => {
  it('is JSON in a pipe and a table on a terminal', async () => {
    const piped = await orkit(['orckai', 'agents', 'list'])
    expect(JSON.parse(piped.out)).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'Sales Assistant' })]))
    const shown = await orkit(['orckai', 'agents', 'list'], { tty: 100 })
    // oxlint-disable-next-line no-control-regex
    expect(shown.out.replaceAll(/\u001b\[\d+m/g, '')).toMatch(/^ID +NAME/)
  })

  it.each(['json', 'jsonl', 'yaml', 'csv', 'raw', 'table'])('-o %s', async (format) => {
    const { code, out } = await orkit(['orckai', 'agents', 'list', '-o', format, '--fields', 'id,name', '--max', '1'])
    expect(code).toBe(0)
    expect(out).toContain('a1b2c3d4-0000-4000-8000-000000000001')
    expect(out).not.toContain('isActive')
  })

  it('ends quietly when the reader goes away, with one request', async () => {
    const before = mock.journal.entries().length
    const { code, err } = await orkit(['orckai', 'agents', 'list', '-o', 'jsonl'], { closeAfter: 1 })
    expect([code, err]).toEqual([0, ''])
    expect(mock.journal.entries().length - before).toBe(1)
  })
})

describe('a pause', () => {
  const pausing = async (flags: readonly string[] = []) => {
    let requests = 0
    const server = createServer((_, response) => {
      response.writeHead(++requests === 1 ? 429 : 200, { 'content-type': 'application/json', 'retry-after': '1' })
      response.end(JSON.stringify(requests === 1 ? { success: false, error: 'too many', code: 'RATE_LIMITED' } : { success: true, data: [] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      return await orkit(['orckai', 'agents', 'list', '--base-url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...flags])
    } finally {
      server.close()
    }
  }

  it('of a second and more is told of on stderr, with its reason', async () => {
    const { code, err } = await pausing()
    expect([code, err]).toEqual([0, 'agents.list: 429 RATE_LIMITED; trying again in 1 s\n'])
  })

  it('is not told of to who asked for quiet', async () => {
    const { code, err } = await pausing(['--quiet'])
    expect([code, err]).toEqual([0, ''])
  })
})

describe('what a command has opened', () => {
  const failing = (error: Error): typeof app => ({ ...app, openClient: (system, io, settings, onClose) => {
    onClose(() => void closed.push('first'))
    onClose(() => Promise.reject(error))
    return app.openClient(system, io, settings, onClose)
  } })
  const closed: string[] = []

  it('is closed whatever fails, and a failure to close is told of', async () => {
    const io = fakeIo({ cwd: home, env })
    const code = await run(failing(Object.assign(new Error('EROFS: read-only file system, open state'), { code: 'EROFS', syscall: 'open' })), ['orckai', 'agents', 'list'], io)
    expect([code, io.err(), closed]).toEqual([1, 'error: EROFS: read-only file system, open state\n  code        EROFS\n', ['first']])
    expect(JSON.parse(io.out())).not.toHaveLength(0)
    // The command's own failure says more.
    expect(await run(failing(new Error('x')), ['orckai', 'agents', 'get', 'nobody'], fakeIo({ cwd: home, env }))).toBe(4)
  })
})

describe('errors', () => {
  it('tell what failed, and exit codes tell what kind it was', async () => {
    const missing = await orkit(['orckai', 'agents', 'get', 'nobody', '-o', 'json'])
    expect(missing.code).toBe(4)
    expect(JSON.parse(missing.err)).toMatchObject({ error: { name: 'NotFoundError', status: 404, code: 'NOT_FOUND', operation: 'agents.get', exit: 4 } })
    expect(missing.out).toBe('')
  })

  it('are text on a terminal', async () => {
    const { code, err } = await orkit(['orckai', 'agents', 'get', 'nobody', '-o', 'table'])
    expect(code).toBe(4)
    expect(err).toMatch(/^error: .*Agent not found/)
    expect(err).toContain('404 NOT_FOUND')
  })

  it('name the sign-in command', async () => {
    const { code, err } = await orkit(['orckai', 'agents', 'list', '-o', 'table'], { env: { ORCKAI_API_KEY: 'oak_wrong_key_00000000000000000000000' } })
    expect(code).toBe(3)
    expect(err).toContain('orkit orckai auth login')
    expect(err).not.toContain('oak_wrong_key_00000000000000000000000')
  })

  it('name the scope that is missing', async () => {
    const { code, err } = await orkit(['orckai', 'agents', 'create', '--name', 'x', '-o', 'table'], { env: { ORCKAI_API_KEY: 'oak_test_read_only_00000000000000000' } })
    expect(code).toBe(3)
    expect(err).toContain('agents:write')
  })

  it('of the network are 7', async () => {
    const { code } = await orkit(['orckai', 'agents', 'list', '--base-url', 'http://127.0.0.1:9', '--max-retries', '0'])
    expect(code).toBe(7)
  })

  it.each([
    [['orckai', 'agentz', 'list'], "Did you mean 'orkit orckai agents'"],
    [['orckai', 'agents', 'get'], 'missing <id>'],
    [['orckai', 'agents', 'create', '--body', '{'], '--body is not JSON'],
    [['orckai', 'agents', 'create', '--body', '@nowhere.json'], 'cannot read nowhere.json'],
    [['orckai', 'agents', 'list', '--base-url', 'nowhere'], '--base-url'],
    [['orckai', 'agents', 'delete', 'a1b2c3d4-0000-4000-8000-000000000001'], '--yes'],
  ])('of usage are 2, before any request: %j', async (line, text) => {
    const before = mock.journal.entries().length
    const { code, err } = await orkit([...line, '-o', 'table'])
    expect(code).toBe(2)
    expect(err).toContain(text)
    expect(mock.journal.entries().length).toBe(before)
  })
})

describe('bodies', () => {
  it('come from flags, --body, files and -F, flags last', async () => {
    writeFileSync(join(home, 'agent.json'), JSON.stringify({ name: 'From file', systemPrompt: 'Be brief.' }))
    const made = await orkit(['orckai', 'agents', 'create', '--body', '@agent.json', '-F', 'goalTemplate=Help', '--name', 'From flag'])
    expect(JSON.parse(made.out)).toMatchObject({ name: 'From flag' })
    const entry = mock.journal.entries({ operationId: 'agents.create' }).at(-1)!
    expect(JSON.parse(entry.body!)).toEqual({ name: 'From flag', systemPrompt: 'Be brief.', goalTemplate: 'Help' })
  })

  it('-F takes a file for what is one, and lists by repetition', async () => {
    writeFileSync(join(home, 'scan.pdf'), Buffer.from([0x25, 0x50, 0x44, 0x46, 0xff, 0xfe, 0x00, 0x80]))
    const { code, out, err } = await orkit(['orckai', 'knowledge-bases', 'documents', 'upload', 'd4e5f6a7-0000-4000-8000-000000000001', '-F', 'file=@scan.pdf'])
    expect(code, err).toBe(0)
    // As many bytes as there are: nothing was read as text.
    expect(JSON.parse(out)).toMatchObject({ name: 'scan.pdf', fileSize: 8 })
    const dry = await orkit(['flexorch', 'documents', 'process', '-F', 'files=@scan.pdf', '-F', 'files=scan.pdf', '--dry-run', '-o', 'raw'])
    expect(dry.out.match(/--form 'files=@/g)).toHaveLength(2)
    const body = await orkit(['flexorch', 'documents', 'process', '-F', 'source.connector_id=c', '-F', 'source.keys=a', '-F', 'source.keys=b', '--dry-run', '-o', 'raw'])
    expect(body.out).toContain('{"source":{"connector_id":"c","keys":["a","b"]}}')
  })

  it('come from stdin', async () => {
    const { code } = await orkit(['orckai', 'agents', 'create', '--body', '-'], { stdin: '{"name":"From stdin"}' })
    expect(code).toBe(0)
  })
})

describe('chat', () => {
  it('prints text as it comes, and events as lines', async () => {
    const text = await orkit(['orckai', 'chat', 'Hello there', '-o', 'raw'])
    expect(text.code).toBe(0)
    const events = await orkit(['orckai', 'chat', 'Hello there', '-o', 'jsonl'])
    const lines = events.out.trim().split('\n').map((line) => JSON.parse(line) as { content: string; done: boolean })
    expect(lines.map(({ content }) => content).join('')).toBe(text.out.replace(/\n$/, ''))
    expect(lines.at(-1)!.done).toBe(true)
  })
})

describe('api', () => {
  it('calls a documented path and an unknown one', async () => {
    expect(JSON.parse((await orkit(['api', 'orckai', 'GET', '/agents'])).out)).toMatchObject({ success: true })
    expect((await orkit(['api', 'orckai', 'GET', '/nowhere'])).code).toBe(4)
    const listed = await orkit(['api', 'orckai', 'GET', '/agents', '--paginate', '-o', 'jsonl'])
    expect(listed.out.trim().split('\n').length).toBeGreaterThan(1)
  })

  it('gives bytes as they come, also of a path that no document knows', async () => {
    const bytes = Buffer.from([0, 255, 254, 10, 128])
    const server = createServer((request, response) => {
      response.writeHead(200, { 'content-type': request.url!.endsWith('json') ? 'application/json' : 'application/zip' })
      response.end(request.url!.endsWith('json') ? '{"a":1}' : bytes)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const at = ['--base-url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]
      expect((await orkit(['api', 'orckai', 'GET', '/backup', '--out-file', 'backup.zip', ...at])).code).toBe(0)
      expect(readFileSync(join(home, 'backup.zip'))).toEqual(bytes)
      expect(JSON.parse((await orkit(['api', 'orckai', 'GET', '/other.json', ...at])).out)).toEqual({ a: 1 })
    } finally {
      server.close()
    }
  })

  it('refuses a path that is none', async () => {
    const broken = await orkit(['api', 'orckai', 'GET', '/agents/100%'])
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('%25')])
    expect((await orkit(['api', 'orckai', 'GET', '//elsewhere.example/agents', '--dry-run', '-o', 'raw'])).out).toContain('/orckai/api/v1//elsewhere.example/agents')
  })
})

describe('--dry-run', () => {
  it('prints curl with secrets as variables and sends nothing', async () => {
    const before = mock.journal.entries().length
    const { code, out } = await orkit(['orckai', 'agents', 'create', '--name', "O'Neil", '--dry-run', '-o', 'raw'])
    expect(code).toBe(0)
    expect(out).toContain('X-API-Key: $ORCKAI_API_KEY')
    expect(out).toContain(String.raw`O'\''Neil`)
    expect(out).not.toContain('oak_')
    expect(mock.journal.entries().length).toBe(before)
  })
})

describe('auth', () => {
  it('proves a key before it is kept, and uses it afterwards', async () => {
    const signedOut = { ORCKAI_API_KEY: '' }
    expect((await orkit(['orckai', 'agents', 'list'], { env: signedOut })).code).toBe(3)
    expect((await orkit(['orckai', 'auth', 'login', '--with-token'], { env: signedOut, stdin: 'oak_nonsense_000000000000000000000000\n' })).code).toBe(3)
    expect((await orkit(['orckai', 'agents', 'list'], { env: signedOut })).code).toBe(3)
    const login = await orkit(['orckai', 'auth', 'login', '--with-token'], { env: signedOut, stdin: 'oak_test_full_access_0000000000000000\n' })
    expect(login.code, login.err).toBe(0)
    expect(login.out).not.toContain('oak_test')
    expect((await orkit(['orckai', 'agents', 'list'], { env: signedOut })).code).toBe(0)
    expect((await orkit(['orckai', 'auth', 'token', '-o', 'raw'], { env: signedOut })).out.trim()).toBe('oak_test_full_access_0000000000000000')
    const status = await orkit(['orckai', 'auth', 'status'], { env: signedOut })
    expect(JSON.parse(status.out)).toMatchObject([{ state: 'signed in', scheme: 'apiKey' }])
    expect((await orkit(['orckai', 'auth', 'logout'], { env: signedOut })).code).toBe(0)
    expect((await orkit(['orckai', 'agents', 'list'], { env: signedOut })).code).toBe(3)
  })
})

it('--mock keeps its state from one command to the next', async () => {
  const made = await orkit(['orckai', 'agents', 'create', '--name', 'Kept', '--mock'])
  expect(made.code, made.err).toBe(0)
  const { id } = JSON.parse(made.out) as { id: string }
  expect(JSON.parse((await orkit(['orckai', 'agents', 'get', id, '--mock'])).out)).toMatchObject({ name: 'Kept' })
})

it('--version and --help need nothing', async () => {
  expect((await orkit(['--version'])).out).toBe('1.2.3\n')
  expect((await orkit(['--help'])).out).toContain('orckai')
  expect((await orkit(['orckai', 'agents', 'create', '--help'])).out).toContain('--system-prompt')
})
