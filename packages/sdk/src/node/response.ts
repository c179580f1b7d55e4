import type { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import zlib from 'node:zlib'
import { NodeHeaders } from './headers.js'

/** An answer, as far as the SDK and most callers read one. Its body is read once. */
export class NodeResponse {
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly headers: NodeHeaders
  readonly redirected = false
  readonly type = 'basic'
  bodyUsed = false
  private readonly source: Readable
  private stream: ReadableStream<Uint8Array> | null | undefined
  private readonly empty: boolean

  constructor(message: IncomingMessage, readonly url: string, method: string) {
    this.status = message.statusCode ?? 0
    this.statusText = message.statusMessage ?? ''
    this.ok = this.status >= 200 && this.status < 300
    this.headers = new NodeHeaders(message)
    this.empty = method === 'HEAD' || this.status === 204 || this.status === 205 || this.status === 304
    this.source = decompressed(message, this.empty)
    if (this.empty) message.resume()
  }

  /** A web stream over the same bytes; cancelling it closes the connection. */
  get body(): ReadableStream<Uint8Array> | null {
    if (this.stream === undefined) this.stream = this.empty ? null : webStream(this.source, () => { this.bodyUsed = true })
    return this.stream
  }

  async text(): Promise<string> {
    const text = (await this.buffer()).toString('utf8')
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.buffer()
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.arrayBuffer()], { type: this.headers.get('content-type') ?? '' })
  }

  private buffer(): Promise<Buffer> {
    if (this.bodyUsed) return Promise.reject(new TypeError('the body was read already'))
    this.bodyUsed = true
    if (this.empty) return Promise.resolve(Buffer.alloc(0))
    // What failed before anybody read it says so no more by an event.
    if (this.source.destroyed && !this.source.readableEnded) return Promise.reject(this.source.errored ?? cut())
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      this.source.on('data', (chunk: Buffer) => chunks.push(chunk))
      let ended = false
      this.source.once('end', () => {
        ended = true
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
      })
      this.source.once('error', reject)
      // An error costs its stack: none is made for a body that came whole.
      this.source.once('close', () => { if (!ended) reject(cut()) })
    })
  }
}

function decompressed(message: IncomingMessage, empty: boolean): Readable {
  const encoding = empty ? '' : (message.headers['content-encoding'] ?? '').toLowerCase()
  const decoder = decoderOf(encoding)
  if (decoder === undefined) return message
  message.once('error', (error) => decoder.destroy(error))
  message.once('close', () => { if (!message.complete) decoder.destroy(cut()) })
  decoder.once('close', () => message.destroy())
  // Of an error that nobody listens to the process dies; whoever reads the body later finds it.
  decoder.on('error', () => {})
  return message.pipe(decoder)
}

/** Nothing of zlib is touched for a plain answer: a build that loads it lazily need not load it. */
function decoderOf(encoding: string): Transform | undefined {
  if (!/^(?:x-gzip|gzip|deflate|br)$/.test(encoding)) return undefined
  if (encoding === 'br') return zlib.createBrotliDecompress()
  const flush = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH }
  return encoding === 'deflate' ? zlib.createInflate(flush) : zlib.createGunzip(flush)
}

function webStream(source: Readable, onUse: () => void): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      onUse()
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    },
    cancel: () => void source.destroy(),
  }, { highWaterMark: 0 })
}

function cut(): Error {
  return Object.assign(new Error('the connection was closed before the body was complete'), { code: 'ECONNRESET' })
}
