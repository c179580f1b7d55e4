import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fromPaths, openResults, readJournal, reportRows, uploadBatch, type BatchClient, type BatchEvent, type Source, type SourceEntry } from '../../src/batch/index.js'
import { BatchHaltedError, cancelQueued, listQueue, QueueError, queueBatch, redisRateLimitStore, showQueued, workQueue, type QueueBatchOptions, type WorkEvent, type WorkOptions } from '../../src/batch/queue/index.js'
import { connectQueue } from '../../src/batch/queue/connect.js'
import { QueueStore } from '../../src/batch/queue/store.js'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'
import { RedisServer, withoutRedis } from '../../../../test/batch/redis.js'
import { Ledger, type LedgerOptions } from './ledger.js'

describe.skipIf(withoutRedis)('over a queue (needs redis-server)', () => {
  let root: string
  let folder: string
  let redis: RedisServer
  let ledger: Ledger
  let client: BatchClient
  const hired: { stop: AbortController; done: Promise<void> }[] = []

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'orkit-queue-'))
    redis = await new RedisServer({ folder: join(root, 'redis'), settings: ['--appendonly', 'yes'] }).start()
  })
  afterAll(async () => {
    await redis.stop()
    rmSync(root, { recursive: true, force: true })
  })
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'batch-'))
  })
  afterEach(async () => {
    await dismiss()
    await ledger?.close()
  })

  async function serve(options: LedgerOptions = {}, key = 'dfx_test'): Promise<void> {
    ledger = new Ledger(options)
    client = new FlexOrch({ apiKey: key, baseUrl: `http://127.0.0.1:${await ledger.listen()}`, timeout: 5_000, retryBudget: false }) as unknown as BatchClient
  }
  const orckai = async (options: LedgerOptions = {}) => {
    ledger = new Ledger(options)
    client = new Orckai({ apiKey: 'oak_test', baseUrl: `http://127.0.0.1:${await ledger.listen()}`, timeout: 5_000, retryBudget: false }) as unknown as BatchClient
  }
  const files = (count: number) => Array.from({ length: count }, (_, index) => {
    writeFileSync(join(folder, `f${index}.txt`), `${index} `.padEnd(100, 'x'))
    return `f${index}.txt`
  })
  const submit = (source: Source | undefined, options: Partial<QueueBatchOptions> = {}) =>
    queueBatch(client, source, { queue: redis.url, journal: join(folder, 'j.journal'), ...(source === undefined ? {} : { root: folder }), rate: 'off', settleMs: 300, pollIntervalMs: 50, ...options })
  function hire(options: Partial<WorkOptions> = {}): { events: WorkEvent[]; fire: () => Promise<void> } {
    const events: WorkEvent[] = []
    const stop = new AbortController()
    const done = workQueue({ queue: redis.url, client: () => client, leaseMs: 1_000, signal: stop.signal, onEvent: (event) => void events.push(event), ...options })
    done.catch(() => {})
    hired.push({ stop, done })
    return { events, fire: async () => {
      stop.abort()
      await done
    } }
  }
  async function dismiss(): Promise<void> {
    for (const { stop } of hired) stop.abort()
    await Promise.allSettled(hired.splice(0).map(({ done }) => done))
  }

  it('ends as one machine would, and leaves nothing behind', async () => {
    await serve({ jobMs: 50, reject: (name) => name === 'f7.txt' })
    const names = [...files(30), 'missing.txt', 'copy.txt']
    writeFileSync(join(folder, 'copy.txt'), readFileSync(join(folder, 'f3.txt')))
    hire()
    hire()
    const out = await openResults(join(folder, 'queue.jsonl'))
    const batch = submit(names, { wait: true, results: true, onResult: async (item, result) => void (await out.write(item.id!, { path: item.path, job: item.job, result })) })
    const summary = await batch.summary()
    await out.close()
    expect(summary).toMatchObject({ total: 32, same: 1, complete: true, states: { done: 30, rejected: 1, failed: 1 } })
    expect(ledger.uploads).toBe(30)
    expect(await listQueue(redis.url)).toEqual([])

    const alone = uploadBatch(client, names, { root: folder, rate: 'off', wait: true, results: true, pollIntervalMs: 20, filesPerRequest: 1 })
    await alone.summary()
    const bare = ({ sent_at: _, ended_at: __, duplicate: ___, ...row }: ReturnType<typeof reportRows>[number]) => row
    expect(reportRows(batch).map(bare)).toEqual(reportRows(alone).map(bare))
    const lines = readFileSync(join(folder, 'queue.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { path: string; result: { status: string } })
    expect(lines.map(({ path }) => path).toSorted()).toEqual(names.filter((name) => !['f7.txt', 'missing.txt', 'copy.txt'].includes(name)).toSorted())
    expect(lines.every(({ result }) => result.status === 'completed')).toBe(true)
  })

  it('a submitter may go and come back: workers go on, each result is brought home once', async () => {
    await serve({ workMs: 100, jobMs: 200 })
    const names = files(40)
    hire({ concurrency: 2 })
    const told: string[] = []
    const stop = new AbortController()
    const first = submit(names, { wait: true, signal: stop.signal, onResult: (item) => void told.push(item.path) })
    for await (const event of first) if (event.type === 'item' && event.state === 'done') stop.abort()
    expect(await first.summary()).toMatchObject({ complete: false, stopped: { kind: 'signal' } })
    const before = ledger.accepted.length
    await until(() => ledger.accepted.length > before + 5)
    const second = submit(undefined, { wait: true, onResult: (item) => void told.push(item.path) })
    expect(await second.summary()).toMatchObject({ complete: true, states: { done: 40 } })
    expect(told.toSorted()).toEqual(names.toSorted())
    expect(ledger.uploads).toBe(40)
  })

  it('a journal that is on a queue is not sent by one process beside it', async () => {
    await serve()
    await submit(files(3), { detach: true }).summary()
    const alone = uploadBatch(client, undefined, { journal: join(folder, 'j.journal') })
    await expect(alone.summary()).rejects.toThrow(/workers of the queue redis:\/\/127\.0\.0\.1:\d+ have in hand/)
    expect(ledger.uploads).toBe(0)
    hire()
    expect(await submit(undefined).summary()).toMatchObject({ complete: true, states: { accepted: 3 } })
    // Then the queue has nothing of it any more, and one process may go on.
    expect(await uploadBatch(client, undefined, { journal: join(folder, 'j.journal'), rate: 'off', wait: true, pollIntervalMs: 20 }).summary()).toMatchObject({ complete: true, states: { done: 3 } })
    expect(ledger.uploads).toBe(3)
  })

  it('a Redis that forgets everything costs time, not documents', async () => {
    const forgetful = await new RedisServer({ folder: join(folder, 'redis') }).start()
    try {
      await orckai({ workMs: 150, forgetful: true })
      const { events } = hire({ queue: forgetful.url, concurrency: 4 })
      const notes: string[] = []
      const batch = submit(files(40), { queue: forgetful.url, path: { id: 'kb' }, settleMs: 1_000 })
      let restarted: Promise<unknown> | undefined
      for await (const event of batch) {
        if (event.type === 'note') notes.push(event.message)
        if (event.type === 'item' && event.state === 'done' && restarted === undefined && ledger.accepted.length > 8) restarted = forgetful.stop('SIGKILL').then(() => forgetful.start())
      }
      await restarted
      expect(await batch.summary()).toMatchObject({ complete: true })
      expect(new Set(ledger.accepted.map(({ filename }) => filename)).size).toBe(40)
      expect(ledger.accepted).toHaveLength(40)
      expect(notes.join('\n')).toMatch(/keeps no log/)
      expect(notes.join('\n')).toMatch(/has lost \d+ of \d+ open items/)
      expect(events.some((event) => event.type === 'redis' && event.state === 'back')).toBe(true)
    } finally {
      await dismiss()
      await forgetful.stop()
    }
  }, 60_000)

  it('workers share the limit: the server refuses nothing', async () => {
    const seen: number[] = []
    let refused = 0
    // Counts in a window that slides, a third shorter than what is documented, as requests take their time on a busy machine. Two workers that did not
    // know of each other would send twice as many in it.
    await serve({ fault: (_, when, request, response) => {
      if (when === 'after' || request.method !== 'POST') return false
      const now = performance.now()
      while (seen.length > 0 && seen[0]! <= now - 1_333) seen.shift()
      if (seen.length < 10) return seen.push(now) < 0
      refused++
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '2' }).end('{}')
      return true
    } })
    const { profile, operations } = client
    const category = operations['documents.process']!.limit ?? profile.rateLimits.default!
    const narrow = { ...profile, rateLimits: { ...profile.rateLimits, categories: { ...profile.rateLimits.categories, [category]: { ...profile.rateLimits.categories[category], windows: [{ requests: 10, seconds: 2 }] } } } }
    const limited = new Proxy(client, { get: (target, name) => (name === 'profile' ? narrow : typeof (target as never)[name] === 'function' ? ((target as never)[name] as () => void).bind(target) : (target as never)[name]) })
    hire({ client: () => limited })
    hire({ client: () => limited })
    const began = performance.now()
    expect(await submit(files(35), { rate: 'documented' }).summary()).toMatchObject({ complete: true, states: { accepted: 35 } })
    expect(refused).toBe(0)
    // 10 at once, then 10 in each window: the fourth ten cannot begin before three windows have passed.
    expect(performance.now() - began).toBeGreaterThan(6_000)
  }, 60_000)

  it('the shared count lets no more than the window through, whoever asks', async () => {
    const connections = [new Redis(redis.url), new Redis(redis.url)]
    const stores = await Promise.all(connections.map((each) => redisRateLimitStore(each)))
    const windows = [{ requests: 7, seconds: 1 }, { requests: 12, seconds: 3 }]
    const granted: { began: number; ended: number }[] = []
    const end = performance.now() + 5_000
    await Promise.all(stores.flatMap((store) => Array.from({ length: 6 }, async () => {
      while (performance.now() < end) {
        const began = performance.now()
        const wait = await store.take('test', windows, Date.now())
        if (wait === 0) granted.push({ began, ended: performance.now() })
        else await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 100)))
      }
    })))
    for (const { requests, seconds } of windows) {
      const [starts, ends] = [granted.map(({ began }) => began).toSorted((a, b) => a - b), granted.map(({ ended }) => ended).toSorted((a, b) => a - b)]
      // Redis granted each at a moment between the two: so many and one more are further apart than the window.
      ends.slice(requests).forEach((ended, index) => expect(ended - starts[index]!).toBeGreaterThan(seconds * 1_000))
    }
    expect(granted.length).toBeGreaterThanOrEqual(12)
    expect(granted.length).toBeLessThanOrEqual(24)
    // A pause that one of them was asked for holds for all.
    await stores[0]!.learn('other', windows, { notBefore: Date.now() + 5_000 }, Date.now())
    expect(await stores[1]!.take('other', windows, Date.now())).toBeGreaterThan(3_000)
    for (const each of connections) each.disconnect()
  })

  it('a refused credential stops the batch for all at once; with another it goes on', async () => {
    let good = false
    await serve({ fault: (_, when, request, response) => {
      if (good || when === 'after' || request.method !== 'POST') return false
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"code":"INVALID_API_KEY","message":"no"}}')
      return true
    } })
    const { events } = hire({ concurrency: 2 })
    const summary = await submit(files(30)).summary()
    expect(summary).toMatchObject({ complete: false, stopped: { kind: 'error' } })
    const error = summary.stopped?.kind === 'error' ? summary.stopped.error : undefined
    expect(error).toBeInstanceOf(BatchHaltedError)
    expect(error).toMatchObject({ reasonKind: 'AuthenticationError' })
    expect(ledger.uploads).toBeLessThan(10)
    await until(() => events.some((event) => event.type === 'batch' && event.state === 'halted'))
    good = true
    expect(await submit(undefined).summary()).toMatchObject({ complete: true, states: { accepted: 30 } })
    expect(ledger.accepted).toHaveLength(30)
  }, 30_000)

  it('what leads elsewhere, or is of another account, is not taken part in', async () => {
    await serve()
    await submit(files(2), { detach: true }).summary()
    const other = new FlexOrch({ apiKey: 'dfx_other', baseUrl: client.baseUrl }) as unknown as BatchClient
    const elsewhere = new FlexOrch({ apiKey: 'dfx_test', baseUrl: 'http://127.0.0.1:9' }) as unknown as BatchClient
    for (const [wrong, words] of [[other, /of the account of credential [0-9a-f]{24}; this worker's credential is that of credential [0-9a-f]{24}/], [elsewhere, /this worker's profile leads to flexorch documents\.process at http:\/\/127\.0\.0\.1:9/]] as const) {
      const { events } = hire({ client: () => wrong, drain: true })
      await until(() => events.some((event) => event.type === 'batch'))
      expect(events.find((event) => event.type === 'batch')).toMatchObject({ state: 'refused', reason: expect.stringMatching(words) as string })
    }
    const lost = hire({ root: join(folder, 'nowhere'), drain: true })
    await until(() => lost.events.some((event) => event.type === 'batch'))
    expect(lost.events.find((event) => event.type === 'batch')).toMatchObject({ state: 'refused', reason: expect.stringContaining('not a folder here') as string })
    expect(ledger.uploads).toBe(0)
    hire({ client: () => other, acceptAccount: true })
    expect(await submit(undefined).summary()).toMatchObject({ complete: true })
  })

  it('a file that is not the one that was queued is not sent', async () => {
    await serve()
    await submit(files(4), { detach: true }).summary()
    writeFileSync(join(folder, 'f1.txt'), 'another one')
    utimesSync(join(folder, 'f1.txt'), 0, 0)
    rmSync(join(folder, 'f2.txt'))
    hire()
    const batch = submit(undefined)
    expect(await batch.summary()).toMatchObject({ complete: true, states: { accepted: 2, failed: 2 }, codes: { CHANGED: 1, NOT_FOUND: 1 } })
    // Given again, it is an item of its own.
    expect(await submit(['f0.txt', 'f1.txt', 'f3.txt']).summary()).toMatchObject({ complete: true, states: { accepted: 3 } })
    expect(ledger.accepted.map(({ filename }) => filename).toSorted()).toEqual(['f0.txt', 'f1.txt', 'f3.txt'])
  })

  it('is listed, shown and cancelled, here and there', async () => {
    await serve({ workMs: 200 })
    await submit(files(20), { detach: true }).summary()
    const [found] = await listQueue(redis.url)
    expect(found).toMatchObject({ items: 20, states: { planned: 20 }, open: 20, workers: 0, destination: { system: 'flexorch' } })
    expect((await showQueued(redis.url, found!.batch)).rows).toHaveLength(20)
    await expect(showQueued(redis.url, 'nothing')).rejects.toThrow(/has no batch nothing/)
    hire({ concurrency: 2 })
    await until(() => ledger.accepted.length >= 2)
    const header = await readJournal(join(folder, 'j.journal'), () => {})
    const { cancelled, state } = await cancelQueued(redis.url, { file: join(folder, 'j.journal'), header })
    expect(cancelled).toBeGreaterThan(5)
    expect(state!.items.filter((item) => item.code === 'CANCELLED')).toHaveLength(cancelled)
    const summary = await submit(undefined).summary()
    expect(summary).toMatchObject({ complete: true, states: { skipped: cancelled, accepted: 20 - cancelled } })
    expect(ledger.accepted).toHaveLength(20 - cancelled)
    // Planned anew when that is asked for.
    expect(await submit(undefined, { retry: 'all' }).summary()).toMatchObject({ complete: true, states: { accepted: 20 } })
    expect(ledger.accepted).toHaveLength(20)
  }, 30_000)

  it('an open intent is taken over only when its worker has been silent for the lease and the server is through with it', async () => {
    const connection = await connectQueue(redis.url)
    try {
      const store = new QueueStore(connection, 'lease')
      await store.create({} as never)
      await store.put([{ n: 0, state: 'planned', record: { t: 'planned', n: 0, at: 1 }, id: 'i', sha: 's', fields: { path: 'a.txt', kind: 'file', name: 'a.txt' }, dueMs: 0, follow: false, again: false }])
      await store.beat('first')
      expect(await store.claim(0, 'first', 'token', 20_000, 40_000, 'send')).toMatchObject({ is: 'yours', state: 'planned' })
      await store.write(0, { token: 'token', was: 0, try: 1, state: 'sending', record: { t: 'sending', n: 0, id: 'i', sha: 's', try: 1, at: 2 }, worker: 'first', dueMs: 0, follow: false, at: 2, from: ['planned'] })
      const other = async (lease: number, settle: number) => store.claim(0, 'second', 'other', lease, settle, 'send')
      const waits = [await other(20_000, 40_000), await other(20_000, 0)].map((claimed) => (claimed.is === 'wait' ? Math.round(claimed.ms / 10_000) : claimed.is))
      expect(waits).toEqual([6, 2])
      expect(await other(0, 0)).toMatchObject({ is: 'yours', state: 'sending' })
      await store.remove()
    } finally {
      await connection.close()
    }
  }, 30_000)

  it('stops for all after so many failures', async () => {
    await serve({ workMs: 50, reject: () => true })
    hire({ concurrency: 1 })
    const summary = await submit(files(40), { maxFailures: 3 }).summary()
    expect(summary).toMatchObject({ complete: false, stopped: { kind: 'failures' } })
    const [batch] = await listQueue(redis.url)
    expect(batch!.halted).toMatch(/stopped after \d+ failures/)
    expect(ledger.uploads).toBeLessThan(40)
    await cancelQueued(redis.url, batch!.batch)
  })

  describe('files of an object store', () => {
    const content = (name: string) => `the content of ${name} `.repeat(40_000)
    const asked: string[] = []
    let store: Server
    let base: string
    beforeAll(async () => {
      store = createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url!, 'http://store')
        asked.push(request.url!)
        if (searchParams.get('X-Signature') !== 's3cr3t') return void response.writeHead(403).end()
        const bytes = Buffer.from(content(pathname))
        const etag = `"${pathname}"`
        if (request.headers.range === 'bytes=0-0') return void response.writeHead(206, { 'content-range': `bytes 0-0/${bytes.length}`, etag }).end(bytes.subarray(0, 1))
        response.writeHead(200, { 'content-length': pathname.includes('short') ? bytes.length - 1 : bytes.length, etag }).end(pathname.includes('short') ? bytes.subarray(1) : bytes)
      })
      await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve))
      base = `http://127.0.0.1:${(store.address() as AddressInfo).port}`
    })
    afterAll(() => void store.close())

    const sha = (name: string) => createHash('sha256').update(content(name)).digest('hex')
    const entries = (): SourceEntry[] => [
      { url: `${base}/bucket/a%20b.txt?X-Signature=s3cr3t`, sha256: sha('/bucket/a%20b.txt') },
      { url: `${base}/bucket/plain.txt?X-Signature=s3cr3t` },
      { url: `${base}/bucket/wrong.txt?X-Signature=s3cr3t`, sha256: sha('/other') },
      { url: `${base}/bucket/size.txt?X-Signature=s3cr3t`, size: 7 },
      { url: `${base}/bucket/short.txt?X-Signature=s3cr3t` },
      { url: `${base}/bucket/denied.txt?X-Signature=s3cr3t-wrong` },
      { url: 'ftp://store/x.txt' },
    ]

    it.each(['over a queue', 'in one process'])('are fetched and sent on, checked, with no word of their signatures: %s', async (how) => {
      await serve()
      mkdirSync(join(folder, 'empty'))
      if (how === 'over a queue') hire()
      const events: BatchEvent[] = []
      const batch = how === 'over a queue' ? submit(entries(), { maxAttempts: 2 }) : uploadBatch(client, entries(), { root: folder, rate: 'off', settleMs: 100, maxAttempts: 2 })
      for await (const event of batch) events.push(event)
      const summary = await batch.summary()
      expect(summary).toMatchObject({ complete: true, states: { accepted: 2, failed: 5 }, codes: { CHANGED: 3, SOURCE_HTTP_403: 1, INVALID_ADDRESS: 1 } })
      expect(ledger.accepted.map(({ filename, sha: found }) => [filename, found]).toSorted()).toEqual([['a b.txt', sha('/bucket/a%20b.txt')], ['plain.txt', sha('/bucket/plain.txt')]])
      const rows = JSON.stringify(reportRows(batch))
      expect(rows).toContain('/bucket/plain.txt')
      expect(rows).not.toContain('s3cr3t')
      // Of all that is told, only the item itself knows where it is fetched.
      expect(JSON.stringify(events, (name, value: unknown) => (name === 'source' ? undefined : value instanceof Error ? value.message : value))).not.toContain('s3cr3t')
    }, 30_000)
  })

  describe('a Redis that will not do', () => {
    it('that is away is named without its password', async () => {
      await serve()
      const error = await submit(files(1), { queue: 'redis://user:s3cr3t@127.0.0.1:9' }).summary().catch((failure: unknown) => failure as QueueError)
      expect(error).toBeInstanceOf(QueueError)
      expect(error).toMatchObject({ reason: 'unreachable', message: expect.stringContaining('redis://***@127.0.0.1:9') as string })
      expect(`${JSON.stringify(error)}${String(error)}${readFileSync(join(folder, 'j.journal'), 'utf8')}`).not.toContain('s3cr3t')
    }, 30_000)

    it.each([
      ['a wrong password', ['--requirepass', 'right'], (port: number) => `redis://:wr0ng-s3cr3t@127.0.0.1:${port}`, /refuses: (WRONGPASS|ERR invalid password)/, 'refused'],
      ['no password', ['--requirepass', 'right'], (port: number) => `redis://127.0.0.1:${port}`, /refuses: NOAUTH/, 'refused'],
      ['no permission', [], (port: number) => `redis://few:few@127.0.0.1:${port}`, /refuses: NOPERM/, 'refused'],
      ['eviction', ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'], (port: number) => `redis://127.0.0.1:${port}`, /may throw records away/, 'config'],
    ])('%s', async (_, settings, url, words, reason) => {
      const bad = await new RedisServer({ folder: join(folder, 'redis'), settings }).start()
      try {
        await serve()
        if (reason === 'refused' && settings.length === 0) {
          const admin = new Redis(bad.url)
          await admin.call('ACL', 'SETUSER', 'few', 'on', '>few', '~nothing:*', '+ping', '+info', '+auth', '+hello', '+client')
          admin.disconnect()
        }
        const error = await submit(files(1), { queue: url(bad.port) }).summary().then(() => undefined, (failure: unknown) => failure as QueueError)
        expect(error).toBeInstanceOf(QueueError)
        expect(error).toMatchObject({ reason, message: expect.stringMatching(words) as string })
        // The driver has the refused command in its error.
        expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('wr0ng-s3cr3t')
        await expect(workQueue({ queue: url(bad.port), client: () => client, drain: true })).rejects.toMatchObject({ kind: 'QueueError', reason })
      } finally {
        await bad.stop()
      }
    }, 30_000)

    it('is no address at all', async () => {
      await serve()
      await expect(submit(files(1), { queue: 'localhost:6379' }).summary()).rejects.toMatchObject({ kind: 'QueueError', reason: 'config' })
    })
  })

  it('works with folders as sources, and goes on with what is new', async () => {
    await serve()
    hire()
    files(3)
    mkdirSync(join(folder, 'in'))
    writeFileSync(join(folder, 'in', 'a.txt'), 'a')
    expect(await submit(fromPaths(['in'], { cwd: folder })).summary()).toMatchObject({ states: { accepted: 1 } })
    writeFileSync(join(folder, 'in', 'b.txt'), 'b')
    expect(await submit(fromPaths(['in'], { cwd: folder })).summary()).toMatchObject({ total: 2, states: { accepted: 2 } })
    expect(ledger.uploads).toBe(2)
  })
})

async function until(is: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; !is(); await new Promise((resolve) => setTimeout(resolve, 20))) if (Date.now() > end) throw new Error('it did not come to that')
}
