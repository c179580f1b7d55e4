import { Redis } from 'ioredis'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle, compare, resultsOf, stage, WorkerProcess, type Programs } from './harness.js'
import type { SystemUnderTest } from './ledger.js'
import { durable, RedisServer, withoutRedis } from './redis.js'

/** A worker that stands still for longer than others wait for it is taken for dead, and does not know it when it goes on. */
const folder = mkdtempSync(join(tmpdir(), 'orkit-frozen-'))
const files = 6
let programs: Programs
beforeAll(async () => {
  programs = await bundle(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(withoutRedis)('a worker that is frozen for longer than its lease, and then goes on (needs redis-server)', { concurrent: true }, () => {
  it.each([['flexorch', 'documents'], ['klarefi', 'process']] as const)('%s %s: with requests under way', { timeout: 60_000 }, frozen)
})

async function frozen(system: SystemUnderTest, adapter: string): Promise<void> {
  const here = mkdtempSync(join(folder, `${system}-`))
  const redis = await new RedisServer({ folder: join(here, 'redis'), settings: durable }).start()
  const { documents, server, config: common } = await stage(programs, { system, adapter, files, settleMs: 1_000, folder: here, workMs: 500, faults: 0, seed: 1 })
  const processes: WorkerProcess[] = []
  const start = (program: string, config: object) => {
    const started = new WorkerProcess(program, { ...common, queue: redis.url, ...config })
    processes.push(started)
    return started
  }
  const hire = () => start(programs.queueWorker, { leaseMs: 1_000, concurrency: 16 })
  try {
    const submitter = start(programs.queueSubmitter, { rate: 'off' })
    const first = hire()
    await until('requests are under way', async () => (await look(redis.url)).sending >= 3)
    first.freeze()
    // The batch must not be cleared away before the frozen one is back.
    submitter.freeze()
    const before = await look(redis.url)
    expect(Object.keys(before.beats)).toHaveLength(1)
    hire()
    await until('another has done it all', async () => Object.values((await look(redis.url)).items).every(({ state }) => state === 'done'))
    const done = await look(redis.url)
    const [stale] = Object.keys(before.beats)
    first.thaw()
    await until('it says that it lives', async () => (await look(redis.url)).beats[stale!] !== done.beats[stale!])
    // It has read by now what had come for it; a request that it made would take half a second.
    await sleep(1_000)
    const after = await look(redis.url)
    expect([after.items, after.results, after.open, after.sending]).toEqual([done.items, done.results, 0, 0])
    submitter.thaw()
    const { code, out, err } = await submitter.ended
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({ complete: true, total: files, states: { done: files } })
    expect({ ...compare(await server.ledger(), system, files), ...resultsOf(common.results, documents, system, files) }).toEqual({ accepted: files, doubled: [], missing: [], results: files, doubledResults: [], missingResults: [] })
    // It goes on working, for whatever comes next.
    expect(first.alive).toBe(true)
  } finally {
    for (const each of processes) each.kill()
    await server.kill()
    await redis.stop()
  }
}

/** What Redis holds of the one batch. */
async function look(url: string) {
  const redis = new Redis(url)
  try {
    const [id] = await redis.smembers('orkit:batches')
    const key = (name: string) => `orkit:{${id}}:${name}`
    const items = await Promise.all(Array.from({ length: files }, async (_, n) => [n, await redis.hgetall(key(`i:${n}`))] as const))
    return {
      items: Object.fromEntries(items), results: await redis.hgetall(key('results')), beats: await redis.hgetall(key('beats')),
      open: await redis.scard(key('open')), sending: await redis.scard(key('sending')),
    }
  } finally {
    redis.disconnect()
  }
}

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; !(await is()); await sleep(50)) if (Date.now() > end) throw new Error(`it did not come to that: ${what}`)
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
