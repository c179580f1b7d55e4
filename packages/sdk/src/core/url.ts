import { InvalidArgumentError } from './errors/base.js'
import type { Operation } from './operation.js'

/** Values of a path's parameters, by the names in its template. */
export type PathParams = Readonly<Record<string, string | number>>

/** A base URL taken apart once. */
export interface Base {
  /** Scheme, host and port: `https://orckai.app`. */
  readonly origin: string
  /** Without a trailing slash. */
  readonly path: string
  /** Query that every request keeps, with its `?`. */
  readonly search: string
  /** Host and, where it is not the usual one, port. */
  readonly host: string
}

const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Takes a base URL apart. Throws `InvalidArgumentError` when it is not http or https, holds credentials, or is plain http to another machine without `allowInsecureHttp`. */
export function parseBase(baseUrl: string, allowInsecureHttp = false): Base {
  const url = parseUrl(baseUrl)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new InvalidArgumentError(`baseUrl must be http or https, not ${url.protocol}`)
  if (url.username !== '' || url.password !== '') throw new InvalidArgumentError('baseUrl must not hold credentials')
  if (url.protocol === 'http:' && !allowInsecureHttp && !isLoopback(url.hostname)) {
    throw new InvalidArgumentError(`baseUrl ${url.origin} is plain http: credentials would travel in the clear. Use https, or allow it with allowInsecureHttp`)
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, ''), search: url.search, host: url.host }
}

/** Whether a host name means this machine: `localhost` and names under it, 127.x.x.x, `[::1]`. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}

/** The operation's base path: an operation that lives beside the vendor's own base keeps whatever stands before that (a mock's prefix). */
export function basePath(base: Base, op: Operation, vendorBaseUrl: string): string {
  if (op.base === undefined) return base.path
  const vendorPath = parseUrl(vendorBaseUrl).pathname.replace(/\/+$/, '')
  const prefix = base.path.endsWith(vendorPath) ? base.path.slice(0, base.path.length - vendorPath.length) : base.path
  return prefix + op.base
}

/** Templates come from the documents: there are few, and each is taken apart once. Every second part is a name. */
const templates = /* @__PURE__ */ new Map<string, readonly string[]>()

/** The path of a template, each value encoded as one segment. Throws `InvalidArgumentError` for a value that is missing, empty or could leave its segment. */
export function expandPath(template: string, values: PathParams): string {
  let parts = templates.get(template)
  if (parts === undefined) templates.set(template, parts = template.split(/\{([^}]+)\}/))
  let path = parts[0]!
  for (let i = 1; i < parts.length; i += 2) {
    const name = parts[i]!
    path += pathSegment(name, Object.hasOwn(values, name) ? values[name] : undefined) + parts[i + 1]!
  }
  return path
}

/** Names in a path template. */
export function pathNames(template: string): string[] {
  return [...template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!)
}

/** A value as one path segment; refused when a server could read it as anything but one segment. */
export function pathSegment(name: string, value: unknown): string {
  if (value === undefined || value === null) throw new InvalidArgumentError(`path parameter ${name} is missing`)
  if (typeof value !== 'string' && typeof value !== 'number') throw new InvalidArgumentError(`path parameter ${name} must be a string or a number`)
  const text = String(value)
  if (/^[\w-]+$/.test(text)) return text
  if (text.trim() === '') throw new InvalidArgumentError(`path parameter ${name} is empty`)
  for (let form = text, round = 0; round < 4; round++) {
    if (form.split(/[/\\]/).some((part) => /^\.{1,2}$/.test(part.replace(/;.*$/, '').trim()))) {
      throw new InvalidArgumentError(`path parameter ${name} must not hold a '.' or '..' segment`)
    }
    const decoded = decode(form)
    if (decoded === form) break
    form = decoded
  }
  try {
    return encodeURIComponent(text)
  } catch {
    throw new InvalidArgumentError(`path parameter ${name} is not valid text`)
  }
}

/** `?a=1&b=2`, arrays repeated, absent values left out; `search` comes first. */
export function queryString(search: string, ...sources: readonly (Readonly<Record<string, unknown>> | undefined)[]): string {
  let text = search
  for (const source of sources) {
    if (source === undefined) continue
    for (const name in source) {
      const value = source[name]
      for (const each of Array.isArray(value) ? value : [value]) {
        if (each === undefined || each === null) continue
        text += `${text === '' ? '?' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(scalar(each))}`
      }
    }
  }
  return text
}

export function scalar(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

function decode(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function parseUrl(text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new InvalidArgumentError(`not a URL: ${text.slice(0, 200)}`)
  }
}
