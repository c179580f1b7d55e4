/** What a command sees of the process: streams, environment, folder, time, signals, and itself. A lint rule keeps `process` and the global `fetch` out of everything else. */
export interface Io {
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly platform: string
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Aborted by the first SIGINT or SIGTERM; a second one ends the process. */
  readonly signal: AbortSignal
  readonly self: Self
}

/** The running program: to start it again, and to say what it runs on. */
export interface Self {
  /** Path of Node. */
  readonly node: string
  /** Version of Node, as `20.20.0`. */
  readonly nodeVersion: string
  /** Path of the script, as it was called. */
  readonly script: string
  /** Milliseconds since the process began. */
  uptime(): number
}

export interface InputStream {
  readonly isTTY: boolean
  /** Reads to the end, byte for byte; rejects when the command is interrupted. */
  bytes(): Promise<Uint8Array>
  /** The same as text. */
  text(): Promise<string>
  /** The underlying stream, for prompts. */
  readonly raw: NodeJS.ReadStream
}

export interface OutputStream {
  readonly isTTY: boolean
  /** Width in cells of a terminal, else undefined. */
  readonly columns: number | undefined
  /** Resolves when more may be written. A reader of stdout that is gone rejects with `ClosedPipeError`; one of stderr misses what is said, and stops nothing. */
  write(text: string | Uint8Array): Promise<void>
  readonly raw: NodeJS.WritableStream
}

/** The reader closed the pipe (`| head -1`): not an error, the command ends quietly. */
export class ClosedPipeError extends Error {
  override readonly name = 'ClosedPipeError'
}

/** The user pressed Ctrl-C, or the process was asked to end. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  constructor(readonly received: string) {
    super(`interrupted by ${received}`)
  }
}

/** May the command ask a question? */
export const canPrompt = (io: Io, noInput: boolean): boolean =>
  !noInput && io.stdin.isTTY && io.stderr.isTTY && !io.env['CI']

/** May the command write colours to this stream? NO_COLOR and FORCE_COLOR as their sites define them. */
export const canColor = (io: Io, stream: OutputStream, noColor: boolean): boolean => {
  if (noColor || io.env['NO_COLOR']) return false
  if (io.env['FORCE_COLOR']) return io.env['FORCE_COLOR'] !== '0'
  return stream.isTTY && io.env['TERM'] !== 'dumb'
}
