import { execFile, fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, openSync, closeSync, ftruncateSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FORMAT, VERSION, encodeLine } from '../../packages/sdk/src/batch/records.js'
import { line, median, ratioOfPairs, type Line } from '../lines.js'

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url))
const PAIRS = 5
const LIMITED_RUNS = 3
const MiB = 1 << 20

export class Bench {
  private count = 0

  constructor(private readonly folder: string) {}

  /** 2,000 small files: against a process for each of them, and against the least that a program can do. */
  async small(): Promise<Line[]> {
    const files = this.files('small', 2_000, (index) => Buffer.alloc(10_000, `file ${index} `))
    const server = await Server.start()
    const ours = async () => (await this.run('upload', server.origin, files, this.journal())).ms
    try {
      const list = join(this.folder, 'small.list')
      writeFileSync(list, readdirSync(files).map((name) => `${join(files, name)}\0`).join(''))
      const curl = () => timed('sh', ['-c', `xargs -0 -P 16 -I{} curl -sS -f -o /dev/null -H 'x-api-key: dfx_bench' -F 'files=@{}' ${server.origin}/data-process/async < '${list}'`])
      const pool = async () => (await this.run('pool', server.origin, files, '-')).ms
      await ours()
      const overCurl = await ratioOfPairs(ours, curl, 3)
      const overPool = await ratioOfPairs(ours, pool, PAIRS)
      return [line('2,000 files of 10 kB, journal on', overCurl, { atMost: 0.35 }, 'x time', 'xargs -P 16 curl', 3), line('2,000 files of 10 kB, journal on', overPool, { atMost: 1.25 }, 'x time', 'Promise.all pool of 16 over fetch, no journal', PAIRS)]
    } finally {
      server.stop()
    }
  }

  /** 600 a minute, as 100 in ten seconds: 350 files take 30 seconds at least. Three at a time, each with a server of its own: they mostly wait. */
  async limited(): Promise<Line[]> {
    const files = this.files('limited', 350, (index) => Buffer.from(`file ${index}`))
    const runs = await Promise.all(Array.from({ length: LIMITED_RUNS }, async () => {
      const server = await Server.start(100, 10)
      try {
        await this.run('limited', server.origin, files, this.journal())
        return await server.facts()
      } finally {
        server.stop()
      }
    }))
    const refused = runs.reduce((sum, run) => sum + run.refused, 0)
    return [line('600/min, 350 files', median(runs.map((run) => run.ms)) / 30_000, { atMost: 1.05 }, 'x time', 'what the limit dictates', runs.length), line('600/min, requests answered 429', refused, { atMost: 0 }, 'requests', 'none', runs.length)]
  }

  /** Files are streamed, never held. */
  async memory(): Promise<Line> {
    const folder = join(this.folder, 'large')
    mkdirSync(folder)
    for (let index = 0; index < 100; index++) {
      const file = openSync(join(folder, `${index}.bin`), 'w')
      writeSync(file, `file ${index}`)
      ftruncateSync(file, 50_000_000)
      closeSync(file)
    }
    const server = await Server.start()
    try {
      const one = this.files('one', 1, () => Buffer.from('one'))
      const more: number[] = []
      for (let run = 0; run < 3; run++) {
        const idle = await this.run('idle', server.origin, one, this.journal())
        const full = await this.run('upload', server.origin, folder, this.journal())
        more.push((full.rss - idle.rss) / 1024)
      }
      return line('peak RSS, 100 files of 50 MB', Math.max(...more), { atMost: 64 }, 'MiB more', 'the same process with one small file', more.length)
    } finally {
      server.stop()
      rmSync(folder, { recursive: true })
    }
  }

  /** A batch of a hundred thousand items that is done says so. */
  async resume(): Promise<Line[]> {
    const journal = this.journal()
    const items = 100_000
    const destination = { system: 'flexorch', baseUrl: 'http://127.0.0.1:9', operation: 'documents.process', path: {} }
    const file = openSync(journal, 'w')
    writeSync(file, encodeLine({ format: FORMAT, version: VERSION, tool: 'bench', created: new Date(0).toISOString(), host: 'bench', root: this.folder, destination, params: {}, note: {} }))
    const hex = (n: number) => n.toString(16).padStart(64, '0')
    const write = (record: (n: number) => object) => {
      let text = ''
      for (let n = 0; n < items; n++) text += encodeLine(record(n))
      writeSync(file, text)
    }
    write((n) => ({ t: 'item', n, path: `documents/of/the/year/${n}.pdf`, size: 10_000 + n, mtime: 1_700_000_000_000 + n }))
    writeSync(file, encodeLine({ t: 'listed', items }))
    write((n) => ({ t: 'sending', n, id: hex(n), sha: hex(n + items), try: 1, at: 1_700_000_000_000 + n }))
    write((n) => ({ t: 'accepted', n, at: 1_700_000_000_100 + n, job: String(n) }))
    write((n) => ({ t: 'done', n, at: 1_700_000_000_200 + n }))
    closeSync(file)
    const runs: { ms: number; rss: number }[] = []
    for (let run = 0; run < 3; run++) runs.push(await this.run('resume', destination.baseUrl, '-', journal))
    return [
      line('resume of 100,000 items already done', median(runs.map((run) => run.ms)) / 1_000, { below: 3 }, 's', 'none', runs.length),
      line('resume of 100,000 items already done, peak RSS', Math.max(...runs.map((run) => run.rss)) / 1024, { below: 256 }, 'MiB', 'none', runs.length),
    ]
  }

  private files(name: string, count: number, content: (index: number) => Buffer): string {
    const folder = join(this.folder, name)
    mkdirSync(folder)
    for (let index = 0; index < count; index++) writeFileSync(join(folder, `f${index}.txt`), content(index))
    return folder
  }

  private journal(): string {
    return join(this.folder, `j${this.count++}.journal`)
  }

  /** Wall time from the start of the process to its end, and the most memory that it held (KiB). */
  private run(...args: string[]): Promise<{ ms: number; rss: number }> {
    const began = performance.now()
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [worker, ...args], { maxBuffer: MiB }, (error, stdout, stderr) => {
        if (error) return reject(new Error(`${args[0]}: ${stderr || stdout || error.message}`))
        resolve({ ms: performance.now() - began, rss: (JSON.parse(stdout) as { rss: number }).rss })
      })
    })
  }
}

class Server {
  private constructor(private readonly child: ChildProcess, readonly origin: string) {}

  static async start(...limit: number[]): Promise<Server> {
    const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), limit.map(String))
    const { port } = await new Promise<{ port: number }>((resolve, reject) => {
      child.once('message', (message) => resolve(message as { port: number }))
      child.once('exit', (code) => reject(new Error(`the bench server ended with ${code}`)))
    })
    return new Server(child, `http://127.0.0.1:${port}`)
  }

  facts(): Promise<{ taken: number; refused: number; ms: number }> {
    return new Promise((resolve) => {
      this.child.once('message', (message) => resolve(message as never))
      this.child.send('facts')
    })
  }

  stop(): void {
    this.child.kill()
  }
}

function timed(command: string, args: string[]): Promise<number> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: MiB }, (error, _, stderr) => (error ? reject(new Error(`${command}: ${stderr || error.message}`)) : resolve(performance.now() - began)))
  })
}
