import { InvalidArgumentError } from '../errors/base.js'
import type { AuthContext, AuthFactory, AuthStrategy } from './types.js'

/** A key in a header of its own. */
export const apiKeyAuth: AuthFactory = (context) => keyed(context, '')

/** A key as a bearer token. */
export const bearerAuth: AuthFactory = (context) => keyed(context, 'Bearer ')

function keyed(context: AuthContext, before: string): AuthStrategy {
  const credential = context.scheme.credentials[0]!
  const header = context.scheme.name.toLowerCase()
  const last = { given: undefined as string | undefined, checked: '' }
  const checked = (value: string | undefined): string => {
    if (value === undefined || value !== last.given) {
      last.checked = headerValue(credential.name, value ?? '')
      last.given = value
    }
    return last.checked
  }
  return {
    ready: () => context.has(credential.name),
    apply: (_call, headers) => {
      const put = (value: string | undefined) => {
        const key = checked(value)
        headers[header] = before + key
        return key
      }
      const value = context.secret(credential.name)
      return value instanceof Promise ? value.then(put) : put(value)
    },
    token: async () => checked(await context.secret(credential.name)),
  }
}

/** A credential that is safe in a header; its value is never part of the complaint. */
export function headerValue(name: string, value: string): string {
  const trimmed = value.trim()
  // oxlint-disable-next-line no-control-regex
  if (trimmed === '' || /[\u0000-\u001f\u007f]|[^\u0000-\u00ff]/.test(trimmed)) throw new InvalidArgumentError(`${name} is empty or holds characters that no header can carry`)
  return trimmed
}
