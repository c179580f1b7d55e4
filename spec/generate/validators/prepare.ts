/** Makes a document's schema into what ajv compiles: only validating keywords, references by name, discriminators as conditions. */

import type { Schema } from '../openapi.js'
import { schemaName } from '../refs.js'

/** `request` and `response` differ only where `readOnly` or `writeOnly` occur. */
export type Variant = 'request' | 'response'

export interface PrepareOptions {
  variant: Variant
  /** Key under which a component's validator is registered. */
  keyOf: (component: string) => string
  formats: ReadonlySet<string>
  fail: (message: string) => void
}

const ONE = ['items', 'contains', 'not', 'if', 'then', 'else', 'propertyNames', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems']
const LIST = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const MAP = ['properties', 'patternProperties', 'dependentSchemas']
const PLAIN = ['type', 'format', 'enum', 'const', 'required', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minItems', 'maxItems', 'uniqueItems', 'minContains', 'maxContains', 'minProperties', 'maxProperties', 'dependentRequired']
const ANNOTATIONS = ['description', 'title', 'default', 'example', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'externalDocs', 'discriminator', 'x-extensible-enum', 'x-secret', '$comment', 'contentMediaType', 'contentEncoding', 'contentSchema']

export function prepare(schema: Schema | boolean, options: PrepareOptions): Schema | boolean {
  if (typeof schema === 'boolean') return schema
  const result: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$ref') result['$ref'] = reference(String(value), options)
    else if (ONE.includes(keyword)) result[keyword] = prepare(value as Schema, options)
    else if (LIST.includes(keyword)) result[keyword] = (value as Schema[]).map((part) => prepare(part, options))
    else if (MAP.includes(keyword)) result[keyword] = Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([name, member]) => [name, prepareMember(member, options)]))
    else if (PLAIN.includes(keyword)) result[keyword] = value
    else if (!ANNOTATIONS.includes(keyword)) options.fail(`uses the keyword \`${keyword}\`, which is not one of OpenAPI 3.1's that we generate; remove it or correct its spelling`)
  }
  if (typeof schema.format === 'string' && !options.formats.has(schema.format)) options.fail(`uses the unknown format \`${schema.format}\`; known are ${[...options.formats].join(', ')} (packages/mock/src/kernel/formats.ts)`)
  dropUnsent(schema, result, options.variant)
  return discriminate(schema, result as Schema, options)
}

function reference(ref: string, { keyOf, fail }: PrepareOptions): string {
  const name = schemaName(ref)
  if (name === undefined) fail(`refers to ${ref}; schemas may refer to #/components/schemas/<Name> only`)
  return name === undefined ? ref : keyOf(name)
}

/** What only the client sends must not come back. */
function prepareMember(member: Schema, options: PrepareOptions): Schema | boolean {
  return options.variant === 'response' && member.writeOnly === true ? false : prepare(member, options)
}

/** A member that the other side alone sends is required of nobody here. */
function dropUnsent(schema: Schema, result: Record<string, unknown>, variant: Variant): void {
  if (schema.required === undefined || schema.properties === undefined) return
  const unsent = variant === 'request' ? 'readOnly' : 'writeOnly'
  const required = schema.required.filter((name) => schema.properties![name]?.[unsent] !== true)
  if (required.length > 0) result['required'] = required
  else delete result['required']
}

/** With a mapping, the value of the discriminator chooses the one schema whose errors are worth telling. */
function discriminate(schema: Schema, result: Schema, options: PrepareOptions): Schema {
  const { discriminator } = schema
  const union = schema.oneOf === undefined ? 'anyOf' : 'oneOf'
  if (discriminator?.mapping === undefined || schema[union] === undefined) return result
  const { propertyName, mapping } = discriminator
  const values = Object.keys(mapping)
  const { [union]: _, ...rest } = result
  const conditions = Object.entries(mapping).map(([value, target]): Schema => ({
    if: { type: 'object', properties: { [propertyName]: { const: value } }, required: [propertyName] },
    // oxlint-disable-next-line unicorn/no-thenable -- the schema keyword
    then: { $ref: reference(target.startsWith('#') ? target : `#/components/schemas/${target}`, options) }
  }))
  return {
    ...rest,
    type: 'object',
    required: [...new Set([...(rest.required ?? []), propertyName])],
    properties: { ...rest.properties, [propertyName]: { enum: values } },
    allOf: [...(rest.allOf ?? []), ...conditions]
  }
}

/** Components that, or whose parts, differ between request and response. */
export function directional(schemas: Readonly<Record<string, Schema>>): Set<string> {
  const refs = new Map(Object.entries(schemas).map(([name, schema]) => [name, JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"/]+)"/g)] as const).map(([name, matches]) => [name, [...matches].map((match) => match[1]!)]))
  const result = new Set(Object.entries(schemas).filter(([, schema]) => /"(?:readOnly|writeOnly)":true/.test(JSON.stringify(schema))).map(([name]) => name))
  for (let grown = true; grown;) {
    grown = false
    for (const [name, targets] of refs) if (!result.has(name) && targets.some((target) => result.has(target))) { result.add(name); grown = true }
  }
  return result
}
