import { createMock, type Listening, type Mock, type SystemName } from '@orkit/mock'
import { signPayload } from '@orkit/sdk/webhooks'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from './snippets.js'

/** Each program of `examples/`, as a process against the reference server on a port. `mock.test.ts` and `msw.test.ts` are tests themselves. */

let mock: Mock
let server: Listening
const env: Record<string, string> = { TSX_TSCONFIG_PATH: join(root, 'tsconfig.base.json') }
const folder = mkdtempSync(join(tmpdir(), 'orkit-examples-'))

beforeAll(async () => {
  mock = createMock({ rateLimits: 'off', jobDuration: 300, streamDelay: 1 })
  server = await mock.listen()
  for (const system of ['orckai', 'flexorch', 'klarefi', 'orbiter'] satisfies SystemName[]) {
    env[`${system.toUpperCase()}_BASE_URL`] = mock.baseUrl(system).replace(/^https?:\/\/[^/]+/, server.url)
    for (const [name, value] of Object.entries(await mock.credentials(system))) env[`${system.toUpperCase()}_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`] = String(value)
  }
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await mock.close()
})

function start(program: string, args: readonly string[] = [], more: Record<string, string> = {}): { child: ChildProcess; text: () => string } {
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/${program}`, ...args], { cwd: root, env: { ...process.env, ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => { text += chunk.toString() })
  return { child, text: () => text }
}

/** Runs a program to its end. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { child, text } = start(program, args)
  const [code] = (await once(child, 'close')) as [number]
  expect(code, text()).toBe(0)
  return text()
}

it('list.ts goes through every page', async () => {
  const lines = (await run('list.ts')).trim().split('\n')
  expect(lines.length).toBeGreaterThan(2)
  expect(lines.at(-1)).toBe(`${lines.length - 1} agents`)
})

it('chat.ts streams an answer', async () => {
  expect((await run('chat.ts', 'What is an agent?')).trim().length).toBeGreaterThan(20)
})

it('wait.ts follows a job to its end', async () => {
  expect(await run('wait.ts')).toMatch(/gettysburg-address\.txt: completed\n$/)
})

it('batch.ts sends each file once, also when it is run again', async () => {
  const again = () => run('batch.ts', join(folder, 'batch.journal'), 'examples/documents/md', 'examples/documents/csv/customers.csv')
  const text = await again()
  expect(text.match(/^done {2}/gm)).toHaveLength(4)
  expect(text).toMatch(/^rejected {2}.*customers\.csv {2}UNSUPPORTED_FILE$/m)
  const uploads = () => mock.journal.entries({ operationId: 'documents.process' }).length
  const before = uploads()
  expect(before).toBeGreaterThan(0)
  await again()
  expect(uploads()).toBe(before)
})

it('webhook.ts takes what is signed and refuses the rest', async () => {
  const { child, text } = start('webhook.ts', [], { KLAREFI_WEBHOOK_SECRET: 'whsec_new,whsec_old', PORT: '0' })
  try {
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout!.on('data', () => { const found = /listening on (\d+)/.exec(text()); if (found) resolve(found[1]!) })
      child.once('close', () => reject(new Error(text())))
    })
    const body = JSON.stringify({ event_type: 'v1.case.processing', delivery_id: 'd1' })
    const post = async (secret: string) => (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers: { 'x-klarefi-signature': await signPayload(body, secret) } })).status
    expect(await post('whsec_old')).toBe(204)
    expect(await post('whsec_wrong')).toBe(400)
    expect(text()).toMatch(/v1\.case\.processing\nrefused: signature/)
  } finally {
    child.kill()
  }
})
