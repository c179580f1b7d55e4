import { createMock, type Mock } from '@orkit/mock'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisServer, withoutRedis } from '../../../test/batch/redis.js'
import { run } from '../src/app/run.js'
import { app } from './app.js'
import { fakeIo } from './io.js'

describe.skipIf(withoutRedis)('over a queue (needs redis-server)', () => {
  const kb = 'd4e5f6a7-0000-4000-8000-000000000001'
  const password = 'S3cr3tOfRedis'
  let root: string
  let redis: RedisServer
  let queue: string
  let mock: Mock
  let env: Record<string, string>
  let cwd: string

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'orkit-cli-queue-'))
    redis = await new RedisServer({ folder: join(root, 'redis'), settings: ['--appendonly', 'yes', '--requirepass', password] }).start()
    queue = redis.url.replace('redis://', `redis://:${password}@`)
    mock = createMock({ systems: ['orckai'], strict: true, rateLimits: 'off', jobDuration: 'immediate' })
    const { url } = await mock.listen({ port: 0 })
    env = { ORKIT_CREDENTIAL_STORE: 'file', ORCKAI_BASE_URL: `${url}/orckai/api/v1`, ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000' }
  })
  afterAll(async () => {
    await mock?.close()
    await redis?.stop()
    rmSync(root, { recursive: true, force: true })
  })
  beforeEach(() => {
    cwd = mkdtempSync(join(root, 'work-'))
    mkdirSync(join(cwd, 'docs'))
    for (const name of ['a', 'b', 'c']) writeFileSync(join(cwd, 'docs', `${name}.md`), `# ${name} ${cwd}`)
  })

  const printed: string[] = []
  async function orkit(line: readonly string[], more: Record<string, string> = {}) {
    const io = fakeIo({ cwd, env: { HOME: cwd, XDG_CONFIG_HOME: join(cwd, 'config'), XDG_STATE_HOME: join(cwd, 'state'), ...env, ...more } })
    const code = await run(app, line, io)
    printed.push(io.out(), io.err())
    return { code, out: io.out(), err: io.err(), rows: () => io.out().trim().split('\n').filter(Boolean).map((each) => JSON.parse(each) as Record<string, unknown>) }
  }
  const work = (...more: string[]) => orkit(['batch', 'work', '--drain', '--lease', '1', ...more], { ORKIT_QUEUE: queue })

  it('upload puts it there, workers send it, and its results come home', async () => {
    const there = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--wait', '--queue', queue, '--detach', '-o', 'jsonl'])
    expect(there.code).toBe(9)
    expect(there.err).toContain('Workers go on. Come back with: orkit orckai batch resume .orkit/')
    const listed = await orkit(['batch', 'list', '-o', 'jsonl'], { ORKIT_QUEUE: queue })
    const batch = String(listed.rows()[0]!['batch'])
    expect(listed.rows()).toMatchObject([{ items: 3, status: '3 planned', system: 'orckai', workers: 0 }])
    expect((await orkit(['batch', 'show', batch, '--status', 'planned', '-o', 'jsonl'], { ORKIT_QUEUE: queue })).rows()).toHaveLength(3)
    const worked = await work()
    expect(worked).toMatchObject({ code: 0 })
    expect(worked.err).toContain('started: orckai at')
    const journal = readdirSync(join(cwd, '.orkit')).find((name) => name.endsWith('.journal'))!
    expect((await orkit(['orckai', 'batch', 'list', '-o', 'jsonl'])).rows()).toMatchObject([{ on_queue: batch, queue: expect.stringMatching(/^redis:\/\/\*\*\*@127/) as string }])
    const refused = await orkit(['orckai', 'batch', 'resume', journal])
    expect(refused.code).toBe(2)
    expect(refused.err).toContain('--queue')
    const home = await orkit(['orckai', 'batch', 'resume', journal, '--queue', 'env', '--results', 'out.jsonl', '-o', 'jsonl'], { ORKIT_QUEUE: queue })
    expect(home.code).toBe(0)
    expect(home.rows().map((row) => row['status'])).toEqual(['done', 'done', 'done'])
    expect(readFileSync(join(cwd, 'out.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { path: string }).path).toSorted()).toEqual(['docs/a.md', 'docs/b.md', 'docs/c.md'])
    expect((await orkit(['batch', 'list', '-o', 'jsonl'], { ORKIT_QUEUE: queue })).out).toBe('')
  }, 60_000)

  it('cancels by journal and by name', async () => {
    await orkit(['orckai', 'upload', 'docs', '--to', kb, '--queue', queue, '--detach'])
    const journal = readdirSync(join(cwd, '.orkit')).find((name) => name.endsWith('.journal'))!
    const unnamed = await orkit(['orckai', 'batch', 'cancel', journal])
    expect(unnamed).toMatchObject({ code: 2 })
    expect(unnamed.err).toContain('is on the queue redis://***@127.0.0.1')
    const cancelled = await orkit(['orckai', 'batch', 'cancel', journal, '--queue', queue])
    expect(cancelled.err).toContain('3 cancelled')
    const [batch] = (await orkit(['batch', 'list', '-o', 'jsonl'], { ORKIT_QUEUE: queue })).rows()
    expect((await orkit(['batch', 'cancel', String(batch!['batch'])], { ORKIT_QUEUE: queue })).err).toContain('0 cancelled')
    const home = await orkit(['orckai', 'batch', 'resume', journal, '--queue', queue, '-o', 'jsonl'])
    expect(home.rows().map((row) => row['code'])).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED'])
  }, 60_000)

  it.each([
    ['no queue', ['batch', 'list'], 2, 'which queue?'],
    ['no address', ['batch', 'list', '--queue', 'localhost'], 2, 'not an address of a Redis'],
    ['a wrong password', ['batch', 'list', '--queue', 'redis://:Wr0ngS3cr3t@PORT'], 3, 'refuses: WRONGPASS'],
    ['an unknown batch', ['batch', 'show', 'nothing', '--queue', 'QUEUE'], 4, 'has no batch nothing'],
    ['a ceiling', ['orckai', 'upload', 'docs', '--to', kb, '--queue', 'QUEUE', '--max-credits', '3'], 2, '--max-credits is not kept over a queue'],
    ['no journal', ['orckai', 'upload', 'docs', '--to', kb, '--queue', 'QUEUE', '--journal', 'none'], 2, '--queue needs a journal'],
    ['detach alone', ['orckai', 'upload', 'docs', '--to', kb, '--detach'], 2, '--detach goes with --queue'],
  ])('%s is said', async (_, line, code, words) => {
    const told = await orkit(line.map((word) => word.replace('PORT', `127.0.0.1:${redis.port}`).replace('QUEUE', queue)))
    expect(told.err).toContain(words)
    expect(told.code).toBe(code)
  }, 30_000)

  it('no password is shown by anything', () => {
    expect(printed.length).toBeGreaterThan(20)
    expect(printed.join('\n')).not.toMatch(/S3cr3t/)
  })
})
