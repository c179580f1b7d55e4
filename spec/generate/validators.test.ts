import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { Validate } from '../../packages/mock/src/kernel/validator.js'
import { equal, ucs2length } from '../../packages/mock/src/kernel/ajv-runtime.js'
import { formats } from '../../packages/mock/src/kernel/formats.js'
import { generate, ID, json, operation, ORDER_EXAMPLE, refTo, writeFixture } from './fixture.js'

const kernel = resolve(import.meta.dirname, '../../packages/mock/src/kernel')
const none = { '204': { description: 'Done.' } }

/** Runs the emitted module as a server would: plain JavaScript beside the kernel. */
async function load(code: string): Promise<Record<string, Validate>> {
  const folder = mkdtempSync(join(tmpdir(), 'orkit-validators-'))
  const options = { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } }
  const javascript = ts.transpileModule(code, options).outputText.replaceAll('../../kernel/', `${pathToFileURL(kernel).href}/`).replaceAll(/kernel\/([\w-]+)\.js/g, 'kernel/$1.ts')
  const file = join(folder, 'validators.mjs')
  writeFileSync(file, javascript)
  return await import(/* @vite-ignore */ pathToFileURL(file).href) as Record<string, Validate>
}

async function validators(schemas: Record<string, unknown>, paths: Record<string, unknown> = {}): Promise<Record<string, Validate>> {
  return load((await generate(writeFixture(paths, schemas))).validators)
}

