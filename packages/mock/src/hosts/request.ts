import { type MockRequest, RequestError } from '../kernel/request.js'

export const BODY_CAP = 100 * 1024 * 1024

type BodySource = string | Uint8Array | ArrayBuffer | Blob | FormData | URLSearchParams | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null | undefined

export interface FetchInit {
  method?: string
  headers?: HeadersInit | Record<string, string>
  body?: unknown
  signal?: AbortSignal | null
}

/** A URL taken apart without the cost of `new URL` on the usual form. What begins with a slash is a path and what follows it, whatever its query says. */
export function splitUrl(url: string): { origin: string; path: string; query: string } {
  const hash = url.indexOf('#')
  const end = hash < 0 ? url.length : hash
  const question = url.indexOf('?')
  const pathEnd = question < 0 || question > end ? end : question
  let start = 0
  if (url.charCodeAt(0) !== SLASH) {
    const scheme = url.indexOf('://')
    const slash = scheme < 0 ? 0 : url.indexOf('/', scheme + 3)
    start = slash < 0 || slash > pathEnd ? pathEnd : slash
  }
  const path = start === pathEnd ? '/' : url.slice(start, pathEnd)
  // Dot segments are resolved as a browser would; alone, a path that begins with `//` would be taken for a host.
  const clean = path.includes('/.') ? new URL(`http://x${path}`).pathname : path
  return { origin: url.slice(0, start), path: clean, query: pathEnd === end ? '' : url.slice(pathEnd + 1, end) }
}

const SLASH = 47

/** Headers as a record of lower-case names. */
export function headerRecord(headers: FetchInit['headers']): Record<string, string> {
  const out: Record<string, string> = {}
  if (!headers) return out
  if (headers instanceof Headers) {
    for (const [name, value] of headers) out[name] = value
    return out
  }
  const entries = Array.isArray(headers) ? headers : Object.entries(headers as Record<string, string>)
  for (const [name, value] of entries) {
    const key = name!.toLowerCase()
    out[key] = out[key] === undefined ? String(value) : `${out[key]}, ${value}`
  }
  return out
}

/** How to read a body, and the headers that it brings along. */
export function bodyReader(body: unknown, headers: Record<string, string>): MockRequest['body'] {
  const source = body as BodySource
  if (source === undefined || source === null) return () => undefined
  if (typeof source === 'string') {
    headers['content-type'] ??= 'text/plain;charset=UTF-8'
    headers['content-length'] ??= String(source.length)
    return () => source
  }
  if (source instanceof Uint8Array) {
    headers['content-length'] ??= String(source.length)
    return () => source
  }
  if (source instanceof ArrayBuffer) return bodyReader(new Uint8Array(source), headers)
  if (source instanceof URLSearchParams) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8'
    return bodyReader(String(source), headers)
  }
  headers['transfer-encoding'] ??= 'chunked'
  if (source instanceof FormData || source instanceof Blob) {
    const response = new Response(source)
    const type = response.headers.get('content-type')
    if (type) headers['content-type'] ??= type
    return once(async () => new Uint8Array(await response.arrayBuffer()))
  }
  return once(() => collect(source))
}

export function once<T>(read: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => (result ??= read())
}

/** All bytes of a stream, up to the cap. */
export async function collect(source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>, cap = BODY_CAP): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of iterate(source)) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
    total += bytes.length
    if (total > cap) throw new RequestError('tooLarge', `The body is larger than ${cap} bytes`)
    chunks.push(bytes)
  }
  if (chunks.length === 1) return chunks[0]!
  const all = new Uint8Array(total)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** Streams of old browsers have readers only. */
async function* iterate(source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (!('getReader' in source) || Symbol.asyncIterator in source) {
    yield* source as AsyncIterable<Uint8Array>
    return
  }
  const reader = (source as ReadableStream<Uint8Array>).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
