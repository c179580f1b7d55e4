import { strFromU8 } from 'fflate'
import { decode, isText } from './encoding.js'
import { unescapeMarkup } from './entities.js'
import { withoutElements, withoutSections } from './markup.js'
import { unzip } from './unzip.js'
import { xlsxRows } from './workbook.js'

interface Readable {
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

/** The text of an uploaded file; empty where there is none to read (pictures, unknown kinds, broken files). */
export async function readText(file: Readable): Promise<string> {
  const kind = kindOf(file)
  try {
    if (kind === 'pdf') return await pdfText(file.bytes)
    return syncText(kind, file.bytes)
  } catch {
    return ''
  }
}

/** Extension without the dot, else a guess from the media type. */
export function kindOf({ name, type }: { name: string; type: string }): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (extension) return extension
  const base = type.split(';')[0]!.trim().toLowerCase()
  const known: Record<string, string> = {
    'text/plain': 'txt', 'text/markdown': 'md', 'text/csv': 'csv', 'text/html': 'html', 'application/json': 'json', 'application/pdf': 'pdf', 'message/rfc822': 'eml',
    'application/xml': 'xml', 'text/xml': 'xml', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx', 'image/png': 'png', 'image/jpeg': 'jpg',
  }
  return known[base] ?? (base.startsWith('text/') ? 'txt' : '')
}

function syncText(kind: string, bytes: Uint8Array): string {
  switch (kind) {
    case 'docx':
      return docxText(bytes)
    case 'xlsx':
      return xlsxRows(bytes).map((sheet) => sheet.rows.map((row) => row.join('\t')).join('\n')).join('\n\n')
    case 'html':
    case 'htm':
      return markupText(decode(bytes))
    case 'xml':
    case 'svg':
      return xmlText(decode(bytes))
    case 'eml':
      return emailText(decode(bytes))
    default:
      return isText(bytes) ? decode(bytes).replaceAll(/\r\n?/g, '\n') : ''
  }
}

async function pdfText(bytes: Uint8Array): Promise<string> {
  const { extractText, getDocumentProxy } = await import('unpdf')
  // pdf.js takes its buffer away from the caller, and wants no Buffer; its warnings would go to stdout.
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 }))
  return text.map(reflowed).join('\n\n')
}

/** A page ends its lines where they are full: what goes on in small letters is one line. */
function reflowed(page: string): string {
  return page.replaceAll(/[ \t]+/g, ' ').replaceAll(/(?<=[\p{L},]) ?\n ?(?=\p{Ll})/gu, ' ').trim()
}

function docxText(bytes: Uint8Array): string {
  const xml = part(bytes, 'word/document.xml')
  return unescapeMarkup(xml.replaceAll(/<w:(?:tab|br)\b[^<>]*\/>/g, ' ').replaceAll(/<\/w:p>/g, '\n').replaceAll(/<[^<>]+>/g, '')).trim()
}

/** Text of HTML: no scripts, no styles, a line for each block. */
export function markupText(html: string): string {
  return unescapeMarkup(
    withoutSections(withoutElements(html, ['script', 'style', 'head', 'template']), '<!--', '-->')
      .replaceAll(/<\/?(?:p|div|br|li|tr|h[1-6]|section|article|table|ul|ol|pre|blockquote)\b[^<>]*>/gi, '\n')
      .replaceAll(/<\/?t[dh]\b[^<>]*>/gi, ' ')
      .replaceAll(/<[^<>]+>/g, ''),
  ).replaceAll(/[ \t\u00a0]+/g, ' ').replaceAll(/ ?\n[ \n]*/g, '\n').trim()
}

function xmlText(xml: string): string {
  const literal = (data: string): string => data.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const bare = withoutSections(withoutSections(withoutSections(xml, '<?', '?>'), '<!--', '-->'), '<![CDATA[', ']]>', literal)
  return unescapeMarkup(bare.replaceAll(/<[^<>]+>/g, '\n')).split('\n').map((line) => line.trim()).filter(Boolean).join('\n')
}

/** Subject, sender and the plain (else the HTML) part of a message. */
function emailText(source: string): string {
  const { headers, body } = splitHeaders(source.replaceAll('\r\n', '\n'))
  const shown = ['from', 'to', 'date', 'subject'].filter((name) => headers[name]).map((name) => `${name[0]!.toUpperCase()}${name.slice(1)}: ${encodedWords(headers[name]!)}`)
  return [...shown, '', mimeText(headers, body)].join('\n').trim()
}

function mimeText(headers: Record<string, string>, body: string, depth = 0): string {
  const type = headers['content-type'] ?? 'text/plain'
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1]
  if (boundary && depth < 4) {
    const parts = body.split(`--${boundary}`).slice(1, -1).map((part) => splitHeaders(part.replace(/^\n/, '')))
    const plain = parts.find((part) => (part.headers['content-type'] ?? 'text/plain').startsWith('text/plain')) ?? parts[0]
    return plain ? mimeText(plain.headers, plain.body, depth + 1) : ''
  }
  const text = transferDecoded(headers['content-transfer-encoding'], body)
  return /^text\/html/i.test(type) ? markupText(text) : text.trim()
}

/** `=?utf-8?q?J=C3=BCrgen?=` in headers (RFC 2047). */
function encodedWords(header: string): string {
  return header.replaceAll(/\?=\s+=\?/g, '?==?').replaceAll(/=\?([^?]+)\?([bq])\?([^?]*)\?=/gi, (all, charset: string, kind: string, data: string) => {
    try {
      const binary = kind.toLowerCase() === 'b' ? atob(data) : data.replaceAll('_', ' ').replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      return new TextDecoder(charset).decode(Uint8Array.from(binary, (character) => character.charCodeAt(0) & 255))
    } catch {
      return all
    }
  })
}

function transferDecoded(encoding: string | undefined, body: string): string {
  if (/quoted-printable/i.test(encoding ?? '')) {
    const bytes = body.replaceAll(/=\n/g, '').replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    return decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0) & 255))
  }
  if (/base64/i.test(encoding ?? '')) return decode(Uint8Array.from(atob(body.replaceAll(/\s/g, '')), (character) => character.charCodeAt(0)))
  return body
}

function splitHeaders(text: string): { headers: Record<string, string>; body: string } {
  const end = text.indexOf('\n\n')
  const headers: Record<string, string> = {}
  for (const line of (end < 0 ? text : text.slice(0, end)).replaceAll(/\n[ \t]+/g, ' ').split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim()
  }
  return { headers, body: end < 0 ? '' : text.slice(end + 2) }
}

function part(bytes: Uint8Array, name: string): string {
  const file = unzip(bytes, (candidate) => candidate === name)[name]
  return file ? strFromU8(file) : ''
}
