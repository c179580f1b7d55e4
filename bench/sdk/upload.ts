/** A file of 1 GiB goes up; what counts is how far the memory of the process rises above where it idled. */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fileFromPath } from '@orkit/sdk/node'
import { Orckai } from '@orkit/sdk/orckai'
import { line, median, type Line } from '../lines.js'
import { startServer } from './harness.js'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const RUNS = 5

export async function uploadMemory(): Promise<Line> {
  const folder = await mkdtemp(join(tmpdir(), 'orkit-bench-'))
  const server = await startServer()
  try {
    const path = join(folder, 'large.bin')
    // Sparse: it takes no room on the disk.
    const file = await open(path, 'w')
    await file.truncate(GIB)
    await file.close()
    const rises: number[] = []
    for (let run = 0; run < RUNS; run++) rises.push(await inProcess(server.origin, path))
    return line('upload of 1 GiB, peak RSS above idle', median(rises), { below: 64 }, 'MiB', 'idle', RUNS)
  } finally {
    server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Each run in a fresh process: memory once taken is not given back. */
function inProcess(origin: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [origin, path])
    child.once('message', (rise) => resolve(rise as number))
    child.once('exit', (code) => { if (code !== 0) reject(new Error(`the upload ended with ${code}`)) })
  })
}

/** In the child: the rise in MiB. */
async function upload(origin: string, path: string): Promise<number> {
  const orckai = new Orckai({ apiKey: 'oak_bench', baseUrl: origin, timeout: Infinity })
  await orckai.knowledgeBases.documents.upload('kb', { file: new Blob(['small']) })
  const idle = process.memoryUsage.rss()
  let peak = idle
  const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 10)
  await orckai.knowledgeBases.documents.upload('kb', { file: await fileFromPath(path) })
  clearInterval(watch)
  return (Math.max(peak, process.memoryUsage.rss()) - idle) / MIB
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.send(await upload(process.argv[2]!, process.argv[3]!))
  process.disconnect()
}
