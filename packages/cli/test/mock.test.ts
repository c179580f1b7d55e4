import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMock } from '@orkit/mock'
import { afterEach, describe, expect, it } from 'vitest'
import { run } from '../src/app/run.js'
import { app } from './app.js'
import { type FakeIo, fakeIo } from './io.js'

const KEY = 'oak_test_full_access_0000000000000000'
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const folder = () => mkdtempSync(join(tmpdir(), 'orkit-mock-'))

/** Runs a serving command, hands over what it printed first, then interrupts it. */
async function serving(argv: readonly string[], use: (first: any, io: FakeIo) => Promise<void>, env: Record<string, string> = {}): Promise<{ code: number; io: FakeIo }> {
  const abort = new AbortController()
  const io = fakeIo({ signal: abort.signal, env })
  const ended = run(app, argv, io)
  try {
    await expect.poll(() => io.out() + io.err(), { timeout: 10_000 }).toContain('\n')
    await use(JSON.parse(io.out().split('\n')[0]!), io)
  } finally {
    abort.abort(new Error('interrupted'))
  }
  return { code: await ended, io }
}

const agents = (baseUrl: string, init: RequestInit = {}) => fetch(`${baseUrl}/agents`, { ...init, headers: { 'x-api-key': KEY, 'content-type': 'application/json' } })

describe('orkit mock', () => {
  it('one system on the vendor’s own paths, several under their prefixes', async () => {
    await serving(['mock', '--port', '0', '--system', 'orckai', '-o', 'json'], async ({ url, systems }) => {
      expect(systems).toMatchObject([{ system: 'orckai', baseUrl: `${url}/api/v1`, credentials: { apiKey: KEY } }])
      expect((await agents(systems[0].baseUrl)).status).toBe(200)
    })
    await serving(['mock', '--port', '0', '--system', 'orckai', '--system', 'klarefi', '-o', 'json'], async ({ url, systems }) => {
      expect(systems.map((one: { baseUrl: string }) => one.baseUrl)).toEqual([`${url}/orckai/api/v1`, `${url}/klarefi`])
      expect((await fetch(`${url}/orca/openapi.json`)).status).toBe(404)
    })
  })

  it('records requests, limits them, fails by chance, as asked', async () => {
    const file = join(folder(), 'requests.jsonl')
    await serving(['mock', '--port', '0', '--system', 'orckai', '--record-requests', file, '--rate-limits', '2', '--seed', 'x', '-o', 'json'], async ({ systems: [one] }) => {
      const statuses: number[] = []
      for (let i = 0; i < 3; i++) statuses.push((await agents(one.baseUrl)).status)
      expect(statuses).toEqual([200, 200, 429])
    })
    const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { status: number; headers: Record<string, string> })
    expect(lines.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(lines[0]!.headers['x-api-key']).toBe('[redacted]')
    await serving(['mock', '--port', '0', '--system', 'orckai', '--chaos', '1', '--latency', '1..2', '-o', 'json'], async ({ systems: [one], url }) => {
      for (let i = 0; i < 10; i++) await agents(one.baseUrl).then((response) => response.text()).catch(() => {})
      const journal = (await (await fetch(`${url}/__orkit/journal`)).json()) as { note?: string }[]
      expect(journal.every(({ note }) => note?.startsWith('by rule: '))).toBe(true)
      expect(new Set(journal.map(({ note }) => note)).size).toBeGreaterThan(2)
    })
  })

  it('goes on where what it records cannot be written any more, and says so once', async () => {
    const where = folder()
    const { io } = await serving(['mock', '--port', '0', '--system', 'orckai', '--record-requests', join(where, 'requests.jsonl'), '-o', 'json'], async ({ systems: [one] }, shown) => {
      rmSync(where, { recursive: true })
      expect((await agents(one.baseUrl)).status).toBe(200)
      await expect.poll(() => shown.err()).toContain('requests.jsonl cannot be written')
      expect((await agents(one.baseUrl)).status).toBe(200)
    })
    expect(io.err().match(/cannot be written/g)).toHaveLength(1)
  })

  it('wants a token from elsewhere', async () => {
    await serving(['mock', '--port', '0', '--host', '0.0.0.0', '--system', 'orckai', '-o', 'json'], async ({ url, controlToken }) => {
      expect((await fetch(`${url}/__orkit/health`)).status).toBe(403)
      expect((await fetch(`${url}/__orkit/health`, { headers: { authorization: `Bearer ${controlToken}` } })).status).toBe(200)
    })
  })

  it.each([
    [['--chaos', '2'], '--chaos'],
    [['--latency', 'slow'], '--latency'],
    [['--rate-limits', '0'], '--rate-limits'],
    [['--system', 'none'], '--system'],
    [['--port', '99999'], '99999 is no port'],
    [['--host', '192.0.2.1'], 'no address of this machine'],
    [['--record-requests', '/nowhere/requests.jsonl'], 'cannot write /nowhere/requests.jsonl'],
    [['--record-requests', tmpdir()], 'EISDIR'],
  ])('%s is a mistake in the command line', async (argv, word) => {
    const io = fakeIo()
    expect(await run(app, ['mock', '--port', '0', ...argv], io)).toBe(2)
    expect(io.err()).toContain(word)
  })

  it('says so when the port is taken, or the state is not its own', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const io = fakeIo()
    expect(await run(app, ['mock', '--port', String((taken.address() as { port: number }).port)], io)).toBe(2)
    expect(io.err()).toContain('is in use')
    taken.close()
    const file = join(folder(), 'state.json')
    writeFileSync(file, '{"format":"other"}')
    const other = fakeIo()
    expect(await run(app, ['mock', '--port', '0', '--state', file], other)).toBe(2)
    expect(other.err()).toContain('--state')
  })
})

