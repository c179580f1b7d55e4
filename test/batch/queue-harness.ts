import { join } from 'node:path'
import { Redis } from 'ioredis'
import { compare, resultsOf, stage, WorkerProcess, type Ended, type Outcome, type Programs, type Trial } from './harness.js'
import { random } from './random.js'
import { durable, RedisServer } from './redis.js'

/** The proof over a queue: workers, submitter, server and Redis are killed at random instants, and each file is taken exactly once. */

export interface QueueTrial extends Omit<Trial, 'kills'> {
  readonly workers: number
  /** SIGKILLs of workers. */
  readonly kills: number
  /** SIGKILLs of the submitting process. */
  readonly submitterKills: number
  /** Restarts of Redis: every second one with SIGKILL. */
  readonly redisRestarts: number
  /** Settings of Redis. Default: its log is synced before a write is answered. */
  readonly redisSettings?: readonly string[]
  readonly leaseMs: number
}

export interface QueueOutcome extends Omit<Outcome, 'shared'> {
  readonly submitterKills: number
  readonly redisRestarts: number
  /** Keys that are left in Redis when the batch is over. */
  readonly keysLeft: readonly string[]
}

const LOGGED = process.env['ORKIT_SOAK_LOG'] !== undefined
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export async function queueTrial(programs: Programs, options: QueueTrial): Promise<QueueOutcome> {
  const { system, files, log = () => {} } = options
  const began = Date.now()
  const chance = random(options.seed)
  const redis = await new RedisServer({ folder: join(options.folder, 'redis'), settings: options.redisSettings ?? durable }).start()
  const { documents, server, config: common } = await stage(programs, options)
  const workerConfig = { ...common, queue: redis.url, leaseMs: options.leaseMs, concurrency: 16 }
  const hire = () => new WorkerProcess(programs.queueWorker, workerConfig)
  const workers = Array.from({ length: options.workers }, hire)
  const submit = () => new WorkerProcess(programs.queueSubmitter, { ...common, queue: redis.url, rate: 'off' })
  let submitter = submit()
  const whens = (count: number) => new Set(Array.from({ length: count }, (_, index) => Math.min(options.kills - 1, Math.floor(((index + chance()) * options.kills) / count))))
  const [atServer, atSubmitter, atRedis] = [whens(options.serverKills), whens(options.submitterKills), whens(options.redisRestarts)]
  let [kills, serverKills, submitterKills, redisRestarts, runs, before] = [0, 0, 0, 0, 1, 0]
  const ended = async (process: WorkerProcess, who: string): Promise<Ended> => {
    const result = await process.ended
    if (LOGGED && result.out !== '') log(result.out)
    if (result.err !== '') throw new Error(`seed ${options.seed}: the ${who} failed (${result.code ?? result.signal}): ${result.err}`)
    return result
  }
  try {
    const targets = Array.from({ length: options.kills }, () => Math.floor(chance() * files * 0.97)).toSorted((a, b) => a - b)
    for (const [index, goal] of targets.entries()) {
      const start = server.accepted
      const deadline = Date.now() + 60_000
      while (server.accepted < Math.max(goal, Math.min(start, files - 1)) && Date.now() < deadline) await sleep(3)
      await sleep(chance() * 450)
      if (atServer.has(index)) {
        before += await server.kill()
        serverKills++
        await sleep(chance() * 300)
        await server.start()
      }
      if (atRedis.has(index)) {
        await redis.stop(redisRestarts % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
        redisRestarts++
        await sleep(chance() * 1_000)
        await redis.start()
      }
      if (!submitter.alive) {
        const { code, out } = await ended(submitter, 'submitter')
        log(`  submitter ended by itself (${code}): ${out.slice(0, 300)}`)
        submitter = submit()
        runs++
      } else if (atSubmitter.has(index)) {
        submitter.kill()
        await ended(submitter, 'submitter')
        submitterKills++
        submitter = submit()
        runs++
      }
      const victim = Math.floor(chance() * workers.length)
      workers[victim]!.kill()
      await ended(workers[victim]!, 'worker')
      kills++
      if (kills % 10 === 0) log(`  ${kills} kills, ${server.accepted} taken`)
      await sleep(chance() * 200)
      workers[victim] = hire()
    }
    let last = await ended(submitter, 'submitter')
    for (let again = 0; again < 40 && last.code !== 0; again++) {
      log(`  not complete: ${last.out}`)
      runs++
      last = await ended(submit(), 'submitter')
    }
    // Workers sweep up what BullMQ writes after the batch was taken off, if they are given the time.
    for (let look = 0; look < 40 && (await keysOf(redis.url)).length > 0; look++) await sleep(250)
    for (const worker of workers) {
      worker.kill()
      await ended(worker, 'worker')
    }
    const ledger = await server.ledger()
    const sent = before + (await server.kill())
    return {
      files, kills, serverKills, submitterKills, redisRestarts, runs, ...compare(ledger, system, files), ...resultsOf(common.results, documents, system, files), sentAgain: sent - files, faults: server.faults,
      keysLeft: await keysOf(redis.url), seconds: Math.round((Date.now() - began) / 1000), summary: JSON.parse(last.out) as Outcome['summary'],
    }
  } finally {
    for (const worker of workers) worker.kill()
    submitter.kill()
    await redis.stop()
  }
}

/** What a batch may leave behind are names of workers' clocks and counts of requests, which expire. */
async function keysOf(url: string): Promise<string[]> {
  const redis = new Redis(url)
  try {
    const keys = await redis.keys('*')
    const left = await Promise.all(keys.map(async (key) => ((await redis.ttl(key)) === -1 ? key : undefined)))
    return left.filter((key) => key !== undefined)
  } finally {
    redis.disconnect()
  }
}
