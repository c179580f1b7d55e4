import type { RouteBody } from './document.js'
import { jsonFault } from './json-fault.js'
import type { Json } from './types.js'
import { contentKey } from './negotiate.js'
import { parseMultipart } from './multipart.js'
import { type MockRequest, parseContentType, parseQuery, RequestError } from './request.js'
import type { Validate } from './validator.js'

/** A file of a multipart body, or a whole binary body. */
export interface UploadedFile {
  readonly field: string
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
  readonly size: number
}

export interface ParsedBody {
  /** The parsed value; for multipart the fields that are no files. */
  value: Json
  files: Record<string, UploadedFile[]>
  /** Checks `subject`. */
  validate?: Validate
  /** What the schema describes: like `value`, with the files as empty texts. */
  subject: Json
  /** Members came as text, so they may be read as what the schema asks for. */
  textual: boolean
  present: boolean
  /** For the journal. */
  text?: string
}

const MAX_DEPTH = 512
/** Members and items of one JSON text, all levels together. */
const MAX_MEMBERS = 200_000
/** Bytes of a body that is read as one text; files come as multipart and have the host's cap. */
const TEXT_CAP = 8 * 1024 * 1024

/** Refuses a media type that the operation does not take, before any byte of the body is read. */
export function checkMediaType(request: MockRequest, body: RouteBody): { type: string; key: string; parameters: Record<string, string> } | undefined {
  const { type, parameters } = parseContentType(request.headers['content-type'])
  const length = request.headers['content-length']
  if (type === '' && (length === undefined || length === '0') && request.headers['transfer-encoding'] === undefined) return undefined
  const key = contentKey(body.content, type)
  if (key === undefined) throw new RequestError('unsupportedMediaType', type === '' ? 'The Content-Type header is missing' : `Content-Type ${type} is not supported; use ${Object.keys(body.content).join(' or ')}`)
  const charset = parameters['charset']?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') throw new RequestError('unsupportedMediaType', `Charset ${charset} is not supported; use utf-8`)
  return { type, key, parameters }
}

export async function readBody(request: MockRequest, body: RouteBody, media: ReturnType<typeof checkMediaType>): Promise<ParsedBody> {
  const cap = media?.type === 'multipart/form-data' || media?.type === 'application/octet-stream' ? undefined : TEXT_CAP
  if (cap !== undefined && Number(request.headers['content-length'] ?? 0) > cap) throw tooLarge(cap)
  const data = await request.body(cap)
  if (cap !== undefined && data !== undefined && data.length > cap) throw tooLarge(cap)
  // Parts are called what the client likes: `constructor` too.
  const parsed: ParsedBody = { value: undefined, files: Object.create(null) as ParsedBody['files'], subject: undefined, textual: false, present: false }
  if (data === undefined || data.length === 0) return parsed
  if (!media) throw new RequestError('unsupportedMediaType', `The Content-Type header is missing; use ${Object.keys(body.content).join(' or ')}`)
  parsed.present = true
  parsed.validate = body.content[media.key]
  if (media.type === 'multipart/form-data') return multipart(parsed, bytesOf(data), media.parameters['boundary'], body.files ?? [])
  if (media.type === 'application/x-www-form-urlencoded') {
    parsed.text = textOf(data)
    for (const [name, value] of parseQuery(parsed.text)) append((parsed.value ??= {}), name, value)
    parsed.subject = parsed.value ??= {}
    parsed.textual = true
    return parsed
  }
  if (media.type === 'application/json' || media.type.endsWith('+json')) {
    parsed.text = textOf(data)
    parsed.subject = parsed.value = parseJson(parsed.text)
    return parsed
  }
  if (media.type.startsWith('text/')) {
    parsed.subject = parsed.value = parsed.text = textOf(data)
    return parsed
  }
  const bytes = bytesOf(data)
  parsed.value = bytes
  parsed.subject = ''
  parsed.files['body'] = [{ field: 'body', name: '', type: media.type, bytes, size: bytes.length }]
  return parsed
}

function tooLarge(cap: number): RequestError {
  return new RequestError('tooLarge', `The body is larger than ${cap} bytes`)
}

/** JSON that can exhaust neither the stack of what walks it later nor the memory. */
export function parseJson(text: string, most = MAX_MEMBERS): Json {
  let depth = 0
  let members = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) quoted = !quoted
    else if (quoted) {
      if (c === 92) i++
    } else if (c === 123 || c === 91) {
      if (++depth > MAX_DEPTH) throw new RequestError('malformed', `JSON nested deeper than ${MAX_DEPTH}`)
    } else if (c === 125 || c === 93) depth--
    else if (c === 44 && ++members > most) throw new RequestError('malformed', `JSON with more than ${most} members`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError('malformed', `The body is not valid JSON: ${jsonFault(text) ?? 'it cannot be read'}`)
  }
}

function multipart(parsed: ParsedBody, bytes: Uint8Array, boundary: string | undefined, fileFields: readonly string[]): ParsedBody {
  const value: Record<string, unknown> = {}
  const subject: Record<string, unknown> = {}
  for (const part of parseMultipart(bytes, boundary)) {
    if (part.filename !== undefined || fileFields.includes(part.name)) {
      const file = { field: part.name, name: part.filename ?? '', type: part.type, bytes: part.bytes, size: part.bytes.length }
      ;(parsed.files[part.name] ??= []).push(file)
      append(subject, part.name, '')
    } else {
      const text = decode(part.bytes)
      append(value, part.name, text)
      append(subject, part.name, text)
    }
  }
  parsed.text = JSON.stringify({ ...value, ...Object.fromEntries(Object.entries(parsed.files).map(([name, files]) => [name, files.map((file) => `${file.name} (${file.size} bytes)`)])) })
  return { ...parsed, value, subject, textual: true }
}

/** A name that comes again makes an array. */
function append(target: Record<string, unknown>, name: string, value: string): void {
  if (name === '__proto__') return
  const before = Object.hasOwn(target, name) ? target[name] : undefined
  if (before === undefined) target[name] = value
  else if (Array.isArray(before)) before.push(value)
  else target[name] = [before, value]
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data
}

function textOf(data: Uint8Array | string): string {
  return typeof data === 'string' ? data : decode(data)
}

const strict = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    throw new RequestError('malformed', 'The body is not valid UTF-8')
  }
}
