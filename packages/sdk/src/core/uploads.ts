import { InvalidArgumentError } from './errors/base.js'
import { mediaType } from './media-type.js'

/** How far an upload is. */
export interface Progress {
  /** Bytes handed to the transport. */
  readonly sent: number
  /** Undefined when the size of a part is not known. */
  readonly total: number | undefined
}

/** Bytes at hand; a text counts as UTF-8. */
export type Bytes = string | ArrayBuffer | ArrayBufferView | Blob
/** Bytes that come piece by piece. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

/** A file with its name. A `stream` function is called for each attempt, which makes the upload repeatable. */
export type NamedUpload =
  | { readonly name: string; readonly type?: string; readonly size?: number; readonly data: Bytes | ByteStream }
  | { readonly name: string; readonly type?: string; readonly size?: number; stream(): ByteStream | Promise<ByteStream> }

/** Whatever can be uploaded: bytes, blobs, files, streams (Node's too), responses, or any of these with a name. */
export type Uploadable = ArrayBuffer | ArrayBufferView | Blob | ByteStream | UploadResponse | NamedUpload

interface UploadResponse {
  readonly headers: { get(name: string): string | null }
  readonly body: ReadableStream<Uint8Array> | null
  readonly url: string
}

/** An upload in the one form that the multipart writer knows. */
export interface Upload {
  /** File name that is sent. */
  readonly name: string
  /** Media type that is sent. */
  readonly type: string
  /** Bytes; undefined when a stream does not say how many it has. */
  readonly size: number | undefined
  /** Can be sent again. */
  readonly replayable: boolean
  /** The bytes, when no stream is needed. */
  readonly bytes?: BlobPart
  /** The bytes as a stream: a new one at each call where it is `replayable`. */
  open(): ByteStream | Promise<ByteStream>
}

const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w-]+=("[^"\r\n]*"|[\w.+-]+))*$/

/** Brings any uploadable into one form. */
export function toUpload(source: Uploadable, fallbackName = 'upload'): Upload {
  if (isBlob(source)) return ofBlob(source, filename((source as { name?: unknown }).name, fallbackName), undefined)
  if (isBuffer(source)) return ofBytes(source, fallbackName, undefined)
  if (isStream(source)) return ofStream(source, fallbackName, undefined, undefined)
  if (isResponse(source)) return ofResponse(source, fallbackName)
  if (typeof source === 'object' && source !== null && 'name' in source) return ofNamed(source as NamedUpload, fallbackName)
  throw new InvalidArgumentError('cannot upload this: give bytes, a Blob or File, a stream, a Response, or { name, data }')
}

/** Whether `toUpload` may take it, by its shape; nothing is read. A plain object counts when it has `data` or a `stream` function. */
export function isUploadable(value: unknown): value is Uploadable {
  if (typeof value !== 'object' || value === null) return false
  return isBlob(value) || isBuffer(value) || isStream(value) || isResponse(value) || 'data' in value || typeof (value as { stream?: unknown }).stream === 'function'
}

/** Reads a stream of either kind chunk by chunk, and closes it when the reader stops early. */
export async function* chunksOf(stream: ByteStream): AsyncGenerator<Uint8Array> {
  if (!(typeof (stream as ReadableStream).getReader === 'function')) {
    for await (const chunk of stream as AsyncIterable<Uint8Array | string>) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
    return
  }
  const reader = (stream as ReadableStream<Uint8Array>).getReader()
  let done = false
  try {
    for (;;) {
      const next = await reader.read()
      if (next.done) break
      yield next.value
    }
    done = true
  } finally {
    if (!done) await reader.cancel().catch(() => undefined)
  }
}

function ofNamed(source: NamedUpload, fallbackName: string): Upload {
  const name = filename(source.name, fallbackName)
  if ('stream' in source && typeof source.stream === 'function') {
    return { name, type: type(source.type, name), size: size(source.size), replayable: true, open: () => source.stream() }
  }
  const { data } = source as { data: Bytes | ByteStream }
  if (typeof data === 'string') return ofBytes(new TextEncoder().encode(data), name, source.type)
  if (isBlob(data)) return ofBlob(data, name, source.type)
  if (isBuffer(data)) return ofBytes(data, name, source.type)
  if (isStream(data)) return ofStream(data, name, source.type, source.size)
  throw new InvalidArgumentError(`cannot upload ${name}: its data is neither bytes, a Blob nor a stream`)
}

function ofBlob(blob: Blob, name: string, given: string | undefined): Upload {
  return { name, type: type(given ?? (blob.type || undefined), name), size: blob.size, replayable: true, bytes: blob, open: () => blob.stream() }
}

function ofBytes(data: ArrayBuffer | ArrayBufferView, name: string, given: string | undefined): Upload {
  const view = (ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)) as Uint8Array<ArrayBuffer>
  return { name, type: type(given, name), size: view.byteLength, replayable: true, bytes: view, open: () => once(view) }
}

function ofStream(stream: ByteStream, fallbackName: string, given: string | undefined, length: number | undefined): Upload {
  // A Node read stream carries its path; only its last part is a name.
  const path = (stream as { path?: unknown }).path
  const name = filename(typeof path === 'string' ? path : undefined, fallbackName)
  return { name, type: type(given, name), size: size(length), replayable: false, open: () => stream }
}

function ofResponse(response: UploadResponse, fallbackName: string): Upload {
  const path = /^[a-z]+:\/\/[^/]+\/([^?#]*)/i.exec(response.url)?.[1]
  const name = filename(path === undefined ? undefined : safeDecode(path), fallbackName)
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  const encoded = response.headers.get('content-encoding') !== null
  if (response.body === null) throw new InvalidArgumentError(`cannot upload ${name}: the response has no body`)
  return { ...ofStream(response.body, name, response.headers.get('content-type') ?? undefined, encoded ? undefined : length), name }
}

/** The last part of a path or name, without spaces around it: what an upload calls the file. */
export function filename(given: unknown, fallback: string): string {
  const last = typeof given === 'string' ? given.split(/[/\\]/).pop()?.trim() : undefined
  return last === undefined || last === '' || last === '.' || last === '..' ? fallback : last
}

function type(given: string | undefined, name: string): string {
  if (given === undefined || given === '') return mediaType(name)
  if (!TYPE.test(given)) throw new InvalidArgumentError(`the type of ${name} is not a media type`)
  return given
}

function size(value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

async function* once(view: Uint8Array): AsyncGenerator<Uint8Array> {
  yield view
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Tags and not constructors: values may come from another realm. */
const tag = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1)
const isBlob = (value: unknown): value is Blob => /^(Blob|File)$/.test(tag(value)) && typeof (value as Blob).stream === 'function'
const isBuffer = (value: unknown): value is ArrayBuffer | ArrayBufferView => ArrayBuffer.isView(value) || /^(Shared)?ArrayBuffer$/.test(tag(value))
const isStream = (value: unknown): value is ByteStream => typeof value === 'object' && value !== null && (typeof (value as ReadableStream).getReader === 'function' || Symbol.asyncIterator in value)
const isResponse = (value: unknown): value is UploadResponse => typeof value === 'object' && value !== null && 'body' in value && 'headers' in value && 'url' in value
