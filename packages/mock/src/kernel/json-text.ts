import type { Json } from './types.js'

const texts = new WeakMap<object, string>()

/** The body as JSON text; of a body that was kept, without writing it again. */
export function jsonText(body: unknown): string {
  const known = body !== null && typeof body === 'object' ? texts.get(body) : undefined
  return known ?? JSON.stringify(body)
}

/** A value as words: a text as it is, what holds others as JSON. For what nobody has checked. */
export function valueText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Writes a body down once for as long as it lives. It is frozen, so that text and body stay the same. */
export function keepText<T extends object>(body: T): T {
  texts.set(freeze(body) as T, JSON.stringify(body))
  return body
}

function freeze(value: Json): Json {
  if (value === null || typeof value !== 'object') return value
  for (const key in value) freeze(value[key])
  return Object.freeze(value)
}