const faults = (validate: Validate | undefined, value: unknown): string[] => (validate!(value) ? [] : validate!.errors!.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`))

describe('standalone code', () => {
  it('shares one function for each schema and needs neither ajv nor require', async () => {
    const list = operation('orders.list', { responses: { '200': { description: 'x', content: json({ type: 'array', items: refTo('Order') }, [ORDER_EXAMPLE]) } } })
    const get = operation('orders.get', { parameters: [ID], responses: { '200': { description: 'x', content: json(refTo('Order'), ORDER_EXAMPLE) } } })
    const { validators: code, routes } = await generate(writeFixture({ '/orders': { get: list }, '/orders/{id}': { get } }))
    expect(code).not.toMatch(/require\(|from 'ajv|new Function|eval\(/)
    expect(code.match(/^function validate_Order\(/gm)).toHaveLength(1)
    expect(routes).toContain("'200': { content: { 'application/json': v.orders_list_200 }")
    expect(routes).toContain("{ name: 'id', in: 'path', required: true, type: 'string', validate: v.param_id }")
    const v = await load(code)
    expect(faults(v['orders_list_200'], { success: true, data: [ORDER_EXAMPLE] })).toEqual([])
    expect(faults(v['orders_list_200'], { success: true, data: [{ id: 'x' }] })).toEqual(['/data/0 required', '/data/0/id format'])
    expect(faults(v['orders_get_200'], { data: ORDER_EXAMPLE })).toEqual([' required'])
  })

  it('validates each distinct parameter schema once', async () => {
    const limit = { name: 'limit', in: 'query', description: 'x', schema: { type: 'integer', minimum: 1 } }
    const tags = { name: 'tags', in: 'query', description: 'x', schema: { type: 'array', items: { type: 'string' } } }
    const { validators: code, routes } = await generate(writeFixture({
      '/a': { get: operation('orders.a', { parameters: [limit, tags], responses: none }) },
      '/b': { get: operation('orders.b', { parameters: [limit, { ...limit, name: 'size' }], responses: none }) },
      '/c': { get: operation('orders.c', { parameters: [{ ...limit, schema: { type: ['integer', 'string'] } }], responses: none }) }
    }))
    expect(code.match(/^export const param_\w+/gm)).toEqual(['export const param_limit', 'export const param_tags', 'export const param_limit_2'])
    expect(routes).toContain("{ name: 'tags', in: 'query', type: 'array', items: 'string', validate: v.param_tags }")
    expect(routes).toContain("{ name: 'limit', in: 'query', type: 'string', validate: v.param_limit_2 }")
  })

  it('follows recursion, lengths in code points, deep constants and unique items', async () => {
    const v = await validators({
      Tree: { type: 'object', description: 'x', properties: { name: { type: 'string', maxLength: 1, description: 'x' }, children: { type: 'array', uniqueItems: true, items: refTo('Tree'), description: 'x' } } },
      Fixed: { description: 'x', const: { a: [1] } }
    })
    expect(faults(v['Tree'], { children: [{ name: '😀' }, { children: [{ name: 'ab' }] }] })).toEqual(['/children/1/children/0/name maxLength'])
    expect(faults(v['Tree'], { children: [{ name: 'a' }, { name: 'a' }] })).toEqual(['/children uniqueItems'])
    expect(faults(v['Fixed'], { a: [1] })).toEqual([])
    expect(faults(v['Fixed'], { a: [2] })).toEqual([' const'])
  })

  it('makes two variants only where readOnly or writeOnly separate them', async () => {
    const user = { type: 'object', description: 'x', required: ['id', 'password'], properties: { id: { type: 'string', readOnly: true, description: 'x' }, password: { type: 'string', writeOnly: true, description: 'x' } } }
    const put = operation('orders.put', { requestBody: { required: true, content: json(refTo('User'), { password: 'x' }) }, responses: { '200': { description: 'x', content: json(refTo('User'), { id: 'x' }) } } })
    const v = await validators({ User: user }, { '/users': { put } })
    expect(faults(v['User_request'], { password: 'x' })).toEqual([])
    expect(faults(v['User'], { id: 'x' })).toEqual([])
    expect(faults(v['User'], { id: 'x', password: 'x' })).toEqual(['/password false schema'])
    expect(v['Order_request']).toBeUndefined()
  })

  it('chooses by discriminator', async () => {
    const pet = (kind: string, member: string): unknown => ({ type: 'object', description: 'x', required: ['kind', member], properties: { kind: { type: 'string', const: kind, description: 'x' }, [member]: { type: 'string', description: 'x' } } })
    const v = await validators({
      Cat: pet('cat', 'purr'), Dog: pet('dog', 'bark'),
      Pet: { description: 'x', oneOf: [refTo('Cat'), refTo('Dog')], discriminator: { propertyName: 'kind', mapping: { cat: '#/components/schemas/Cat', dog: '#/components/schemas/Dog' } } }
    })
    expect(faults(v['Pet'], { kind: 'cat', purr: 'x' })).toEqual([])
    expect(faults(v['Pet'], { kind: 'dog', purr: 'x' })).toEqual([' required', ' if'])
    expect(faults(v['Pet'], { kind: 'cow' })).toEqual(['/kind enum'])
  })

  it('lets open enums be anything', async () => {
    const v = await validators({})
    expect(faults(v['Order'], { ...ORDER_EXAMPLE, status: 'brand new', total: null })).toEqual([])
  })

  it('honours unevaluatedProperties', async () => {
    const v = await validators({ Closed: { type: 'object', description: 'x', allOf: [refTo('Order')], unevaluatedProperties: false, properties: { more: { type: 'string', description: 'x' } } } })
    expect(faults(v['Closed'], { ...ORDER_EXAMPLE, more: 'x' })).toEqual([])
    expect(faults(v['Closed'], { ...ORDER_EXAMPLE, other: 'x' })).toEqual([' unevaluatedProperties'])
  })
})

describe('formats', () => {
  const cases: Record<string, [good: string[], bad: string[]]> = {
    'date-time': [['2026-02-26T10:00:00Z', '2026-02-26T10:00:00.123456+05:30', '1998-12-31T23:59:60Z', '1998-12-31T15:59:60.1-08:00'], ['2026-02-26', '2026-02-26T10:00:00', '2026-02-30T10:00:00Z', '2026-02-26T24:00:00Z', '2026-02-26T22:59:60Z', '2026-02-26T10:00Z', '']],
    date: [['2024-02-29', '2000-02-29'], ['2026-02-29', '1900-02-29', '2026-2-1', '2026-13-01', '2026-00-10']],
    time: [['10:00:00Z', '10:00:00.5+02:00'], ['25:00:00Z', '10:00:00', '10:00:00+25:00']],
    duration: [['P1D', 'PT1H30M', 'P4W', 'P1Y2M3DT4H5M6S'], ['P', 'PT', 'P1', '1D', 'P1S']],
    uuid: [['a1b2c3d4-0000-4000-8000-000000000001', 'A1B2C3D4-0000-4000-8000-000000000001'], ['a1b2c3d4', 'g1b2c3d4-0000-4000-8000-000000000001', 'a1b2c3d400004000800000000000001']],
    email: [['ada@example.com', 'a.b+c@sub.example.co', 'x@localhost'], ['ada', '@example.com', 'a@', 'a..b@example.com', '.a@example.com', 'a b@example.com']],
    hostname: [['example.com', 'a-b.example', 'localhost', `${'a'.repeat(63)}.com`], ['-a.com', 'a-.com', `${'a'.repeat(64)}.com`, 'a..b', '', 'a_b.com']],
    ipv4: [['127.0.0.1', '255.255.255.255'], ['256.0.0.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.4.']],
    ipv6: [['::1', '::', 'fe80::1', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1'], ['1', ':1', '1:2:3:4:5:6:7:8:9', '12345::', '1::2::3', '::256.0.0.1', '1:2:3:4:5:6:7']],
    uri: [['https://example.com/a?b#c', 'urn:isbn:1', 'mailto:a@b.c'], ['example.com', '/path', 'https://exa mple.com', 'http://[::1', 'https://a/é']],
    'uri-reference': [['/path', 'https://a.b', '?q=1', '#x'], ['a b', 'http://[', '\\\\']],
    regex: [['^a+$', '\\p{L}'], ['(', '[', '\\p{Nope}']],
    'json-pointer': [['', '/a/b~0c~1d', '/'], ['a', '/a~', '/~2']],
    byte: [['', 'aGk=', 'aGVsbG8='], ['a', 'aGk', '*']]
  }
  for (const [name, [good, bad]] of Object.entries(cases)) {
    it(name, () => {
      const format = formats[name] as (value: string) => boolean
      for (const value of good) expect([value, format(value)]).toEqual([value, true])
      for (const value of bad) expect([value, format(value)]).toEqual([value, false])
    })
  }

  it('numbers', () => {
    const { int32, int64 } = formats as Record<string, { validate: (value: number) => boolean }>
    expect([int32!.validate(2147483647), int32!.validate(2147483648), int32!.validate(1.5), int64!.validate(2 ** 53), int64!.validate(0.1)]).toEqual([true, false, false, true, false])
  })
})

describe('runtime', () => {
  it('counts code points', () => expect(['', 'abc', '😀', 'a😀b', '\ud800', '\ud800\ud800', 'é'].map(ucs2length)).toEqual([0, 3, 1, 3, 1, 2, 1]))

  it('compares deeply', () => {
    expect(equal({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true)
    for (const [a, b] of [[{ a: 1 }, { b: 1 }], [[1], { 0: 1 }], [[1, 2], [1]], [null, {}], [1, '1'], [{ a: undefined }, { b: undefined }], [{}, { a: 1 }]]) expect(equal(a, b)).toBe(false)
  })
})
