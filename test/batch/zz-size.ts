/** 1, 2 and 4 workers: files a second against a server with 300 ms, with and without a limit. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { bundle, ServerProcess, WorkerProcess, writeDocuments } from './harness.js'
import { durable, RedisServer } from './redis.js'
const folder = mkdtempSync('/tmp/qs-')
const programs = await bundle(folder)
for (const rate of ['off', 600] as const) for (const workers of [1, 2, 4]) {
  const dir = join(folder, `${rate}-${workers}`)
  const files = rate === 'off' ? 1_200 : 900
  const documents = writeDocuments({ system: 'flexorch', files, folder: dir })
  const redis = await new RedisServer({ folder: join(dir, 'redis'), settings: durable }).start()
  const server = new ServerProcess(programs.server, { system: 'flexorch', state: join(dir, 'state.json'), workMs: 300, jobMs: 100, faults: 0, seed: 1 })
  await server.start()
  const baseUrl = `http://127.0.0.1:${server.port}${server.base}`
  const common = { system: 'flexorch', adapter: 'documents', baseUrl, credentials: server.credentials, path: {}, folder: documents, files, journal: join(dir, 'j.journal'), results: join(dir, 'r.jsonl'), settleMs: 5_000, queue: redis.url, leaseMs: 30_000, concurrency: 16, rate }
  const hired = Array.from({ length: workers }, () => new WorkerProcess(programs.queueWorker, common))
  const submitter = new WorkerProcess(programs.queueSubmitter, common)
  while (server.accepted < 50) await new Promise((r) => setTimeout(r, 5))
  const [from, began] = [server.accepted, performance.now()]
  while (server.accepted < files * 0.95) await new Promise((r) => setTimeout(r, 5))
  console.log(JSON.stringify({ rate, workers, perSecond: ((server.accepted - from) / ((performance.now() - began) / 1000)).toFixed(1) }))
  const { err } = await submitter.ended
  if (err) console.log(err)
  for (const w of hired) { w.kill(); await w.ended }
  await server.kill(); await redis.stop()
}
process.exit(0)
