import { type ChildProcess, fork } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Running {
  port: number
  /** Bytes of memory that the process holds now. */
  rss(): Promise<number>
  alive(): boolean
  stop(): void
}

/** Starts the server of `server.ts`. */
export async function run(): Promise<Running> {
  const child: ChildProcess = fork(fileURLToPath(new URL('server.ts', import.meta.url)), { execArgv: ['--import', 'tsx', '--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const next = <T>(): Promise<T> => new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const { port } = await next<{ port: number }>()
  return {
    port,
    async rss() {
      const answer = next<{ rss: number }>()
      child.send('rss')
      return (await answer).rss
    },
    alive: () => child.exitCode === null,
    stop: () => void child.kill(),
  }
}

export interface RawAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

/** Sends bytes as they are and reads one answer; `undefined` where the connection ends without one. */
export function raw(port: number, pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>, timeout = 15_000): Promise<RawAnswer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let received = Buffer.alloc(0)
    let done = false
    const end = (): void => {
      if (done) return
      done = true
      clearTimeout(timer)
      socket.destroy()
      resolve(parse(received)?.answer)
    }
    const timer = setTimeout(end, timeout)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (parse(received)?.complete) end()
    })
    socket.on('close', end)
    socket.on('error', end)
    void (async () => {
      for await (const piece of pieces) {
        if (done || socket.destroyed) return
        if (!socket.write(piece)) await new Promise<void>((drained) => {
          socket.once('drain', drained)
          socket.once('close', drained)
        })
      }
    })()
  })
}

function parse(bytes: Buffer): { answer: RawAnswer; complete: boolean } | undefined {
  const split = bytes.indexOf('\r\n\r\n')
  if (split < 0) return undefined
  const [start = '', ...lines] = bytes.toString('latin1', 0, split).split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const text = bytes.toString('utf8', split + 4)
  return { answer: { status: Number(start.split(' ')[1]), headers, text }, complete: Buffer.byteLength(text) >= Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) }
}

export function head(method: string, path: string, headers: Readonly<Record<string, string | number>>): string {
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
