import fc, { type Arbitrary } from 'fast-check'
import { type Json, resolve } from '../harness/documents.js'

const DEPTH = 4

/** Texts that have broken servers before. */
const NASTY = ['', ' ', '\u0000', '__proto__', 'constructor', "'; DROP TABLE users; --", '../../etc/passwd', '%00', '\uFEFF', '\u202E', '𝕌𝕟𝕚', '🤯', 'null', 'NaN', '-0', '1e309', '9007199254740993', '{{7*7}}', '<script>alert(1)</script>', '"', '\\', '\r\nx: y', '*', 'a:b', '(', '[', 'AND', 'x'.repeat(5_000)]

export const anyText: Arbitrary<string> = fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 20 }))

const day = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })

const FORMATS: Readonly<Record<string, Arbitrary<string>>> = {
  'date-time': day.map((date) => date.toISOString()),
  date: day.map((date) => date.toISOString().slice(0, 10)),
  email: fc.tuple(fc.stringMatching(/^[a-z][a-z0-9.]{0,8}[a-z0-9]$/), fc.stringMatching(/^[a-z]{2,8}$/)).map(([name, host]) => `${name.replaceAll(/\.+/g, '.')}@${host}.example`),
  uri: fc.oneof(fc.webUrl({ validSchemes: ['https'] }), fc.constantFrom('https://example.com/', 'http://127.0.0.1:1/', 'https://10.0.0.1/x', 'ftp://example.com/a')),
}

/** Values that a schema allows (nearly always: who needs only valid ones filters). Recursion ends at a small depth. */
export function arbitraryOf(document: Json, given: Json, depth = 0): Arbitrary<Json> {
  const schema = resolve(document, given)
  if (schema === undefined || schema === true || Object.keys(schema).length === 0) return depth > DEPTH ? fc.constant(null) : fc.jsonValue({ maxDepth: 2 })
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.oneOf ?? schema.anyOf) {
    const base = { ...schema, oneOf: undefined, anyOf: undefined }
    return fc.oneof(...(schema.oneOf ?? schema.anyOf).map((branch: Json) => merged(document, base, branch)).map((branch: Json) => arbitraryOf(document, branch, depth + 1)))
  }
  if (schema.allOf) return arbitraryOf(document, schema.allOf.reduce((sum: Json, part: Json) => merged(document, sum, part), { ...schema, allOf: undefined }), depth)
  const types: string[] = schema.type === undefined ? [schema.properties ? 'object' : 'any'] : ([] as string[]).concat(schema.type)
  return fc.oneof(...types.map((type) => ofType(document, schema, type, depth)))
}

function merged(document: Json, one: Json, two: Json): Json {
  const [a, b] = [resolve(document, one), resolve(document, two)]
  return {
    ...a, ...b,
    ...((a.properties ?? b.properties) && { properties: { ...a.properties, ...b.properties } }),
    ...((a.required ?? b.required) && { required: [...(a.required ?? []), ...(b.required ?? [])] }),
  }
}

function ofType(document: Json, schema: Json, type: string, depth: number): Arbitrary<Json> {
  switch (type) {
    case 'null': return fc.constant(null)
    case 'boolean': return fc.boolean()
    case 'integer': return fc.integer({ min: schema.minimum ?? -1_000_000, max: schema.maximum ?? 1_000_000 })
    case 'number': return fc.oneof(fc.integer({ min: Math.ceil(schema.minimum ?? -1_000), max: Math.floor(schema.maximum ?? 1_000) }), fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true }))
    case 'string': return textOf(schema)
    case 'array': {
      const [minLength, maxLength] = [schema.minItems ?? 0, Math.min(schema.maxItems ?? 4, Math.max(4, schema.minItems ?? 0))]
      return depth > DEPTH ? fc.constant([]) : fc.array(arbitraryOf(document, schema.items, depth + 1), { minLength, maxLength })
    }
    case 'object': return objectOf(document, schema, depth)
    default: return depth > DEPTH ? fc.constant(null) : fc.jsonValue({ maxDepth: 2 })
  }
}

function textOf(schema: Json): Arbitrary<string> {
  const format = FORMATS[schema.format]
  if (format) return format
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern, 'u'))
  const [min, max] = [schema.minLength ?? 0, schema.maxLength ?? 5_000]
  const known: string[] = [...(schema['x-extensible-enum'] ?? []), ...(schema.example === undefined ? [] : [String(schema.example)])]
  const fitting = anyText.filter((text) => [...text].length >= min && [...text].length <= max)
  return known.length > 0 ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fitting }) : fitting
}

function objectOf(document: Json, schema: Json, depth: number): Arbitrary<Json> {
  const members = Object.entries<Json>(schema.properties ?? {}).filter(([, member]) => member?.readOnly !== true)
  const required: string[] = (schema.required ?? []).filter((name: string) => members.some(([known]) => known === name))
  const shown = depth > DEPTH ? members.filter(([name]) => required.includes(name)) : members
  if (shown.length === 0 && schema.additionalProperties !== false && depth <= DEPTH) return fc.dictionary(fc.constantFrom('task', 'key', 'a', '__proto__', ''), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  return fc.record(Object.fromEntries(shown.map(([name, member]) => [name, arbitraryOf(document, member, depth + 1)])), { requiredKeys: required, noNullPrototype: true })
}

/** A valid value with one thing wrong: a member gone, of another kind, or one too many; or something else altogether. */
export function brokenOf(valid: Arbitrary<Json>): Arbitrary<Json> {
  const other = fc.oneof(fc.constantFrom(null, true, 0, -1, 1e308, '', [], {}, [[[]]], { a: { b: {} } }), anyText, fc.jsonValue({ maxDepth: 3 }))
  return fc.oneof(
    { weight: 1, arbitrary: other },
    { weight: 4, arbitrary: fc.tuple(valid, fc.nat(), other, fc.nat(2)).map(([value, at, wrong, how]) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong
      const names = Object.keys(value)
      const name = names[at % Math.max(1, names.length)]
      if (name === undefined || how === 2) return { ...value, [`extra_${at % 10}`]: wrong }
      const { [name]: _, ...rest } = value
      return how === 0 ? rest : { ...rest, [name]: wrong }
    }) },
  )
}