describe('orkit mock --state', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  /** A server in a process of its own. */
  async function start(file: string): Promise<{ baseUrl: string; kill(): Promise<void> }> {
    const child = spawn(process.execPath, ['--import', 'tsx', 'packages/cli/test/mock-child.ts', 'mock', '--port', '0', '--system', 'orckai', '--state', file, '-o', 'json'], { cwd: ROOT, env: { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.base.json') }, stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const first = await new Promise<string>((resolve, reject) => {
      let text = ''
      child.stdout!.on('data', (data: Buffer) => (text += String(data)).includes('\n') && resolve(text))
      child.on('close', () => reject(new Error(`it ended: ${text}`)))
    })
    return {
      baseUrl: (JSON.parse(first) as { systems: [{ baseUrl: string }] }).systems[0].baseUrl,
      kill: () => new Promise((resolve) => {
        child.on('close', () => resolve())
        child.kill('SIGKILL')
      }),
    }
  }

  it('survives kill -9 between requests', async () => {
    const file = join(folder(), 'state.json')
    const names: string[] = []
    for (let round = 0; round < 3; round++) {
      const server = await start(file)
      for (let i = 0; i < 3; i++) {
        names.push(`Agent ${round}.${i}`)
        const made = await agents(server.baseUrl, { method: 'POST', body: JSON.stringify({ name: names.at(-1) }) })
        expect(made.status).toBe(201)
        await made.text()
      }
      await server.kill()
    }
    const server = await start(file)
    const { data } = (await (await agents(server.baseUrl)).json()) as { data: { name: string; id: string }[] }
    expect(data.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    expect(new Set(data.map(({ id }) => id)).size).toBe(data.length)
  }, 60_000)
})

describe('orkit mock proxy', () => {
  it('writes what departs, and ends with 8', async () => {
    await using mock = createMock({ systems: ['orckai'] })
    const target = `${(await mock.listen()).url}/orckai/api/v1`
    const file = join(folder(), 'drift.json')
    const { code } = await serving(['mock', 'proxy', 'orckai', '--target', target, '--report', file, '--port', '0', '-o', 'json'], async ({ baseUrl }) => {
      expect((await agents(baseUrl)).status).toBe(200)
      await (await agents(`${baseUrl}/nowhere`)).text()
      await expect.poll(() => readFileSync(file, 'utf8')).toContain('undocumented-operation')
    })
    expect(code).toBe(8)
    const report = JSON.parse(readFileSync(file, 'utf8')) as { operations: unknown; findings: unknown[] }
    expect(report.operations).toEqual({ 'agents.list': { 200: 1 } })
    expect(report.findings).toHaveLength(1)
    expect(readFileSync(file, 'utf8')).not.toContain(KEY)
  })

  it('prints the report where there is no file, and ends with 0 when nothing departs', async () => {
    await using mock = createMock({ systems: ['orckai'] })
    const target = `${(await mock.listen()).url}/orckai/api/v1`
    const { code, io } = await serving(['mock', 'proxy', 'orckai', '--target', target, '--port', '0', '-o', 'json'], async ({ baseUrl }) => void (await (await agents(baseUrl)).text()))
    expect(code).toBe(0)
    expect(io.out()).toMatch(/"findings":\s*\[\]/)
    for (const wrong of [['--target', 'nowhere'], ['--target', target, '--report', '/nowhere/drift.json'], ['--target', target, '--port', '65536']]) expect(await run(app, ['mock', 'proxy', 'orckai', ...wrong], fakeIo()), wrong.join(' ')).toBe(2)
  })
})
