/** What the checks of an operation share: whether a pointer leads somewhere, and to what. */

import type { Model } from '../model.js'
import type { Schema } from '../openapi.js'
import { resolveSchema, schemaAt, typesOf } from '../refs.js'

export type Say = (message: string) => void

export function leads(model: Model, schemas: Schema[], pointer: string | undefined): boolean {
  return pointer === undefined || schemas.some((schema) => schemaAt(model.document, schema, pointer) !== undefined)
}

export function isArray(model: Model, schema: Schema): boolean {
  const resolved = resolveSchema(model.document, schema)
  return typesOf(resolved).includes('array') || resolved.items !== undefined || [...(resolved.oneOf ?? []), ...(resolved.anyOf ?? [])].some((part) => isArray(model, part))
}
