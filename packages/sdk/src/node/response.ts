import type { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import zlib from 'node:zlib'
import { NodeHeaders } from './headers.js'
import { cut, failureOf, webStream } from './web-stream.js'

/** An answer with all that a `Response` can do, without loading the platform's. Its body is read once. What it is made of is out of sight: the request is in it, with its credential. */
export class NodeResponse {
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly headers: NodeHeaders
  readonly redirected = false
  readonly type = 'basic'
  readonly #source: Readable
  #stream: ReadableStream<Uint8Array> | null | undefined
  readonly #empty: boolean
  readonly #url: string
  #used = false
  #real: Response | undefined

  constructor(message: IncomingMessage, url: string, method: string) {
    this.#url = url
    this.status = message.statusCode ?? 0
    this.statusText = message.statusMessage ?? ''
    this.ok = this.status >= 200 && this.status < 300
    this.headers = new NodeHeaders(message)
    this.#empty = method === 'HEAD' || this.status === 204 || this.status === 205 || this.status === 304
    this.#source = decompressed(message, this.#empty)
    if (this.#empty) message.resume()
  }

  /** Not a property of the object's own: it may hold a credential, and the object may be written to a log. */
  get url(): string {
    return this.#url
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#used
  }

  /** A web stream over the same bytes; cancelling it closes the connection. */
  get body(): ReadableStream<Uint8Array> | null {
    if (this.#stream === undefined) this.#stream = this.#empty ? null : webStream(this.#source, () => { this.#used = true })
    return this.#stream
  }

  async text(): Promise<string> {
    const text = (await this.#buffer()).toString('utf8')
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#buffer()
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer())
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.arrayBuffer()], { type: this.headers.get('content-type') ?? '' })
  }

  async formData(): Promise<FormData> {
    return this.toResponse().formData()
  }

  clone(): Response {
    return this.toResponse().clone()
  }

  /** The platform's own `Response` with this answer's body, for who is handed the answer. */
  toResponse(): Response {
    if (this.#real !== undefined) return this.#real
    const used = this.#used
    const { status, statusText, url } = this
    const real = new Response(used ? '' : this.body, { status, statusText, headers: [...this.headers] })
    // Reading it again is the same error as with any other.
    if (used) void real.text()
    return this.#real = Object.defineProperty(real, 'url', { value: url })
  }

  #buffer(): Promise<Buffer> {
    if (this.#real !== undefined) return this.#real.arrayBuffer().then((bytes) => Buffer.from(bytes))
    if (this.#used) return Promise.reject(new TypeError('the body was read already'))
    this.#used = true
    if (this.#empty) return Promise.resolve(Buffer.alloc(0))
    const failed = failureOf(this.#source)
    if (failed !== undefined) return Promise.reject(failed)
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      this.#source.on('data', (chunk: Buffer) => chunks.push(chunk))
      let ended = false
      this.#source.once('end', () => {
        ended = true
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
      })
      this.#source.once('error', reject)
      // An error costs its stack: none is made for a body that came whole.
      this.#source.once('close', () => { if (!ended) reject(cut()) })
    })
  }
}

/** Through one decoder for each coding, the last applied first. A coding that is not known leaves the rest as it is, as with fetch. */
function decompressed(message: IncomingMessage, empty: boolean): Readable {
  const encoding = empty ? undefined : message.headers['content-encoding']
  if (encoding === undefined) return message
  let source: Readable = message
  for (const coding of encoding.toLowerCase().split(',').map((each) => each.trim()).toReversed()) {
    const decoder = decoderOf(coding)
    if (decoder === undefined) break
    source = decoded(source, decoder)
  }
  if (source !== message) message.once('close', () => { if (!message.complete) source.destroy(cut()) })
  return source
}

/** A failure goes on to who reads, and leaving goes back to the connection. */
function decoded(source: Readable, decoder: Transform): Transform {
  source.once('error', (error) => decoder.destroy(error))
  decoder.once('close', () => source.destroy())
  // Of an error that nobody listens to the process dies; whoever reads the body later finds it.
  decoder.on('error', () => {})
  return source.pipe(decoder)
}

/** Nothing of zlib is touched for a plain answer: a build that loads it lazily need not load it. */
function decoderOf(coding: string): Transform | undefined {
  const flush = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH }
  switch (coding) {
    case 'gzip': case 'x-gzip': return zlib.createGunzip(flush)
    case 'deflate': return zlib.createInflate(flush)
    case 'br': return zlib.createBrotliDecompress()
    // Node 22.15 and newer. Not asked for, but some send what they have.
    case 'zstd': return (zlib as { createZstdDecompress?(): Transform }).createZstdDecompress?.()
    default: return undefined
  }
}
