/** Takes secrets out of whatever is shown: logs, errors, hooks' printing, the CLI's `--debug`. */

const HIDDEN = '[redacted]'
const HEADERS = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-csrf-token|.*(token|secret|signature|api-?key|password).*)$/i
const FIELDS = /(^|_|-)(password|passwd|secret|token|totp|otp|api_?key|authorization|cookie|credentials?|private_?key|signed_?url|access_?key)(_|-|$)|(Password|Secret|Token|ApiKey|SignedUrl)$|^(key|apiKey|signedUrl)$|signature/i
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=:-]+/gi
const JWT = /\beyJ[\w-]{4,}\.[\w-]+\.?[\w-]*/g

export interface Redactor {
  /** A value that must never be shown. */
  learn(secret: string | undefined): void
  /** The text without what was learnt, bearer and basic credentials, JWTs and the vendor's keys. */
  text(value: string): string
  /** The headers with the values of those that carry credentials hidden, by their names. */
  headers(headers: Readonly<Record<string, string>>): Record<string, string>
  /** Query values that sign or carry a credential. */
  url(url: string): string
  /** Members that the document marks as secret or whose names say so, at any depth. */
  body(value: unknown): unknown
}

/** `prefixes` are how the vendor's keys begin, `members` the names of the body members that its document marks. Values once learned are hidden wherever they stand. */
export function createRedactor(prefixes: readonly string[] = [], members: readonly string[] = []): Redactor {
  const known = new Set<string>()
  const keys = prefixes.length === 0 ? undefined : new RegExp(`\\b(${prefixes.map((prefix) => prefix.replace(/[^\w]/g, '\\$&')).join('|')})[\\w-]{4,}`, 'g')

  const text = (value: string): string => {
    let shown = value
    for (const secret of known) shown = shown.replaceAll(secret, HIDDEN)
    shown = shown.replace(BEARER, `$1 ${HIDDEN}`).replace(JWT, HIDDEN)
    return keys === undefined ? shown : shown.replace(keys, `$1${HIDDEN}`)
  }
  const body = (value: unknown, depth = 0): unknown => {
    if (typeof value === 'string') return text(value)
    if (typeof value !== 'object' || value === null) return value
    if (depth > 8) return '[...]'
    if (Array.isArray(value)) return value.map((each) => body(each, depth + 1))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, (FIELDS.test(name) || members.includes(name)) && (typeof each === 'string' || typeof each === 'number') ? HIDDEN : body(each, depth + 1)]))
  }
  return {
    learn: (secret) => {
      if (secret === undefined || secret.length < 6 || known.has(secret)) return
      known.add(secret)
      // Tokens come and go: only the latest are remembered.
      if (known.size > 64) known.delete(known.values().next().value!)
    },
    text,
    headers: (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, HEADERS.test(name) ? HIDDEN : text(value)])),
    url: (url) => text(url.replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, mark: string, name: string) => (FIELDS.test(name) || /^x-amz-|^sig$/i.test(name) ? `${mark}${name}=${HIDDEN}` : whole))),
    body: (value) => body(value),
  }
}
