import { RequestError } from './request.js'

export interface Part {
  name: string
  /** Present on files. */
  filename?: string
  type: string
  bytes: Uint8Array
}

const MAX_PARTS = 1_000
const MAX_HEADER_BYTES = 16 * 1024

/** Parts of a `multipart/form-data` body (RFC 7578). The bytes of a part are a view of the body, not a copy. */
export function parseMultipart(body: Uint8Array, boundary: string | undefined): Part[] {
  if (!boundary || boundary.length > 70) throw new RequestError('malformed', 'The multipart boundary is missing or longer than 70 characters')
  const delimiter = ascii(`--${boundary}`)
  let at = indexOf(body, delimiter, 0)
  if (at < 0) throw new RequestError('malformed', 'The multipart boundary does not occur in the body')
  const parts: Part[] = []
  for (;;) {
    at += delimiter.length
    if (body[at] === 45 && body[at + 1] === 45) return parts
    at = skipLine(body, at)
    if (parts.length >= MAX_PARTS) throw new RequestError('malformed', `More than ${MAX_PARTS} parts`)
    const headersEnd = indexOf(body, CRLF2, at)
    const immediate = body[at] === 13 && body[at + 1] === 10
    if (!immediate && (headersEnd < 0 || headersEnd - at > MAX_HEADER_BYTES)) throw new RequestError('malformed', 'A multipart part has no end of headers')
    const start = immediate ? at + 2 : headersEnd + 4
    const end = indexOf(body, delimiter, start, true)
    if (end < 0) throw new RequestError('malformed', 'The multipart body ends before its closing boundary')
    parts.push(part(immediate ? '' : utf8.decode(body.subarray(at, headersEnd)), body.subarray(start, end)))
    at = end + 2
  }
}

const CRLF2 = new Uint8Array([13, 10, 13, 10])
const utf8 = new TextDecoder('utf-8')

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 255)
}

function part(headers: string, bytes: Uint8Array): Part {
  let disposition = ''
  let type = ''
  for (const line of headers.split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (name === 'content-disposition') disposition = line.slice(colon + 1)
    else if (name === 'content-type') type = line.slice(colon + 1).trim()
  }
  const name = parameter(disposition, 'name')
  if (!/^\s*form-data\b/i.test(disposition) || name === undefined) throw new RequestError('malformed', 'A multipart part has no name')
  const filename = extended(disposition) ?? parameter(disposition, 'filename')
  return { name, ...(filename === undefined ? {} : { filename }), type: type || (filename === undefined ? 'text/plain' : 'application/octet-stream'), bytes }
}

function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(header)
  if (!match) return undefined
  // Browsers escape quotes and line breaks of names as percent codes and nothing else.
  return (match[1]?.replaceAll(/\\(["\\])/g, '$1') ?? match[2]!).replaceAll(/%22/g, '"').replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n')
}

function extended(header: string): string | undefined {
  const match = /;\s*filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(header)
  if (!match) return undefined
  try {
    return decodeURIComponent(match[1]!)
  } catch {
    return undefined
  }
}

/** After a boundary: optional blanks, then the end of the line. */
function skipLine(body: Uint8Array, from: number): number {
  let at = from
  while (body[at] === 32 || body[at] === 9) at++
  if (body[at] !== 13 || body[at + 1] !== 10) throw new RequestError('malformed', 'A multipart boundary is not followed by a line break')
  return at + 2
}

/** Where `needle` stands; with `onLine`, the line break before it (a delimiter belongs to a line of its own). */
function indexOf(body: Uint8Array, needle: Uint8Array, from: number, onLine = false): number {
  const last = body.length - needle.length
  let at = from
  // An empty part has its delimiter right after the headers.
  if (onLine) at = Math.max(from - 2, 0)
  while (at <= last) {
    const found = body.indexOf(onLine ? 13 : needle[0]!, at)
    if (found < 0) return -1
    const start = onLine ? found + 2 : found
    if (start <= last && (!onLine || body[found + 1] === 10) && matches(body, needle, start)) return found
    at = found + 1
  }
  return -1
}

function matches(body: Uint8Array, needle: Uint8Array, at: number): boolean {
  for (let i = 0; i < needle.length; i++) if (body[at + i] !== needle[i]) return false
  return true
}
