import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'

/** A Redis of one's own: its port, its folder, its process. */

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
/** Reason to skip; in CI what is missing is a failure. */
export const withoutRedis = !hasRedis && process.env['CI'] !== 'true'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
/** As `withoutRedis`, for tests over TLS. */
export const withoutTls = (!hasRedis || !hasOpenssl) && process.env['CI'] !== 'true'

/** Files of a certificate and its key (PEM). */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A certificate of `localhost` and 127.0.0.1 that nobody has signed. */
export function selfSigned(folder: string): Certificate {
  mkdirSync(folder, { recursive: true })
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { cert, key }
}

export interface RedisOptions {
  readonly folder: string
  /** Further settings, as on the command line: `['--appendfsync', 'always']`. */
  readonly settings?: readonly string[]
  /** Speaks TLS, and nothing else. */
  readonly tls?: Certificate
}

export class RedisServer {
  port = 0
  private child: ChildProcess | undefined

  constructor(private readonly options: RedisOptions) {}

  get url(): string {
    return `${this.options.tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${this.port}`
  }

  async start(): Promise<this> {
    mkdirSync(this.options.folder, { recursive: true })
    this.port ||= await freePort()
    const { tls } = this.options
    const ports = tls === undefined ? ['--port', String(this.port)] : ['--port', '0', '--tls-port', String(this.port), '--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-auth-clients', 'no']
    const child = (this.child = spawn('redis-server', [...ports, '--bind', '127.0.0.1', '--dir', this.options.folder, '--save', '', '--loglevel', 'warning', ...(this.options.settings ?? [])], { stdio: ['ignore', 'pipe', 'pipe'] }))
    let said = ''
    child.stdout!.on('data', (chunk) => void (said = (said + String(chunk)).slice(-2_000)))
    const until = Date.now() + 60_000
    while (!(await answers(this.port, tls !== undefined))) {
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

function answers(port: number, tls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = () => socket.write('PING\r\n')
    const socket = tls ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, ask) : connect(port, '127.0.0.1', ask)
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
