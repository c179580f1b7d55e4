/** What stands where a secret stood. */
export const REDACTED = '[redacted]'

const HEADERS = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key', 'x-csrf-token', 'x-mock-token', 'x-klarefi-signature'])
const MEMBER = /^(?:[a-z_]*(?:password|secret|token|api_?key)|totp|code|key)$/i
/** Secrets by their own look: JWTs, keys by the prefixes of the five, long bearer values. */
const VALUES = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|\b(?:oak|dfx|sk_live|sk_test|orca_live|ok_live|whsec|orb|orb_ci)_[\w-]{12,}|otpauth:\/\/[^\s"]+/g

export function isSecretMember(name: string): boolean {
  return MEMBER.test(name)
}

export function redactHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) out[name] = HEADERS.has(name) ? REDACTED : redactText(value)
  return out
}

export function redactPath(path: string): string {
  return redactText(path.replaceAll(/([?&][a-z_]*(?:token|key|secret|password)=)[^&]*/gi, `$1${REDACTED}`))
}

export function redactText(text: string): string {
  return text.replaceAll(VALUES, REDACTED)
}

const REQUEST_MEMBERS = /("(?:[a-z_]*(?:password|secret|token|api_?key)|totp|code)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi
/** In answers `code` is the code of an error, and `key` may be a fresh secret. */
const ANSWER_MEMBERS = /("(?:[a-z_]*(?:password|secret|token|api_?key)|key)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi

/** Works on text, so that bodies that are no JSON, or are cut, are covered too. */
export function redactBody(text: string, of: 'request' | 'answer' = 'request'): string {
  return redactText(text.replaceAll(of === 'request' ? REQUEST_MEMBERS : ANSWER_MEMBERS, `$1"${REDACTED}"`))
}
