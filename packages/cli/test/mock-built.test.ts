import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { bin, isBuilt } from './built.js'

// Every option of `orkit mock`, as a user starts it: the built program in a process of its own.

const KEY = 'oak_test_full_access_0000000000000000'
const folder = () => mkdtempSync(join(tmpdir(), 'orkit-mock-built-'))
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Server {
  url: string
  port: number
  systems: { system: string; baseUrl: string }[]
  /** Asks Orckai, the only or the first system. */
  ask(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: any }>
  end(signal: NodeJS.Signals): Promise<number | null>
}

async function start(...options: string[]): Promise<Server> {
  const child = spawn(process.execPath, [bin, 'mock', '-o', 'json', '--system', 'orckai', ...(options.includes('--port') ? [] : ['--port', '0']), ...options], { env: { PATH: process.env['PATH'], HOME: folder() }, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const first = await new Promise<string>((resolve, reject) => {
    let [text, errors] = ['', '']
    child.stdout.on('data', (data: Buffer) => (text += String(data)).includes('\n') && resolve(text.split('\n')[0]!))
    child.stderr.on('data', (data: Buffer) => (errors += String(data)))
    child.once('close', (code) => reject(new Error(`it ended with ${code}: ${errors}`)))
  })
  const about = JSON.parse(first) as Pick<Server, 'url' | 'port' | 'systems'>
  return {
    ...about,
    ask: async (path, init = {}) => {
      const response = await fetch(about.systems[0]!.baseUrl + path, { ...init, headers: { 'x-api-key': KEY, 'content-type': 'application/json', ...init.headers } })
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
    end: (signal) => (child.kill(signal), ended),
  }
}

const creation = (name: string): RequestInit => ({ method: 'POST', body: JSON.stringify({ name }) })

it.skipIf(!isBuilt && !process.env['CI'])('--system, --port: alone on the vendor’s own paths, on the port asked for; Ctrl-C ends it', async () => {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number }
      probe.close(() => resolve(free))
    })
  })
  const server = await start('--port', String(port))
  expect([server.port, server.systems.map(({ baseUrl }) => baseUrl)]).toEqual([port, [`http://127.0.0.1:${port}/api/v1`]])
  expect((await server.ask('/agents')).status).toBe(200)
  await expect(start('--port', String(port))).rejects.toThrow(/ended with 2: .*in use/s)
  const several = await start('--system', 'klarefi')
  expect(several.systems.map(({ baseUrl }) => new URL(baseUrl).pathname)).toEqual(['/orckai/api/v1', '/klarefi'])
  expect(await server.end('SIGINT')).toBe(0)
})

it.skipIf(!isBuilt && !process.env['CI'])('--seed: the same ids for the same seed, others for another', async () => {
  const id = async (seed: string): Promise<string> => {
    const server = await start('--seed', seed)
    return (await server.ask('/agents', creation('Same'))).body.data.id
  }
  const [one, again, other] = await Promise.all([id('a'), id('a'), id('b')])
  expect(one).toBe(again)
  expect(one).not.toBe(other)
})

it.skipIf(!isBuilt && !process.env['CI'])('--state: survives kill -9 between requests', async () => {
  const file = join(folder(), 'state.json')
  const first = await start('--state', file)
  const { data } = (await first.ask('/agents', creation('Kept'))).body
  await first.end('SIGKILL')
  const second = await start('--state', file)
  expect((await second.ask(`/agents/${data.id}`)).body.data.name).toBe('Kept')
  expect((await second.ask('/agents', creation('Next'))).body.data.id).not.toBe(data.id)
})

it.skipIf(!isBuilt && !process.env['CI'])('--strict: an answer that breaks the document is a 500 that says where', async () => {
  const file = join(folder(), 'state.json')
  const first = await start('--state', file)
  const { data } = (await first.ask('/agents', creation('Bent'))).body
  await first.end('SIGTERM')
  // What a hand-edited state may hold.
  writeFileSync(file, readFileSync(file, 'utf8').replace('"name":"Bent"', '"name":42'))
  expect((await (await start('--state', file)).ask(`/agents/${data.id}`)).body.data.name).toBe(42)
  const { status, headers } = await (await start('--state', file, '--strict')).ask(`/agents/${data.id}`)
  expect([status, headers.get('x-mock-contract-violation')]).toEqual([500, expect.stringMatching(/agents\.get.*\/data\/name/)])
})

it.skipIf(!isBuilt && !process.env['CI'])('--latency, --rate-limits, --record-requests', async () => {
  const file = join(folder(), 'requests.jsonl')
  const server = await start('--latency', '80..90', '--rate-limits', '2', '--record-requests', file)
  const started = performance.now()
  expect([(await server.ask('/agents')).status, (await server.ask('/agents')).status, (await server.ask('/agents')).status]).toEqual([200, 200, 429])
  expect(performance.now() - started).toBeGreaterThan(3 * 75)
  await server.end('SIGTERM')
  const recorded = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { status: number })
  expect(recorded.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(readFileSync(file, 'utf8')).not.toContain(KEY)
  const off = await start('--rate-limits', 'off')
  for (let i = 0; i < 200; i++) expect((await off.ask('/agents')).status).toBe(200)
})

it.skipIf(!isBuilt && !process.env['CI'])('--chaos: misfortune by chance, the same for a seed', async () => {
  const story = async (seed: string): Promise<string> => {
    const server = await start('--chaos', '0.5', '--seed', seed)
    const out: unknown[] = []
    for (let i = 0; i < 12; i++) out.push(await server.ask('/agents').then(({ status }) => status, (error: Error) => error.name))
    return out.join()
  }
  const [one, again] = await Promise.all([story('a'), story('a')])
  expect(one).toBe(again)
  expect(one.split(',').filter((outcome) => outcome !== '200').length).toBeGreaterThan(1)
})
