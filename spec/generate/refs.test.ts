import { expect, it } from 'vitest'
import type { Document, Schema } from './openapi.js'
import { collectProperties, lookUp, needsMembers, pointerTokens, schemaAt } from './refs.js'

const document = { components: { schemas: { Base: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }, Loop: { allOf: [{ $ref: '#/components/schemas/Loop' }], properties: { a: {} } } } } } as unknown as Document
const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({ type: 'object', properties, required })

it('pointers are unescaped in the right order', () => {
  expect(pointerTokens('/a~1b/c~0d/e~01f')).toEqual(['a/b', 'c~d', 'e~1f'])
  expect(pointerTokens('')).toEqual([])
  expect(lookUp({ a: { 'b/c': { d: 1 } } }, '#/a/b~1c/d')).toBe(1)
  expect(lookUp({}, '#/a/b')).toBeUndefined()
})

it('members of compositions are one set; of alternatives only what each requires is required', () => {
  const base: Schema = { $ref: '#/components/schemas/Base' }
  expect(collectProperties(document, { allOf: [base, object({ name: {} }, ['name'])] })).toEqual({ properties: { id: { type: 'string' }, name: {} }, required: new Set(['id', 'name']) })
  const either = collectProperties(document, { oneOf: [object({ a: {}, b: {} }, ['a', 'b']), object({ a: {}, c: {} }, ['a', 'c']), { type: 'null' }] })
  expect([Object.keys(either.properties), [...either.required]]).toEqual([['a', 'b', 'c'], ['a']])
  expect(Object.keys(collectProperties(document, { $ref: '#/components/schemas/Loop' }).properties)).toEqual(['a'])
})

it.each<[boolean, Schema]>([
  [false, object({ a: {} })],
  [true, object({ a: {} }, ['a'])],
  [true, { type: 'object', minProperties: 1 }],
  [true, { type: 'array' }],
  [false, { type: ['object', 'null'] }],
  [true, { allOf: [object({ a: {} }), object({ b: {} }, ['b'])] }],
  [false, { oneOf: [object({ a: {} }, ['a']), object({ b: {} })] }],
  [true, { anyOf: [object({ a: {} }, ['a']), object({ b: {} }, ['b'])] }],
])('that {} will not do is %s of %j', (needs, schema) => expect(needsMembers(document, schema)).toBe(needs))

it('a pointer steps into arrays and compositions', () => {
  const schema: Schema = { allOf: [object({ items: { type: 'array', items: { $ref: '#/components/schemas/Base' } } })] }
  expect([schemaAt(document, schema, '/items/*/id'), schemaAt(document, schema, '/items/0/id'), schemaAt(document, schema, '/items/id')]).toEqual([{ type: 'string' }, { type: 'string' }, undefined])
})
