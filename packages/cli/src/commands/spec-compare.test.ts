import { describe, expect, it } from 'vitest'
import { compareDocuments } from './spec-compare.js'
import type { OpenApi, Operation, Parameter, Schema } from './spec-types.js'

const document = (operation: Operation, more: Partial<OpenApi> = {}): OpenApi => ({ openapi: '3.1.0', paths: { '/agents/{id}': { put: operation } }, ...more })
const limit = (schema: Schema, more: Partial<Parameter> = {}): Operation => ({ parameters: [{ name: 'limit', in: 'query', schema, ...more }] })
const body = (schema: Schema): Operation => ({ requestBody: { content: { 'application/json': { schema } } } })
const answer = (schema: Schema): Operation => ({ responses: { 200: { content: { 'application/json': { schema } } } } })
const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({ type: 'object', properties, required })
const text: Schema = { type: 'string' }

const told = (before: Operation, after: Operation) => compareDocuments(document(before), document(after)).map(({ breaking, kind, where }) => [breaking, kind, where])

it('schemas that hold each other are compared once, and what differs is found however deep it is', () => {
  const names = Array.from({ length: 30 }, (_, index) => `S${index}`)
  const everything = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/schemas/${name}` }]))
  const nested = (last: Schema) => document(answer({ $ref: '#/components/schemas/S0' }), { components: { schemas: Object.fromEntries(names.map((name) => [name, object(name === 'S29' ? { ...everything, odd: last } : everything)])) } })
  expect(compareDocuments(nested(text), nested({ type: 'integer' })).map(({ kind, where }) => [kind, where.split('.').at(-1)])).toEqual([['type-changed', 'odd']])
})

describe('what breaks a client', () => {
  it.each<[string, Operation, Operation, string, string]>([
    ['a parameter that is gone', limit(text), {}, 'parameter-removed', 'query limit'],
    ['a parameter that becomes required', limit(text), limit(text, { required: true }), 'parameter-required', 'query limit'],
    ['a new required parameter', {}, limit(text, { required: true }), 'parameter-added', 'query limit'],
    ['a parameter of another type', limit({ type: 'integer' }), limit(text), 'type-changed', 'query limit'],
    ['a narrower parameter', limit({ type: 'number' }), limit({ type: 'integer' }), 'type-changed', 'query limit'],
    ['a value no longer accepted', limit({ enum: ['a', 'b'] }), limit({ enum: ['a'] }), 'enum-value-removed', 'query limit'],
    ['values where any was accepted', limit(text), limit({ type: 'string', enum: ['a'] }), 'enum-added', 'query limit'],
    ['a lower limit', limit({ type: 'integer', maximum: 100 }), limit({ type: 'integer', maximum: 50 }), 'limit-changed', 'query limit'],
    ['a new pattern', limit(text), limit({ type: 'string', pattern: '^a' }), 'pattern-changed', 'query limit'],
    ['a body member that is gone', body(object({ a: text, b: text })), body(object({ a: text })), 'property-removed', 'body b'],
    ['a new required body member', body(object({ a: text })), body(object({ a: text, b: text }, ['b'])), 'property-added', 'body b'],
    ['a body member that becomes required', body(object({ a: text })), body(object({ a: text }, ['a'])), 'property-required', 'body a'],
    ['a deep change', body(object({ a: { type: 'array', items: object({ b: text }) } })), body(object({ a: { type: 'array', items: object({ b: { type: 'integer' } }) } })), 'type-changed', 'body a[].b'],
    ['a new required body', {}, { requestBody: { required: true, content: {} } }, 'body-added', 'body'],
    ['a body type that is gone', { requestBody: { content: { 'multipart/form-data': {} } } }, { requestBody: { content: { 'application/json': {} } } }, 'media-type-removed', 'body'],
    ['an answer that is gone', answer(text), { responses: { 201: {} } }, 'response-removed', '200'],
    ['a response member that is gone', answer(object({ a: text })), answer(object({})), 'response-property-removed', '200 a'],
    ['a response member that may be absent', answer(object({ a: text }, ['a'])), answer(object({ a: text })), 'response-property-optional', '200 a'],
    ['a response that may be null', answer(object({ a: text })), answer(object({ a: { type: ['string', 'null'] } })), 'type-changed', '200 a'],
    ['a response that may be null, as 3.0 says it', answer(object({ a: text })), answer(object({ a: { type: 'string', nullable: true } })), 'type-changed', '200 a'],
    ['a sign-in that is needed now', { security: [] }, { security: [{ apiKey: [] }] }, 'security', ''],
  ])('%s', (_, before, after, kind, where) => {
    expect(told(before, after)).toContainEqual([true, kind, where])
  })
})

describe('what breaks nothing', () => {
  it.each<[string, Operation, Operation, string]>([
    ['a new optional parameter', {}, limit(text), 'parameter-added'],
    ['a parameter that is no longer required', limit(text, { required: true }), limit(text), 'parameter-optional'],
    ['a wider parameter', limit({ type: 'integer' }), limit({ type: 'number' }), 'type-changed'],
    ['more accepted values', limit({ enum: ['a'] }), limit({ enum: ['a', 'b'] }), 'enum-value-added'],
    ['a higher limit', limit({ type: 'integer', maximum: 50 }), limit({ type: 'integer', maximum: 100 }), 'limit-changed'],
    ['a new response member', answer(object({})), answer(object({ a: text }, ['a'])), 'response-property-added'],
    ['a value that no longer comes', answer({ enum: ['a', 'b'] }), answer({ enum: ['a'] }), 'enum-value-removed'],
    ['deprecation', {}, { deprecated: true }, 'deprecated'],
  ])('%s', (_, before, after, kind) => {
    const changes = compareDocuments(document(before), document(after))
    expect(changes.map((change) => [change.breaking, change.kind])).toEqual([[false, kind]])
  })

  it('another name for a path parameter, another host, a reference instead of the schema itself', () => {
    const before = document(answer(object({ a: text })), { servers: [{ url: 'https://a.example/api/v1' }] })
    const after: OpenApi = {
      openapi: '3.1.0',
      servers: [{ url: 'https://b.example' }],
      paths: { '/api/v1/agents/{agentId}': { put: answer({ $ref: '#/components/schemas/Agent' }) } },
      components: { schemas: { Agent: { allOf: [object({}), { $ref: '#/components/schemas/Named' }] }, Named: object({ a: text }) } },
    }
    expect(compareDocuments(before, after)).toEqual([])
  })
})

it('puts what breaks first', () => {
  const before: OpenApi = { paths: { '/0': { get: {} }, '/a': { get: {} }, '/b': { get: {}, post: {} } } }
  const after: OpenApi = { paths: { '/0': { get: { deprecated: true } }, '/b': { get: {} }, '/c': { get: {} } } }
  expect(compareDocuments(before, after).map(({ breaking, operation, kind }) => [breaking, operation, kind])).toEqual([
    [true, 'GET /a', 'operation-removed'],
    [true, 'POST /b', 'operation-removed'],
    [false, 'GET /0', 'deprecated'],
    [false, 'GET /c', 'operation-added'],
  ])
})

it('comes to an end where a schema holds itself', () => {
  const tree = (leaf: Schema): OpenApi => ({ ...document(body({ $ref: '#/components/schemas/Node' })), components: { schemas: { Node: object({ value: leaf, children: { type: 'array', items: { $ref: '#/components/schemas/Node' } } }) } } })
  expect(compareDocuments(tree(text), tree({ type: 'integer' })).map(({ where }) => where)).toEqual(['body value'])
})
