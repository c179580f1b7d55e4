/** Following `$ref`s and JSON pointers through a document's schemas. */

import type { Document, Schema } from './openapi.js'

export function pointerTokens(pointer: string): string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value a local reference points to; undefined when there is none. */
export function lookUp(document: unknown, ref: string): unknown {
  if (!ref.startsWith('#/')) return undefined
  let value: unknown = document
  for (const token of pointerTokens(decodeURIComponent(ref.slice(1)))) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[token]
  }
  return value
}

/** Resolves one of the reusable objects (parameter, response, body, header). */
export function deref<T extends object>(document: Document, value: T): T {
  let current: T = value
  for (let depth = 0; depth < 20; depth++) {
    const ref = (current as { $ref?: unknown }).$ref
    if (typeof ref !== 'string') return current
    const next = lookUp(document, ref)
    if (typeof next !== 'object' || next === null) return {} as T
    current = next as T
  }
  return {} as T
}

/** `Agent` of `#/components/schemas/Agent`. */
export function schemaName(ref: string | undefined): string | undefined {
  return /^#\/components\/schemas\/([^/]+)$/.exec(ref ?? '')?.[1]
}

export function resolveSchema(document: Document, schema: Schema): Schema {
  return schema.$ref === undefined ? schema : deref(document, schema)
}

export function typesOf(schema: Schema): string[] {
  return schema.type === undefined ? [] : Array.isArray(schema.type) ? schema.type : [schema.type]
}

export interface Properties { properties: Record<string, Schema>; required: Set<string> }

/** Own properties and those of its compositions; a member of a union is required only if each alternative requires it. */
export function collectProperties(document: Document, schema: Schema, seen: ReadonlySet<Schema> = new Set()): Properties {
  const resolved = resolveSchema(document, schema)
  if (seen.has(resolved)) return { properties: {}, required: new Set() }
  const path = new Set(seen).add(resolved)
  const properties: Record<string, Schema> = { ...resolved.properties }
  const required = new Set(resolved.required ?? [])
  for (const part of resolved.allOf ?? []) {
    const inner = collectProperties(document, part, path)
    Object.assign(properties, { ...inner.properties, ...properties })
    for (const name of inner.required) required.add(name)
  }
  for (const union of [resolved.oneOf, resolved.anyOf]) {
    if (union === undefined) continue
    const parts = union.filter((part) => !isNull(document, part)).map((part) => collectProperties(document, part, path))
    for (const part of parts) Object.assign(properties, { ...part.properties, ...properties })
    for (const name of parts[0]?.required ?? []) if (parts.every((part) => part.required.has(name))) required.add(name)
  }
  return { properties, required }
}

/** Whether no value `{}` satisfies it: some member is required in each of its alternatives, or it is no object at all. */
export function needsMembers(document: Document, schema: Schema, depth = 0): boolean {
  const resolved = resolveSchema(document, schema)
  if (depth > 20 || (resolved.required ?? []).length > 0) return true
  if ((resolved.minProperties as number | undefined ?? 0) > 0) return true
  const types = typesOf(resolved)
  if (types.length > 0 && !types.includes('object')) return true
  const all = (parts: Schema[] | undefined): boolean => parts !== undefined && parts.every((part) => needsMembers(document, part, depth + 1))
  return (resolved.allOf ?? []).some((part) => needsMembers(document, part, depth + 1)) || all(resolved.oneOf) || all(resolved.anyOf)
}

export function isNull(document: Document, schema: Schema): boolean {
  return resolveSchema(document, schema).type === 'null'
}

/** The schema at a pointer into values of `schema`; undefined when nothing there is declared. `*` and numbers step into arrays. */
export function schemaAt(document: Document, schema: Schema, pointer: string): Schema | undefined {
  let current: Schema | undefined = schema
  for (const token of pointerTokens(pointer)) {
    if (current === undefined) return undefined
    current = step(document, current, token)?.schema
  }
  return current
}

/** None or one, to spread or flatten. */
export function oneOrNone<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}

export interface Step { schema: Schema; optional: boolean; /** The part of a composition that declares it, if it is a named schema. */ owner?: string }

export function step(document: Document, schema: Schema, token: string, depth = 0): Step | undefined {
  if (depth > 20) return undefined
  const resolved = resolveSchema(document, schema)
  const property = resolved.properties?.[token]
  if (property !== undefined) return { schema: property, optional: !(resolved.required ?? []).includes(token) }
  if ((token === '*' || /^\d+$/.test(token)) && resolved.items !== undefined) return { schema: resolved.items, optional: false }
  for (const part of [...(resolved.allOf ?? []), ...(resolved.oneOf ?? []), ...(resolved.anyOf ?? [])]) {
    const found = step(document, part, token, depth + 1)
    if (found !== undefined) {
      const owner = found.owner ?? schemaName(part.$ref)
      return { schema: found.schema, optional: found.optional, ...(owner === undefined ? {} : { owner }) }
    }
  }
  return undefined
}
