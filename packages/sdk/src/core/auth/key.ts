import { InvalidArgumentError } from '../errors/base.js'
import type { AuthContext, AuthFactory, AuthStrategy } from './types.js'

/** A key in a header of its own. */
export const apiKeyAuth: AuthFactory = (context) => keyed(context, '')

/** A key as a bearer token. */
export const bearerAuth: AuthFactory = (context) => keyed(context, 'Bearer ')

function keyed(context: AuthContext, before: string): AuthStrategy {
  const credential = context.scheme.credentials[0]!
  const header = context.scheme.name.toLowerCase()
  const value = async () => headerValue(credential.name, (await context.secret(credential.name)) ?? '')
  return {
    ready: () => context.has(credential.name),
    apply: async (_call, headers) => {
      const key = await value()
      headers[header] = before + key
      return key
    },
    token: value,
  }
}

/** A credential that is safe in a header; its value is never part of the complaint. */
export function headerValue(name: string, value: string): string {
  const trimmed = value.trim()
  // oxlint-disable-next-line no-control-regex
  if (trimmed === '' || /[\u0000-\u001f\u007f]|[^\u0000-\u00ff]/.test(trimmed)) throw new InvalidArgumentError(`${name} is empty or holds characters that no header can carry`)
  return trimmed
}
