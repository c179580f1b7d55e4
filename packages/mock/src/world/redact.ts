/** What stands where a secret stood. */
export const REDACTED = '[redacted]'

const HEADERS = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key', 'x-csrf-token', 'x-mock-token', 'x-klarefi-signature'])
/** Names of members that hold secrets, in the spellings of JSON and of JavaScript. */
const NAMES = '[a-z_]*(?:password|secret|token|(?:api|access|account|private)_?key|connection_?string|credentials_?json)'
const MEMBER = new RegExp(`^(?:${NAMES}|totp|code|key)$`, 'i')
/** Secrets by their own look: JWTs, keys by the prefixes of the five, one-time addresses of authenticators. */
const VALUES = /(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*|\b(?:oak|dfx|sk_live|sk_test|orca_live|ok_live|whsec|orb|orb_ci)_[\w-]{12,}|otpauth:\/\/[^\s"]+/g
/** Secrets of an address, wherever the address stands. */
const PARAMETERS = /([?&][a-z_-]*(?:token|key|secret|password|signature)=)[^&\s"'<>\\]+/gi

export function isSecretMember(name: string): boolean {
  return MEMBER.test(name)
}

export function redactHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) out[name] = HEADERS.has(name) ? REDACTED : redactText(value)
  return out
}

export function redactText(text: string): string {
  return text.replaceAll(PARAMETERS, `$1${REDACTED}`).replaceAll(VALUES, REDACTED)
}

const members = (more: string): RegExp => new RegExp(`("(?:${NAMES}|${more})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*(?:"|\\\\?$)`, 'gi')
/** In answers `code` is the code of an error, and `key` may be a fresh secret. */
const MEMBERS = { request: members('totp|code'), answer: members('key') }

/** Works on text, so that bodies that are no JSON, or are cut, are covered too. */
export function redactBody(text: string, of: keyof typeof MEMBERS = 'request'): string {
  return redactText(text.replaceAll(MEMBERS[of], `$1"${REDACTED}"`))
}
