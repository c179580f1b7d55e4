import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'

/** A Redis of one's own: its port, its folder, its process. */

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
/** Reason to skip; in CI what is missing is a failure. */
export const withoutRedis = !hasRedis && process.env['CI'] !== 'true'

export interface RedisOptions {
  readonly folder: string
  /** Further settings, as on the command line: `['--appendfsync', 'always']`. */
  readonly settings?: readonly string[]
}

export class RedisServer {
  port = 0
  private child: ChildProcess | undefined

  constructor(private readonly options: RedisOptions) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async start(): Promise<this> {
    mkdirSync(this.options.folder, { recursive: true })
    this.port ||= await freePort()
    const child = (this.child = spawn('redis-server', ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.options.folder, '--save', '', '--loglevel', 'warning', ...(this.options.settings ?? [])], { stdio: ['ignore', 'pipe', 'pipe'] }))
    let said = ''
    child.stdout!.on('data', (chunk) => void (said = (said + String(chunk)).slice(-2_000)))
    const until = Date.now() + 60_000
    while (!(await answers(this.port))) {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${said}`)
      if (Date.now() > until) throw new Error(`redis-server does not answer: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return this
  }

  /** `SIGKILL`: as a crash. `SIGTERM`: in good order. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
}

/** The log is synced before a write is answered. */
export const durable = ['--appendonly', 'yes', '--appendfsync', 'always'] as const

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const end = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    // Any answer will do, "no password given" too; while it reads its log it says LOADING.
    socket.once('data', (chunk) => end(!String(chunk).includes('LOADING')))
    socket.once('error', () => end(false))
    socket.setTimeout(1_000, () => end(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
