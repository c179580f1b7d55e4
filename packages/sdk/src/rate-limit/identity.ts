import { env } from '../core/environment.js'
import type { RateLimitCategory, SystemProfile } from '../core/operation.js'

const named = /* @__PURE__ */ new WeakMap<object, string>()
let counter = 0

/** What a client signs in with: clients of one account share a budget. A provider of credentials stands for itself, as what it will say is not known before it is asked. */
export function identityOf(profile: SystemProfile, options: Readonly<Record<string, unknown>>): string {
  for (const { credentials } of Object.values(profile.schemes)) {
    for (const { name, env: variable, optional } of credentials) {
      if (optional === true || name === 'password') continue
      const value = options[name] ?? env(variable)
      if (typeof value === 'string') return value
      if (typeof value === 'function') return nameOf(value)
    }
  }
  return typeof options['token'] === 'string' ? options['token'] : nameOf(options)
}

/** Limits by address are shared by everybody on this machine. `identity` is a digest where the key leaves the process. */
export function laneKey(profile: SystemProfile, host: string, category: string, by: RateLimitCategory['key'], identity: string): string {
  return [profile.system, host, category, by === 'ip' ? 'ip' : identity].join('|')
}

/** 64 bits that keep the credential itself out of a table that outlives its client. Not for eyes outside the process. */
export function shortHash(text: string): string {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 13)
  }
  return `${a >>> 0}.${b >>> 0}`
}

/** A name of its own for an object, for as long as it lives. */
export function nameOf(object: object): string {
  let name = named.get(object)
  if (name === undefined) named.set(object, name = `#${++counter}`)
  return name
}
