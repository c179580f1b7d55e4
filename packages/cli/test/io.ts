import type { Io, OutputStream } from '../src/app/io.js'
import { ClosedPipeError } from '../src/app/io.js'
import { show } from '../../../test/secrets/record.js'
import { bin } from './built.js'

export interface FakeIo extends Io {
  readonly out: () => string
  readonly err: () => string
}

/** What goes to stderr is looked through for secrets at the end of the test file. */
const watched = (stream: OutputStream): OutputStream => ({ ...stream, write: (text) => { show('stderr', typeof text === 'string' ? text : Buffer.from(text).toString('utf8')); return stream.write(text) } })

/** An `Io` on buffers. `tty` makes all three streams a terminal of that width; `closeAfter` closes stdout after so many writes; `now` stops the clock. */
export function fakeIo(options: { env?: Record<string, string>; stdin?: string; tty?: number; closeAfter?: number; cwd?: string; signal?: AbortSignal; now?: number; platform?: string } = {}): FakeIo {
  const out: string[] = []
  const err: string[] = []
  const stream = (chunks: string[], closeAfter = Number.POSITIVE_INFINITY): OutputStream => ({
    isTTY: options.tty !== undefined,
    columns: options.tty,
    raw: process.stderr,
    write: (text) => {
      if (chunks.length >= closeAfter) return Promise.reject(new ClosedPipeError('closed'))
      chunks.push(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'))
      return Promise.resolve()
    },
  })
  return {
    stdin: {
      isTTY: options.tty !== undefined,
      raw: process.stdin,
      bytes: () => Promise.resolve(Buffer.from(options.stdin ?? '')),
      text: () => Promise.resolve(options.stdin ?? ''),
    },
    stdout: stream(out, options.closeAfter),
    stderr: watched(stream(err)),
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    platform: options.platform ?? 'linux',
    now: () => options.now ?? Date.now(),
    sleep: () => Promise.resolve(),
    signal: options.signal ?? new AbortController().signal,
    self: { node: process.execPath, nodeVersion: process.versions.node, script: bin, uptime: () => performance.now() },
    out: () => out.join(''),
    err: () => err.join(''),
  }
}
