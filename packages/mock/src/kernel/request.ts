/** A request as the kernel sees it, whatever host it came through. */
export interface MockRequest {
  method: string
  /** Percent-encoded path, without the query and without the `/<system>` prefix. */
  path: string
  /** What stands after `?`, or the empty text. */
  query: string
  /** Names in lower case; several values joined by `, ` (cookies by `; `). */
  headers: Record<string, string>
  /** The address the request came from. */
  ip: string
  /** The body, read when first asked for; more than `cap` bytes of a stream are refused without being kept. */
  body(cap?: number): Uint8Array | string | undefined | Promise<Uint8Array | string | undefined>
  /** What the client called: scheme, host and prefix, for links in answers. */
  origin: string
}

/** Thrown while a request is read; becomes an answer in the vendor's shape. */
export class RequestError extends Error {
  constructor(readonly kind: 'malformed' | 'tooLarge' | 'unsupportedMediaType', message: string) {
    super(message)
  }
}

/** Query parameters in order, decoded once. Throws on a bad escape. */
export function parseQuery(query: string): [string, string][] {
  if (query === '') return []
  const pairs: [string, string][] = []
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    pairs.push(equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))])
  }
  return pairs
}

export function parseCookies(header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null)
  for (const part of header?.split(';') ?? []) {
    const equals = part.indexOf('=')
    if (equals < 0) continue
    const name = part.slice(0, equals).trim()
    const value = part.slice(equals + 1).trim().replace(/^"(.*)"$/, '$1')
    if (name in cookies) continue
    try {
      cookies[name] = decodeURIComponent(value)
    } catch {
      cookies[name] = value
    }
  }
  return cookies
}

/** `application/json` out of `Application/JSON; charset=utf-8`, and its parameters. */
export function parseContentType(header: string | undefined): { type: string; parameters: Record<string, string> } {
  const parameters: Record<string, string> = {}
  if (!header) return { type: '', parameters }
  const end = header.indexOf(';')
  if (end < 0) return { type: header.trim().toLowerCase(), parameters }
  for (const match of header.slice(end).matchAll(/;\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g)) {
    parameters[match[1]!.toLowerCase()] = match[2] === undefined ? match[3]! : match[2].replaceAll(/\\(.)/g, '$1')
  }
  return { type: header.slice(0, end).trim().toLowerCase(), parameters }
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new RequestError('malformed', `The query has a bad escape: ${text.slice(0, 80)}`)
  }
}
