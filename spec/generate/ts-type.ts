/** TypeScript expressions for schemas: a named alias wherever there is one, else an index into `operations`. */

import type { Model, OperationModel } from './model.js'
import type { Schema } from './openapi.js'
import { isNull, pointerTokens, resolveSchema, schemaName, step, typesOf } from './refs.js'
import { quote } from './print.js'

/** Names the alias of a component schema. */
export type AliasOf = (schema: string) => string

interface Located { schema: Schema; expression: string }

/** Type of the payload in every documented success body. */
export function payloadType(model: Model, operation: OperationModel, aliasOf: AliasOf): string {
  const types = operation.json.map((body) => {
    const found = walk(model, { schema: body.schema, expression: bodyExpression(operation, body.status, body.mediaType) }, operation.payload, aliasOf)
    return found === undefined ? 'unknown' : render(model, found, aliasOf)
  })
  const distinct = [...new Set(types)]
  if (operation.responses.some(({ status, response }) => status.startsWith('2') && response.content === undefined)) distinct.push('void')
  return distinct.length === 0 ? 'void' : distinct.join(' | ')
}

/** Type of one item of a list; undefined when the pointer does not lead to an array. */
export function itemType(model: Model, operation: OperationModel, aliasOf: AliasOf): string | undefined {
  const types = operation.json.map((body) => {
    const list = walk(model, { schema: body.schema, expression: bodyExpression(operation, body.status, body.mediaType) }, operation.x.pagination!.items, aliasOf)
    if (list === undefined) return undefined
    const array = arrayOf(model, list.schema)
    if (array?.items === undefined) return undefined
    return render(model, { schema: array.items, expression: `NonNullable<${list.expression}>[number]` }, aliasOf)
  })
  const distinct = [...new Set(types.filter((type) => type !== undefined))]
  return distinct.length === 0 ? undefined : distinct.join(' | ')
}

/** The array a list pointer means, also when the document allows null or another shape beside it. */
function arrayOf(model: Model, schema: Schema): Schema | undefined {
  const resolved = resolveSchema(model.document, schema)
  if (resolved.items !== undefined) return resolved
  return [...(resolved.oneOf ?? []), ...(resolved.anyOf ?? [])].map((part) => resolveSchema(model.document, part)).find((part) => part.items !== undefined)
}

/** Type of a request body. */
export function bodyType(model: Model, operation: OperationModel, aliasOf: AliasOf): string | undefined {
  const { body } = operation
  if (body === undefined) return undefined
  const request = `operations[${quote(operation.id)}]['requestBody']`
  const content = `${body.required ? request : `NonNullable<${request}>`}['content']`
  const types: string[] = []
  if (body.json !== undefined) types.push(render(model, { schema: body.json.schema, expression: `${content}[${quote(body.json.mediaType)}]` }, aliasOf))
  if (body.multipart !== undefined) types.push(render(model, { schema: body.multipart.schema, expression: `${content}['multipart/form-data']` }, aliasOf))
  return [...new Set(types)].join(' | ')
}

function bodyExpression(operation: OperationModel, status: string, mediaType: string): string {
  return `operations[${quote(operation.id)}]['responses'][${status}]['content'][${quote(mediaType)}]`
}

function walk(model: Model, from: Located, pointer: string, aliasOf: AliasOf): Located | undefined {
  let current = named(from, aliasOf)
  for (const token of pointerTokens(pointer)) {
    const found = step(model.document, current.schema, token)
    if (found === undefined) return undefined
    const base = found.owner === undefined ? current.expression : aliasOf(found.owner)
    const member = token === '*' || /^\d+$/.test(token) ? 'number' : quote(token)
    const access = `${base}[${member}]`
    current = named({ schema: found.schema, expression: found.optional ? `NonNullable<${access}>` : access }, aliasOf)
  }
  return current
}

function named(located: Located, aliasOf: AliasOf): Located {
  const name = schemaName(located.schema.$ref)
  return name === undefined ? located : { schema: located.schema, expression: aliasOf(name) }
}

function render(model: Model, { schema, expression }: Located, aliasOf: AliasOf): string {
  const name = schemaName(schema.$ref)
  if (name !== undefined) return aliasOf(name)
  const [type, ...more] = typesOf(schema)
  if (type === 'array' && more.length === 0 && schema.items !== undefined) {
    const item = render(model, { schema: schema.items, expression: `${expression}[number]` }, aliasOf)
    return / [|&] /.test(item) ? `(${item})[]` : `${item}[]`
  }
  const parts = schema.oneOf ?? schema.anyOf
  if (parts !== undefined && schema.properties === undefined && schema.allOf === undefined && parts.every((part) => schemaName(part.$ref) !== undefined || isNull(model.document, part))) {
    return [...new Set(parts.map((part) => (schemaName(part.$ref) === undefined ? 'null' : aliasOf(schemaName(part.$ref)!))))].join(' | ')
  }
  const plain = schema.enum === undefined && schema.const === undefined && schema['x-extensible-enum'] === undefined && schema.format !== 'binary'
  if (plain && more.length === 0 && (type === 'string' || type === 'boolean' || type === 'null')) return type
  if (plain && more.length === 0 && (type === 'integer' || type === 'number')) return 'number'
  return expression
}
