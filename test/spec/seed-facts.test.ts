import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Variant } from '../../spec/generate/validators/prepare.js'
import { ValidatorSet } from '../../spec/generate/validators/set.js'

// What the vendors' own documents say beside their tables of endpoints, copied as facts: errors, limits, headers, parameters, fields and samples.
// Each has to be in ours, and a member that a sample shows has to be named by the schema and not only let through.

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly default?: unknown
  readonly maximum?: number
  readonly enum?: readonly unknown[]
  readonly 'x-extensible-enum'?: readonly unknown[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}
interface Media { readonly schema: Schema; readonly example?: any }
interface Answer { readonly $ref?: string; readonly headers?: Readonly<Record<string, unknown>>; readonly content?: Readonly<Record<string, Media>> }
interface Operation {
  readonly parameters?: readonly ({ readonly $ref?: string; readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema })[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, Answer>>
  readonly 'x-orkit': { readonly rateLimit?: string; readonly retry?: string | { readonly idempotencyKey: { readonly name: string } }; readonly stream?: { readonly event: string } }
}
interface Window { readonly requests: number; readonly seconds: number }
interface Category { readonly key: string; readonly windows: readonly Window[]; readonly concurrent?: number; readonly assumed?: boolean }
interface Document {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>> & { readonly parameters?: Operation['parameters'] }>>
  readonly 'x-orkit': {
    readonly errors: { readonly codes: Readonly<Record<string, { readonly status: number }>> }
    readonly rateLimits: { readonly default?: string; readonly headers: Readonly<Record<string, string>>; readonly categories: Readonly<Record<string, Category>> }
  }
}
type Sample = { readonly of: string } & ({ readonly request: unknown } | { readonly refused: unknown } | { readonly event: unknown } | { readonly status: number; readonly body: unknown })
interface Facts {
  readonly errors: readonly { readonly status: number; readonly code?: string; readonly type?: string }[]
  readonly limits?: readonly { readonly category: string; readonly key?: string; readonly windows?: readonly Window[]; readonly concurrent?: number; readonly of?: readonly string[] }[]
  readonly headers?: readonly string[]
  readonly retryAfter?: string
  readonly resetUnit?: string
  readonly parameters: readonly { readonly of: string; readonly name: string; readonly in: string; readonly type?: string; readonly default?: unknown; readonly maximum?: number; readonly values?: readonly string[] }[]
  readonly fields?: Readonly<Record<string, readonly { readonly name: string; readonly type: string; readonly required?: true; readonly default?: unknown }[]>>
  readonly samples: readonly Sample[]
}

const read = <T>(path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T
const shape = (path: string) => path.replace(/\{[^}]+\}|:\w+/g, '{}')

for (const [system, facts] of Object.entries(read<Record<string, Facts>>('../fixtures/seed-facts.json'))) {
  describe(system, () => {
    const document = read<Document>(`../../spec/dist/${system}.gen.json`)
    const base = new URL(document.servers[0]!.url).pathname.replace(/\/$/, '')
    const validators = new ValidatorSet(document as never, (where, message) => {
      throw new Error(`${where} ${message}`)
    })

    const deref = <T extends object>(value: T): T => {
      const { $ref } = value as { $ref?: string }
      return $ref === undefined ? value : deref($ref.slice(2).split('/').reduce<any>((inside, key) => inside[key.replaceAll('~1', '/').replaceAll('~0', '~')], document))
    }
    const operations = Object.entries(document.paths).flatMap(([path, { parameters = [], ...item }]) =>
      Object.entries(item).filter(([, one]) => 'operationId' in one).map(([method, one]) => ({ names: ['', base].map((prefix) => `${method.toUpperCase()} ${shape(prefix + path)}`), one: { ...one, parameters: [...parameters, ...(one.parameters ?? [])].map((each) => deref(each)) } })))
    const find = (of: string) => {
      const found = operations.find(({ names }) => names.includes(shape(of)))
      if (found === undefined) throw new Error(`${of} is not in the document`)
      return found.one
    }
    /** The faults of a value: what its schema refuses, and members that it does not name. */
    const faults = (schema: Schema, value: unknown, variant: Variant): string[] => [...validators.check(validators.use(schema as never, 'sample', variant, 'sample'), value), ...unnamed(schema, value, '')]
    const variants = (schema: Schema): Schema[] => {
      const found = deref(schema)
      return [found, ...[...(found.allOf ?? []), ...(found.anyOf ?? []), ...(found.oneOf ?? [])].flatMap(variants)]
    }
    const unnamed = (schema: Schema, value: unknown, path: string): string[] => {
      const all = variants(schema)
      if (Array.isArray(value)) return value.flatMap((each) => all.flatMap(({ items }) => (items === undefined ? [] : unnamed(items, each, `${path}/*`))))
      if (typeof value !== 'object' || value === null) return []
      return Object.entries(value).flatMap(([name, member]) => {
        const known = all.flatMap(({ properties, additionalProperties }) => properties?.[name] ?? (typeof additionalProperties === 'object' ? additionalProperties : additionalProperties === true ? {} : []))
        return known.length === 0 ? [`${path}/${name} is named nowhere`] : unnamed({ anyOf: known }, member, `${path}/${name}`)
      })
    }
    const bodyOf = (one: Operation, of: string) => {
      const schema = one.requestBody?.content['application/json']?.schema
      if (schema === undefined) throw new Error(`${of} takes no JSON`)
      return schema
    }
    const answerOf = (one: Operation, status: number, of: string) => {
      const answer = one.responses[String(status)]
      if (answer === undefined) throw new Error(`${of} has no answer ${status}`)
      return deref(answer)
    }

    for (const { status, code, type } of facts.errors) {
      it(`answers ${status} with ${code ?? type}`, () => {
        if (code !== undefined) expect(document['x-orkit'].errors.codes[code]?.status).toBe(status)
        const shown = operations.flatMap(({ one: { responses: { [status]: answer } } }) => (answer === undefined ? [] : (deref(answer).content?.['application/json'] ?? [])))
        expect(shown.length, 'operations that answer so').toBeGreaterThan(0)
        if (type !== undefined) expect(new Set(shown.map((media) => media.example.error.type))).toEqual(new Set([type]))
        const named = new Set(shown.flatMap((media) => namedValues(media.schema)))
        expect(named).toContain(code ?? type)
      })
    }
    /** Every known value of every text in a schema. */
    const namedValues = (schema: Schema): unknown[] => variants(schema).flatMap((one) => [...(one.enum ?? []), ...(one['x-extensible-enum'] ?? []), ...Object.values(one.properties ?? {}).flatMap(namedValues)])

    const { categories, default: usual, headers } = document['x-orkit'].rateLimits
    for (const { category, key, windows, concurrent, of = [] } of facts.limits ?? []) {
      it(`limits ${category}`, () => {
        const found = categories[category]!
        expect(found).toMatchObject({ ...(key && { key }), ...(windows && { windows }), ...(concurrent && { concurrent }) })
        // A figure that the vendor gives is never called ours.
        if (windows !== undefined) expect(found.assumed).toBeUndefined()
        for (const one of of) expect(find(one)['x-orkit'].rateLimit ?? usual, one).toBe(category)
      })
    }
    for (const name of facts.headers ?? []) {
      it(`sends ${name} with every answer`, () => {
        expect(Object.values(headers)).toContain(name)
        for (const { names, one } of operations) for (const [status, answer] of Object.entries(one.responses)) if (status !== '101') expect(Object.keys(deref(answer).headers ?? {}), `${names[0]} ${status}`).toContain(name)
      })
    }
    if (facts.resetUnit !== undefined) it('resets at a moment', () => expect(headers['resetUnit']).toBe(facts.resetUnit))
    if (facts.retryAfter !== undefined) {
      it('says how long to wait', () => {
        expect(headers['retryAfter']).toBe(facts.retryAfter)
        for (const { names, one } of operations) if (one.responses['429'] !== undefined) expect(Object.keys(deref(one.responses['429']).headers ?? {}), names[0]).toContain(facts.retryAfter)
      })
    }

    for (const { of, name, in: place, type, values, ...bounds } of facts.parameters) {
      it(`${of} takes ${name}`, () => {
        const parameter = find(of).parameters.find((one) => one.name === name && one.in === place)
        expect(parameter, 'is in the document').toBeDefined()
        const schema = deref(parameter!.schema)
        expect(parameter!.required ?? false).toBe(false)
        expect(schema).toMatchObject(bounds)
        if (type !== undefined) expect([schema.type].flat()).toContain(type)
        if (values !== undefined) expect(schema.enum ?? schema['x-extensible-enum']).toEqual(values)
      })
    }

    for (const [of, fields] of Object.entries(facts.fields ?? {})) {
      it(`${of} takes its fields`, () => {
        const one = find(of)
        const schema = deref(bodyOf(one, of))
        const { retry } = one['x-orkit']
        // The key may come as a header instead, so the body alone does not have to have it.
        const elsewhere = typeof retry === 'object' ? retry.idempotencyKey.name : undefined
        for (const { name, type, required, default: usually } of fields) {
          expect(schema.properties?.[name], name).toMatchObject({ type, ...(usually !== undefined && { default: usually }) })
          if (name !== elsewhere) expect(schema.required?.includes(name) ?? false, `${name} is required`).toBe(required ?? false)
          else expect(one.parameters.some((parameter) => parameter.in === 'header' && parameter.name === 'Idempotency-Key'), 'or the header').toBe(true)
        }
      })
    }

    for (const [i, sample] of facts.samples.entries()) {
      const { of } = sample
      it(`${of} fits its sample (${i + 1})`, () => {
        const one = find(of)
        if ('request' in sample) expect(faults(bodyOf(one, of), sample.request, 'request')).toEqual([])
        else if ('refused' in sample) expect(faults(bodyOf(one, of), sample.refused, 'request')).not.toEqual([])
        else if ('event' in sample) expect(faults({ $ref: one['x-orkit'].stream!.event }, sample.event, 'response')).toEqual([])
        else expect(faults(answerOf(one, sample.status, of).content!['application/json']!.schema, sample.body, 'response')).toEqual([])
      })
    }
  })
}
