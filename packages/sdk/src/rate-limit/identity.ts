import { env } from '../core/environment.js'
import type { RateLimitCategory, SystemProfile } from '../core/operation.js'

const functions = new WeakMap<object, string>()
let counter = 0

/** What a client signs in with, as a digest: clients of one account share a budget, and the key tells nobody the secret. */
export async function identityOf(profile: SystemProfile, options: Readonly<Record<string, unknown>>): Promise<string> {
  for (const { credentials } of Object.values(profile.schemes)) {
    for (const { name, env: variable, optional } of credentials) {
      if (optional === true || name === 'password') continue
      const value = options[name] ?? env(variable)
      if (typeof value === 'string') return digest(value)
      if (typeof value === 'function') return own(value)
    }
  }
  return typeof options['token'] === 'string' ? digest(options['token']) : own(options)
}

/** Limits by address are shared by everybody on this machine. */
export function laneKey(profile: SystemProfile, host: string, category: string, by: RateLimitCategory['key'], identity: string): string {
  return [profile.system, host, category, by === 'ip' ? 'ip' : identity].join('|')
}

/** A provider of credentials stands for itself: what it will say is not known before it is asked. */
function own(object: object): string {
  let name = functions.get(object)
  if (name === undefined) functions.set(object, name = `#${++counter}`)
  return name
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(`orkit rate limit ${text}`)))
  return Array.from(bytes.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
