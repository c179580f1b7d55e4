import type { Schema } from './spec-types.js'

/** What a client sends may not become narrower; what it reads may not become wider. */
export type Side = 'request' | 'response'

interface Comparison {
  readonly side: Side
  readonly was: (schema: Schema) => Schema
  readonly is: (schema: Schema) => Schema
  readonly add: (breaking: boolean, kind: string, where: string, message: string) => void
}

/** Constraints that shut values out when they go up, or down. */
const raised = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const
const lowered = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const

export function compareSchemas(comparison: Comparison, where: string, old: Schema, next: Schema, seen: Set<string> = new Set()): void {
  // Named schemas are compared where they first stand: some hold themselves, and ways through those that hold each other are more than can be walked.
  if (old.$ref !== undefined && next.$ref !== undefined) {
    const key = `${old.$ref} ${next.$ref}`
    if (seen.has(key)) return
    seen.add(key)
  }
  const [was, is] = [merged(comparison.was(old), comparison.was), merged(comparison.is(next), comparison.is)]
  compareTypes(comparison, where, was, is)
  compareValues(comparison, where, was, is)
  if (comparison.side === 'request') compareLimits(comparison, where, was, is)
  compareMembers(comparison, where, was, is, seen)
  if (was.items && is.items) compareSchemas(comparison, `${where}[]`, was.items, is.items, seen)
  if (typeof was.additionalProperties === 'object' && typeof is.additionalProperties === 'object') compareSchemas(comparison, `${where}.*`, was.additionalProperties, is.additionalProperties, seen)
  compareVariants(comparison, where, was, is, seen)
}

function compareTypes({ side, add }: Comparison, where: string, was: Schema, is: Schema): void {
  const [old, next] = [typesOf(was), typesOf(is)]
  if (!old || !next) return
  const [narrow, wide] = side === 'request' ? [old, next] : [next, old]
  const outside = narrow.filter((type) => !wide.includes(type) && !(type === 'integer' && wide.includes('number')))
  if (outside.length > 0) return add(true, 'type-changed', where, `${old.join(' or ')} becomes ${next.join(' or ')}`)
  if (old.toSorted().join() !== next.toSorted().join()) add(false, 'type-changed', where, `${old.join(' or ')} becomes ${next.join(' or ')}`)
  if (was.format !== is.format && was.format !== undefined && is.format !== undefined) add(false, 'format-changed', where, `format ${was.format} becomes ${is.format}`)
}

function compareValues({ side, add }: Comparison, where: string, was: Schema, is: Schema): void {
  const values = (schema: Schema) => (schema.enum ?? (schema.const === undefined ? undefined : [schema.const]))?.map((value) => JSON.stringify(value))
  const [old, next] = [values(was), values(is)]
  if (!next) return
  if (!old) {
    if (side === 'request') add(true, 'enum-added', where, `only these values now: ${next.join(', ')}`)
    return
  }
  const gone = old.filter((value) => !next.includes(value))
  const fresh = next.filter((value) => !old.includes(value))
  if (gone.length > 0) add(side === 'request', 'enum-value-removed', where, `no longer ${gone.join(', ')}`)
  if (fresh.length > 0) add(false, 'enum-value-added', where, `${fresh.join(', ')} too`)
}

function compareLimits({ add }: Comparison, where: string, was: Schema, is: Schema): void {
  for (const [names, tighter] of [[raised, (a: number, b: number) => b > a], [lowered, (a: number, b: number) => b < a]] as const) {
    for (const name of names) {
      const [old, next] = [was[name], is[name]]
      if (typeof next !== 'number' || old === next) continue
      const breaks = typeof old !== 'number' || tighter(old, next)
      add(breaks, 'limit-changed', where, typeof old === 'number' ? `${name} ${old} becomes ${next}` : `${name} ${next} now`)
    }
  }
  if (typeof is['pattern'] === 'string' && is['pattern'] !== was['pattern']) add(true, 'pattern-changed', where, `must match ${is['pattern']} now`)
}

function compareMembers(comparison: Comparison, where: string, was: Schema, is: Schema, seen: Set<string>): void {
  const { side, add } = comparison
  const [old, next] = [was.properties ?? {}, is.properties ?? {}]
  const [needed, needs] = [new Set(was.required), new Set(is.required)]
  const at = (name: string) => (/^(?:body|\d\w\w|default)$/.test(where) ? `${where} ${name}` : `${where}.${name}`)
  for (const [name, schema] of Object.entries(old)) {
    const now = next[name]
    if (now === undefined) {
      add(true, side === 'request' ? 'property-removed' : 'response-property-removed', at(name), 'gone')
      continue
    }
    if (side === 'request' && needs.has(name) && !needed.has(name)) add(true, 'property-required', at(name), 'required now')
    if (side === 'request' && needed.has(name) && !needs.has(name)) add(false, 'property-optional', at(name), 'no longer required')
    if (side === 'response' && needed.has(name) && !needs.has(name)) add(true, 'response-property-optional', at(name), 'may be absent now')
    compareSchemas(comparison, at(name), schema, now, seen)
  }
  for (const name of Object.keys(next)) {
    if (old[name] !== undefined) continue
    const breaks = side === 'request' && needs.has(name)
    add(breaks, side === 'request' ? 'property-added' : 'response-property-added', at(name), breaks ? 'new and required' : 'new')
  }
}

/** Variants are told by their names, or by their places where there are as many as before. */
function compareVariants(comparison: Comparison, where: string, was: Schema, is: Schema, seen: Set<string>): void {
  const { side, add } = comparison
  const [old, next] = [was.oneOf ?? was.anyOf, is.oneOf ?? is.anyOf]
  if (!old || !next) return
  if (old.length === next.length) return old.forEach((variant, index) => compareSchemas(comparison, where, variant, next[index]!, seen))
  const name = (variant: Schema) => variant.$ref?.split('/').at(-1) ?? JSON.stringify(variant)
  const [names, now] = [old.map(name), next.map(name)]
  for (const gone of names.filter((each) => !now.includes(each))) add(side === 'request', 'variant-removed', where, `no longer ${gone}`)
  for (const fresh of now.filter((each) => !names.includes(each))) add(false, 'variant-added', where, `${fresh} too`)
  old.forEach((variant, index) => {
    const same = now.indexOf(names[index]!)
    if (same !== -1) compareSchemas(comparison, where, variant, next[same]!, seen)
  })
}

/** `allOf` as one schema. */
function merged(schema: Schema, resolve: (schema: Schema) => Schema, depth = 0): Schema {
  if (!schema.allOf || depth > 20) return schema
  const parts = [{ ...schema, allOf: undefined } as unknown as Schema, ...schema.allOf.map((part) => merged(resolve(part), resolve, depth + 1))]
  return parts.reduce<Schema>((all, part) => ({ ...all, ...Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)), properties: { ...all.properties, ...part.properties }, required: [...(all.required ?? []), ...(part.required ?? [])] }), {})
}

/** OpenAPI 3.0 says `nullable`, 3.1 names the type. */
function typesOf({ type, nullable, properties, items }: Schema): readonly string[] | undefined {
  const named = type === undefined ? (properties ? ['object'] : items ? ['array'] : undefined) : [type].flat()
  return named && nullable === true && !named.includes('null') ? [...named, 'null'] : named
}
