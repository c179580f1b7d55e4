import type { Json } from '../../kernel/types.js'

/** How a value departs from its schema; array indexes in pointers are `*`, so that equal findings are one. */
export interface Departure {
  kind: 'unknown-field' | 'missing-field' | 'wrong-type'
  pointer: string
  expected?: string
  value?: unknown
}

/**
 * Every departure from a schema, not only the first, and the members that the schema does not name. What only a validator can decide (formats,
 * bounds, which branch of a `oneOf` is meant) is left to it; members that any branch names are known.
 */
export function departures(document: Json, schema: Json, value: unknown, pointer = '', definite = true): Departure[] {
  const parts = flatten(document, schema, definite)
  const wrong = definite ? parts.find((part) => part.definite && part.schema.type !== undefined && !isOf(value, part.schema.type)) : undefined
  if (wrong) return [{ kind: 'wrong-type', pointer, expected: ([] as string[]).concat(wrong.schema.type).join(' or '), value }]
  if (Array.isArray(value)) {
    const items = parts.filter((part) => part.schema.items !== undefined)
    return unique(value.flatMap((item) => items.flatMap((part) => departures(document, part.schema.items, item, `${pointer}/*`, part.definite))))
  }
  if (value === null || typeof value !== 'object') return []
  const members = value as Record<string, unknown>
  const out: Departure[] = []
  for (const part of parts) {
    if (!part.definite) continue
    for (const name of part.schema.required ?? []) if (!Object.hasOwn(members, name)) out.push({ kind: 'missing-field', pointer: at(pointer, name) })
  }
  const described = parts.some(({ schema: one }) => one.properties !== undefined)
  const open = !described || parts.some(({ schema: one }) => one.patternProperties !== undefined || one.additionalProperties === true || (typeof one.additionalProperties === 'object' && one.additionalProperties !== null))
  for (const [name, member] of Object.entries(members)) {
    const known = parts.filter(({ schema: one }) => one.properties !== undefined && Object.hasOwn(one.properties, name))
    if (known.length === 0 && !open) out.push({ kind: 'unknown-field', pointer: at(pointer, name), value: member })
    for (const part of known) out.push(...departures(document, part.schema.properties[name], member, at(pointer, name), part.definite))
    if (known.length > 0) continue
    for (const { schema: one, definite: sure } of parts) {
      if (typeof one.additionalProperties === 'object' && one.additionalProperties !== null) out.push(...departures(document, one.additionalProperties, member, `${pointer}/*`, sure))
    }
  }
  return unique(out)
}

interface Part {
  schema: Json
  /** Applies whatever the value is: no branch. */
  definite: boolean
}

function flatten(document: Json, schema: Json, definite: boolean, depth = 0): Part[] {
  if (schema === null || typeof schema !== 'object' || depth > 20) return []
  const out: Part[] = [{ schema, definite }]
  if (typeof schema.$ref === 'string') out.push(...flatten(document, resolve(document, schema.$ref), definite, depth + 1))
  for (const one of schema.allOf ?? []) out.push(...flatten(document, one, definite, depth + 1))
  for (const one of [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), schema.then, schema.else]) out.push(...flatten(document, one, false, depth + 1))
  return out
}

export function resolve(document: Json, ref: string): Json {
  let at = document
  for (const part of ref.replace(/^#\//, '').split('/')) at = at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')]
  return at
}

function isOf(value: unknown, type: string | readonly string[]): boolean {
  const types = ([] as string[]).concat(type as string)
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  return types.some((one) => one === actual || (one === 'integer' && Number.isInteger(value)))
}

function at(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function unique(found: readonly Departure[]): Departure[] {
  return [...new Map(found.map((one) => [`${one.kind} ${one.pointer}`, one])).values()]
}
