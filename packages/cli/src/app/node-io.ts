import { decodeText } from './decode-text.js'
import { ClosedPipeError, type InputStream, type Io, type OutputStream } from './io.js'

/** The real process as an `Io`. */
export function nodeIo(): Io & Flushing {
  const controller = new AbortController()
  const interrupt = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
    controller.abort(new InterruptedError(name))
  }
  process.on('SIGINT', () => interrupt('SIGINT'))
  process.on('SIGTERM', () => interrupt('SIGTERM'))
  const stdout = output(() => process.stdout)
  const stderr = output(() => process.stderr)
  return {
    flushed: async () => {
      await stdout.flushed()
      await stderr.flushed()
    },
    stdin: input(() => process.stdin),
    stdout,
    stderr,
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    now: Date.now,
    sleep: async (ms, signal) => {
      const { setTimeout: delay } = await import('node:timers/promises')
      await delay(ms, undefined, signal ? { signal } : {})
    },
    signal: controller.signal,
    self: { node: process.execPath, nodeVersion: process.versions.node, script: process.argv[1] ?? '', uptime: () => performance.now() },
  }
}

interface Flushing {
  /** Resolves when all that was written has left the process, or nobody reads it. */
  flushed(): Promise<void>
}

/** The user pressed Ctrl-C, or the process was asked to end. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  constructor(readonly received: string) {
    super(`interrupted by ${received}`)
  }
}

/** Node makes its streams when they are first touched, and making one is not free: so is it here. */
function input(stream: () => NodeJS.ReadStream): InputStream {
  return {
    get isTTY() {
      return stream().isTTY === true
    },
    get raw() {
      return stream()
    },
    async text() {
      const chunks: Buffer[] = []
      for await (const chunk of stream()) chunks.push(chunk as Buffer)
      return decodeText(Buffer.concat(chunks))
    },
    async *lines() {
      const { createInterface } = await import('node:readline')
      yield* createInterface({ input: stream(), crlfDelay: Number.POSITIVE_INFINITY })
    },
  }
}

function output(open: () => NodeJS.WriteStream): OutputStream & Flushing {
  let closed = false
  let opened: NodeJS.WriteStream | undefined
  const stream = () => {
    if (opened) return opened
    opened = open()
    opened.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') closed = true
      else throw error
    })
    return opened
  }
  return {
    get isTTY() {
      return stream().isTTY === true
    },
    get columns() {
      // A terminal that was never told its size says 0.
      return stream().isTTY ? stream().columns || undefined : undefined
    },
    get raw() {
      return stream()
    },
    flushed: () => (opened === undefined || opened.writableLength === 0 || opened.destroyed ? Promise.resolve() : new Promise((resolve) => opened!.write('', () => resolve()))),
    write: (text) =>
      new Promise((resolve, reject) => {
        if (closed || stream().destroyed) return reject(new ClosedPipeError('the reader closed the pipe'))
        stream().write(text, (error) => {
          if (!error) resolve()
          else reject((error as NodeJS.ErrnoException).code === 'EPIPE' ? new ClosedPipeError('the reader closed the pipe') : error)
        })
      }),
  }
}
