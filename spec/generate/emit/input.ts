/** One input of a command, described from its schema. */

import type { FlagManifest } from '../../../packages/cli/src/app/manifest.js'
import { isBinary, type Model } from '../model.js'
import type { Schema } from '../openapi.js'
import { resolveSchema, typesOf } from '../refs.js'

export type Input = Omit<FlagManifest, 'flag'>
type InputType = Input['type']

export function describeInput(model: Model, name: string, place: Input['in'], schema: Schema, description: string | undefined, required: boolean): Input {
  const resolved = simplify(model, schema)
  const items = resolved.items === undefined ? undefined : simplify(model, resolved.items)
  const valued = items ?? resolved
  const values = valued.enum?.filter((value): value is string | number => typeof value === 'string' || typeof value === 'number')
  const known = valued['x-extensible-enum']
  const fallback = schema.default ?? resolved.default
  return {
    name,
    in: place,
    type: inputType(model, resolved),
    ...(items === undefined ? {} : { items: inputType(model, items) as Exclude<InputType, 'array'> }),
    ...(required ? { required: true as const } : {}),
    description: (description ?? schema.description ?? resolved.description ?? '').trim(),
    ...(values === undefined || values.length === 0 ? {} : { enum: values }),
    ...(known === undefined ? {} : { known }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(resolved.format === undefined || resolved.format === 'binary' ? {} : { format: resolved.format })
  }
}

/** Resolved, and without an alternative that is only null. */
function simplify(model: Model, schema: Schema): Schema {
  const resolved = resolveSchema(model.document, schema)
  const parts = (resolved.oneOf ?? resolved.anyOf)?.filter((part) => resolveSchema(model.document, part).type !== 'null')
  return parts?.length === 1 && resolved.type === undefined ? simplify(model, parts[0]!) : resolved
}

function inputType(model: Model, schema: Schema): InputType {
  if (isBinary(model.document, schema)) return 'file'
  const types = typesOf(schema).filter((type) => type !== 'null')
  if (types.length === 1) return types[0] as InputType
  if (types.length > 1) return types.includes('string') && !types.includes('object') && !types.includes('array') ? 'string' : types.every((type) => type === 'integer' || type === 'number') ? 'number' : 'any'
  const parts = schema.oneOf ?? schema.anyOf
  if (parts !== undefined) {
    const distinct = new Set(parts.map((part) => inputType(model, simplify(model, part))))
    return distinct.size === 1 ? [...distinct][0]! : 'any'
  }
  if (schema.properties !== undefined || schema.allOf !== undefined) return 'object'
  const values = schema.enum ?? (schema.const === undefined ? [] : [schema.const])
  return values.length > 0 && values.every((value) => typeof value === 'string') ? 'string' : 'any'
}
