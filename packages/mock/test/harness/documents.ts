import { readFileSync } from 'node:fs'
import type { SystemName } from '../../src/systems/index.js'

// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

const read = new Map<SystemName, Json>()

/** The assembled OpenAPI document of a system. */
export function documentOf(system: SystemName): Json {
  let document = read.get(system)
  if (!document) read.set(system, (document = JSON.parse(readFileSync(new URL(`../../../../spec/dist/${system}.gen.json`, import.meta.url), 'utf8'))))
  return document
}

/** What a `$ref` points to, or the value itself. */
export function resolve(document: Json, value: Json): Json {
  return value?.$ref ? resolve(document, pointer(document, value.$ref)) : value
}

export function pointer(document: Json, ref: string): Json {
  return ref.slice(2).split('/').reduce((at: Json, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}

export interface Described {
  /** The operation object of the document. */
  raw: Json
  parameters: Json[]
  /** Media type -> `{ schema, example }`. */
  content: Record<string, Json>
  /** Documented statuses of 400 and more. */
  failures: number[]
}

/** An operation as the document has it. Throws for an unknown id. */
export function describeOperation(document: Json, id: string): Described {
  for (const item of Object.values<Json>(document.paths)) {
    for (const raw of Object.values<Json>(item)) {
      if (raw?.operationId !== id) continue
      const parameters = [...(item.parameters ?? []), ...(raw.parameters ?? [])].map((parameter: Json) => resolve(document, parameter))
      const failures = Object.keys(raw.responses).map(Number).filter((status) => status >= 400)
      return { raw, parameters, content: resolve(document, raw.requestBody)?.content ?? {}, failures }
    }
  }
  throw new Error(`The document has no ${id}`)
}

export function exampleOf(parameter: Json): unknown {
  return parameter?.example ?? parameter?.schema?.example ?? parameter?.schema?.default ?? parameter?.schema?.enum?.[0]
}
