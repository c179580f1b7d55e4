import type { Failure } from './profile.js'

/** Ways in which a connection can fail a client: before an answer, in its body, after it, in a stream or a socket. */
export const FAULT_KINDS = ['reset', 'close', 'garbage', 'hang', 'reset-body', 'truncate', 'malformed-chunk', 'cut-chunk', 'malformed-json', 'extra-bytes', 'dribble', 'stall', 'cut-stream', 'drop-socket'] as const

/** What ends a stream in its middle, each in its way. */
export const CUTS_STREAM: ReadonlySet<string> = new Set<(typeof FAULT_KINDS)[number]>(['cut-stream', 'cut-chunk', 'reset-body', 'truncate'])

/** What a socket does instead of writing a plain answer. */
export interface SocketFault {
  kind: (typeof FAULT_KINDS)[number]
  /** Bytes of the body, or events of a stream or messages of a socket, that get through first. */
  after?: number
}

export type ReplyBody = unknown

/** What a request lives in: closes when the answer is written or the client goes away. */
export class Lifetime {
  closed = false
  /** The end came from the server, in the middle: the world was reset. What is still being said is cut, not rounded off. */
  cut = false
  private listeners: Set<() => void> | undefined

  onClose(run: () => void): () => void {
    if (this.closed) {
      run()
      return () => {}
    }
    const listeners = (this.listeners ??= new Set())
    listeners.add(run)
    return () => listeners.delete(run)
  }

  /** Throws where the world was reset meanwhile: who was still at work then must not write into the fresh one. */
  hold(): void {
    if (this.cut) throw new Error('The world was reset')
  }

  /** Ends it in the middle. */
  abort(): void {
    if (!this.closed) this.cut = true
    this.close()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    const listeners = this.listeners
    this.listeners = undefined
    if (listeners) for (const run of listeners) run()
  }
}

/**
 * An answer before it meets a host. The body is a JSON value unless `raw` is set; then it is a string, bytes, or pieces of either
 * that come one after the other.
 */
export class Reply {
  fault?: SocketFault
  /** The error behind the body, so that the body can be made again with the id of the request. */
  failure?: Failure
  /** For the journal: why the server itself was wrong. */
  note?: string
  /** Closed by the host when the answer has been written, or when the client is gone. */
  lifetime?: Lifetime
  constructor(
    public status: number,
    public body: ReplyBody = undefined,
    public headers: Record<string, string | string[]> = {},
    readonly raw: boolean = false,
  ) {
    if (!raw && body !== undefined) headers['content-type'] ??= 'application/json'
  }

  static raw(status: number, body: string | Uint8Array | AsyncIterable<string | Uint8Array>, headers: Record<string, string | string[]>): Reply {
    return new Reply(status, body, headers, true)
  }

  header(name: string, value: string | string[]): this {
    this.headers[name.toLowerCase()] = value
    return this
  }
}

/** Thrown by `fail`: the rest of the behaviour is skipped and this is the answer. */
export class ReplyError extends Error {
  constructor(readonly reply: Reply) {
    super(`answer ${reply.status}`)
  }
}

export function isStream(body: unknown): body is AsyncIterable<string | Uint8Array> {
  return body !== null && typeof body === 'object' && Symbol.asyncIterator in body
}
