/** `routes.gen.ts`: the document as the reference server wants it, with the compiled validator of every input and answer. */

import { isJson } from '../assemble.js'
import type { Model, OperationModel, ParameterModel } from '../model.js'
import { block, HEADER, Raw } from '../print.js'
import { resolveSchema, typesOf } from '../refs.js'
import type { ValidatorSet } from '../validators/set.js'
import { carrier } from './operations.js'

export function emitRoutes(model: Model, validators: ValidatorSet): string {
  const { components } = model.document
  const x = model.document['x-orkit']
  const csrf = Object.entries(x.auth).find(([, auth]) => auth.csrf !== undefined)
  const categories = Object.fromEntries(Object.entries(x.rateLimits.categories).map(([name, { key, windows, concurrent }]) => [name, { key, windows, concurrent }]))
  const document = {
    system: x.system,
    name: x.name,
    basePath: model.basePath,
    schemes: Object.fromEntries(Object.entries(x.auth).map(([name, auth]) => [name, { strategy: auth.strategy, ...carrier(components.securitySchemes?.[name]) }])),
    csrf: csrf === undefined ? undefined : { scheme: csrf[0], header: csrf[1].csrf!.header, methods: csrf[1].csrf!.methods },
    payload: x.envelope.payload,
    constants: x.envelope.constants ?? {},
    rateLimits: { headers: x.rateLimits.headers, default: x.rateLimits.default, categories }
  }
  const routes = model.operations.map((operation) => `    ${block(route(model, operation, validators), 2, '    ')}`)
  return `${HEADER}import type { RouteDocument } from '../../kernel/document.js'
import * as v from './validators.gen.js'

export const document: RouteDocument = {
${block(document, 3).split('\n').slice(1, -1).join('\n')},
  routes: [
${routes.join(',\n')}
  ]
}

export type OperationId =
${model.operations.map((operation) => `  | '${operation.id}'`).join('\n')}
`
}

function route(model: Model, operation: OperationModel, validators: ValidatorSet): Record<string, unknown> {
  const { x } = operation
  const name = operation.id.replaceAll('.', '_')
  return {
    id: operation.id,
    method: operation.method,
    path: `${operation.base ?? model.basePath}${operation.path}`,
    security: operation.security,
    category: operation.rateLimit,
    parameters: new Raw(parameterList(operation.parameters.map((parameter) => routeParameter(model, operation, parameter, validators)))),
    body: body(operation, name, validators),
    responses: Object.fromEntries(operation.responses.map(({ status, response }) => {
      const content = Object.entries(response.content ?? {}).map(([type, { schema }]) => {
        if (!isJson(type) || schema === undefined) return [type, null]
        return [type, validator(validators.use(schema, `${name}_${status}`, 'response', operation.where))]
      })
      const headers = Object.keys(response.headers ?? {})
      return [status, { content: content.length === 0 ? undefined : Object.fromEntries(content), headers: headers.length === 0 ? undefined : headers }]
    })),
    success: operation.success,
    wrapped: operation.wrapped ? true : undefined,
    pagination: pagination(model, operation),
    stream: x.stream === undefined ? undefined : { kind: x.stream.kind, when: x.stream.when, event: validator(validators.use({ $ref: x.stream.event }, `${name}_event`, 'response', operation.where)) },
    idempotencyKey: typeof x.retry === 'object' ? x.retry.idempotencyKey : undefined,
    provisional: operation.provisional ? true : undefined
  }
}

function parameterList(list: Record<string, unknown>[]): string {
  return list.length === 0 ? '[]' : `[\n${list.map((item) => `        ${block(item, 0)}`).join(',\n')}\n      ]`
}

function routeParameter(model: Model, operation: OperationModel, { name, in: place, required, schema }: ParameterModel, validators: ValidatorSet): Record<string, unknown> {
  const resolved = resolveSchema(model.document, schema)
  const items = resolved.items === undefined ? undefined : resolveSchema(model.document, resolved.items)
  const suggestion = `param_${name.replace(/\W/g, '_')}`
  return {
    name,
    in: place,
    required: required ? true : undefined,
    type: wireType(typesOf(resolved), resolved.enum),
    items: items === undefined ? undefined : wireType(typesOf(items), items.enum),
    validate: validator(validators.use(schema, suggestion, 'request', `${operation.where}, parameter ${name}`))
  }
}

/** The type that text is read as; where a string will do, it stays one. */
function wireType(types: string[], values: unknown[] | undefined): string {
  const real = types.filter((type) => type !== 'null')
  if (real.length === 0) return values !== undefined && values.every((value) => typeof value === 'number') ? 'number' : 'string'
  if (real.includes('array')) return 'array'
  return real.includes('string') ? 'string' : real.includes('number') ? 'number' : real[0]!
}

function body({ body: content, where }: OperationModel, name: string, validators: ValidatorSet): Record<string, unknown> | undefined {
  if (content === undefined) return undefined
  const { json, multipart } = content
  return {
    required: content.required ? true : undefined,
    content: {
      ...(json === undefined ? {} : { [json.mediaType]: validator(validators.use(json.schema, `${name}_body`, 'request', where)) }),
      ...(multipart === undefined ? {} : { 'multipart/form-data': validator(validators.use(multipart.schema, `${name}_multipart`, 'request', where)) })
    },
    files: multipart === undefined || multipart.files.length === 0 ? undefined : multipart.files
  }
}

function pagination(model: Model, { x, parameters }: OperationModel): Record<string, unknown> | undefined {
  if (x.pagination === undefined) return undefined
  const limit = parameters.find((parameter) => parameter.in === 'query' && parameter.name === x.pagination!.limit)
  return { ...x.pagination, defaultLimit: limit === undefined ? undefined : resolveSchema(model.document, limit.schema).default ?? limit.schema.default }
}

function validator(name: string): Raw {
  return new Raw(`v.${name}`)
}
