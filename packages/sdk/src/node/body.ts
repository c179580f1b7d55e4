import type { ClientRequest } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { FetchInit } from '../core/options.js'
import { giveBack } from './pieces.js'

/** Writes the body of a request, and ends it. */
export function writeBody(request: ClientRequest, body: FetchInit['body'], headers: Readonly<Record<string, string>>, reject: (reason: unknown) => void): void {
  if (body === undefined || body === null) {
    if (request.method !== 'GET' && request.method !== 'HEAD' && headers['content-length'] === undefined) request.setHeader('content-length', 0)
    request.end()
  } else if (typeof body === 'string') {
    request.setHeader('content-length', Buffer.byteLength(body))
    request.end(body)
  } else if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) {
    const bytes = ArrayBuffer.isView(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : Buffer.from(body)
    request.setHeader('content-length', bytes.byteLength)
    request.end(bytes)
  } else if (typeof (body as Blob).stream === 'function') {
    request.setHeader('content-length', (body as Blob).size)
    if ((body as Blob).type !== '' && headers['content-type'] === undefined) request.setHeader('content-type', (body as Blob).type)
    send(request, (body as Blob).stream(), reject)
  } else if (Symbol.asyncIterator in body) {
    send(request, body as ReadableStream<Uint8Array>, reject)
  } else {
    reject(new TypeError('this transport sends text, bytes, blobs and streams'))
    request.destroy()
  }
}

/** With back-pressure; a source that fails fails the call and closes the connection. */
function send(request: ClientRequest, stream: ReadableStream<Uint8Array>, reject: (reason: unknown) => void): void {
  returnPieces(request)
  whenConnected(request, () => pipeline(Readable.from(stream as unknown as AsyncIterable<Uint8Array>, { objectMode: false }), request, (error) => {
    // A server that has answered and closed is no failure of the source; the request's own handler tells the rest.
    if (error && !isConnection(error)) reject(error)
  }), () => void close(stream).catch(() => {}))
}

/** A source is read when there is somebody to send it to, so that what it gives leaves at once. `never`: no connection came about. */
function whenConnected(request: ClientRequest, start: () => void, never: () => void): void {
  request.once('close', never)
  const begin = () => {
    request.off('close', never)
    start()
  }
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', begin)
    else begin()
  })
}

/** What stands behind a source (a file that is open) is closed by whoever began to read it. */
async function close(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream as unknown as AsyncIterable<Uint8Array>) return
}

/** What has left for the network is nobody's any more: pieces of files are read into again. */
function returnPieces(request: ClientRequest): void {
  type Done = (error?: Error | null) => void
  const write = request.write.bind(request) as (chunk: string | Uint8Array, done: Done) => boolean
  request.write = ((chunk: string | Uint8Array, encoding?: BufferEncoding | Done, callback?: Done) => write(chunk, (error) => {
    if (!error && ArrayBuffer.isView(chunk)) giveBack(chunk)
    const done = typeof encoding === 'function' ? encoding : callback
    done?.(error)
  })) as typeof request.write
}

function isConnection(error: NodeJS.ErrnoException): boolean {
  return /^(ERR_STREAM_|EPIPE|ECONN)/.test(error.code ?? '')
}
