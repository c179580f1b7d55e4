import { decodeText } from './decode-text.js'
import { ClosedPipeError, InterruptedError, type InputStream, type Io, type OutputStream } from './io.js'

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
    stdin: input(() => process.stdin, controller.signal),
    stdout,
    stderr: Object.create(stderr, { write: { value: (text: string | Uint8Array) => stderr.write(text).catch(ignoreClosed) } }) as OutputStream,
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

/** Nobody listens: what would have been said is no reason to fail. */
function ignoreClosed(error: unknown): void {
  if (!(error instanceof ClosedPipeError)) throw error
}

/** Node makes its streams when they are first touched, and making one is not free: so is it here. */
function input(stream: () => NodeJS.ReadStream, signal: AbortSignal): InputStream {
  const bytes = async () => {
    signal.throwIfAborted()
    const source = stream()
    const stop = () => source.destroy(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    try {
      const chunks: Buffer[] = []
      for await (const chunk of source) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
  return {
    get isTTY() {
      return stream().isTTY === true
    },
    get raw() {
      return stream()
    },
    bytes,
    text: async () => decodeText(await bytes()),
  }
}

function output(open: () => NodeJS.WriteStream): OutputStream & Flushing {
  let closed = false
  let opened: NodeJS.WriteStream | undefined
  const stream = () => {
    if (opened) return opened
    opened = open()
    // Who has written is told what went wrong; here it is only kept from ending the process.
    opened.on('error', (error: NodeJS.ErrnoException) => {
      if (isClosed(error)) closed = true
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
          else reject(isClosed(error) ? new ClosedPipeError('the reader closed the pipe') : error)
        })
      }),
  }
}

const isClosed = ({ code }: NodeJS.ErrnoException) => code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED'
