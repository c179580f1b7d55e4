/**
 * `pnpm bench:batch:queue [--files N] [--rates off,600]`: files a second that 1, 2 and 4 workers send to a server that takes 300 ms, without a limit and under one of 600 a
 * minute. A limit shows only beyond what it lets through at once, so there are more files than fit into two of its windows.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, ServerProcess, WorkerProcess, writeDocuments, type Programs } from './harness.js'
import { durable, RedisServer } from './redis.js'

const { values } = parseArgs({ args: process.argv.slice(2).filter((arg) => arg !== '--'), options: { files: { type: 'string', default: '1300' }, rates: { type: 'string', default: 'off,600' } } })
/** What is sent before the clock starts: connections are made, concurrency has grown. */
const WARM = 60

async function measure(programs: Programs, folder: string, workers: number, rate: 'off' | number): Promise<number> {
  const system = 'flexorch'
  const files = Number(values.files)
  const documents = writeDocuments({ system, files, folder })
  const redis = await new RedisServer({ folder: join(folder, 'redis'), settings: durable }).start()
  const server = new ServerProcess(programs.server, { system, state: join(folder, 'state.json'), workMs: 300, jobMs: 100, faults: 0, seed: 1 })
  await server.start()
  const config = {
    system, adapter: 'documents', baseUrl: `http://127.0.0.1:${server.port}${server.base}`, credentials: server.credentials, path: {}, folder: documents, files,
    journal: join(folder, 'batch.journal'), results: join(folder, 'results.jsonl'), settleMs: 5_000, queue: redis.url, leaseMs: 30_000, concurrency: 16, rate,
  }
  const hired = Array.from({ length: workers }, () => new WorkerProcess(programs.queueWorker, config))
  const submitter = new WorkerProcess(programs.queueSubmitter, config)
  try {
    const reach = async (count: number) => {
      while (server.accepted < count && submitter.alive) await new Promise((resolve) => setTimeout(resolve, 5))
      return { at: performance.now(), count: server.accepted }
    }
    const from = await reach(WARM)
    const to = await reach(Math.floor(files * 0.95))
    return (to.count - from.count) / ((to.at - from.at) / 1_000)
  } finally {
    for (const process of [...hired, submitter]) {
      process.kill()
      await process.ended
    }
    await server.kill()
    await redis.stop()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'orkit-sizing-'))
try {
  const programs = await bundle(folder)
  for (const rate of values.rates.split(',').map((each) => (each === 'off' ? each : Number(each)))) {
    for (const workers of [1, 2, 4]) {
      const perSecond = await measure(programs, join(folder, `${rate}-${workers}`), workers, rate)
      process.stdout.write(`${JSON.stringify({ rate, workers, files_per_second: Number(perSecond.toFixed(1)) })}\n`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
