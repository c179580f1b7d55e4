/** `schemas.gen.ts`: what successful answers look like, as compact JSON Schema for checking them at run time. Loaded only by `@orkit/sdk/<system>/validate`. */

import { isJson } from '../assemble.js'
import type { Model } from '../model.js'
import { HEADER } from '../print.js'

/** What says something about a value; the rest (descriptions, examples, formats, which are annotations) is left out. */
const KEPT = new Set(['type', 'enum', 'const', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems'])
const REF = /^#\/components\/schemas\//

type Json = Record<string, unknown>

export function emitSchemas(model: Model): string {
  const components = (model.document.components.schemas ?? {}) as Record<string, Json>
  const needed = new Map<string, unknown>()
  const compact = (schema: unknown): unknown => {
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema
    const from = schema as Json
    const to: Json = {}
    if (typeof from['$ref'] === 'string') {
      const name = from['$ref'].replace(REF, '')
      if (!needed.has(name)) {
        needed.set(name, null)
        needed.set(name, compact(components[name]))
      }
      to['$ref'] = `#/$defs/${name}`
    }
    for (const [name, value] of Object.entries(from)) if (KEPT.has(name)) to[name] = value
    if (typeof from['properties'] === 'object' && from['properties'] !== null) {
      const members = Object.entries(from['properties'] as Record<string, Json>).filter(([, member]) => member['writeOnly'] !== true)
      to['properties'] = Object.fromEntries(members.map(([name, member]) => [name, compact(member)]))
      const there = new Set(members.map(([name]) => name))
      const required = ((from['required'] ?? []) as string[]).filter((name) => there.has(name) || !(name in (from['properties'] as Json)))
      if (required.length > 0) to['required'] = required
    } else if (from['required'] !== undefined) to['required'] = from['required']
    if (from['items'] !== undefined) to['items'] = compact(from['items'])
    // Unknown members are always accepted; only what they look like may be known.
    if (typeof from['additionalProperties'] === 'object') to['additionalProperties'] = compact(from['additionalProperties'])
    if (Array.isArray(from['allOf'])) to['allOf'] = from['allOf'].map(compact)
    // An open world: more than one may fit.
    const any = [from['anyOf'], from['oneOf']].filter(Array.isArray).flat()
    if (any.length > 0) to['anyOf'] = any.map(compact)
    return to
  }
  const responses: Record<string, Record<string, unknown>> = {}
  for (const operation of model.operations) {
    for (const { status, response } of operation.responses) {
      if (!status.startsWith('2')) continue
      const [, media] = Object.entries(response.content ?? {}).find(([type, { schema }]) => isJson(type) && schema !== undefined) ?? []
      if (media !== undefined) (responses[operation.id] ??= {})[status] = compact(media.schema)
    }
  }
  const definitions = Object.fromEntries([...needed].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return `${HEADER}import type { ResponseSchemas } from '../../validate/index.js'

export const schemas: ResponseSchemas = {
  responses: {
${lines(responses)}
  },
  definitions: {
${lines(definitions)}
  }
}
`
}

function lines(members: Record<string, unknown>): string {
  return Object.entries(members).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')
}
