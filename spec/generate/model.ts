/** The one view of a system that every emitter works from: operations with their names, inputs and results worked out. */

import { eachOperation, isJson, type OperationEntry } from './assemble.js'
import { fileOfOperation, type Source } from './load.js'
import { variable } from './names.js'
import type { Document, Origin, Parameter, Response, Schema, Security, Server, XOperation } from './openapi.js'
import { collectProperties, deref, resolveSchema, schemaAt, typesOf, type Properties } from './refs.js'
import type { Report } from './report.js'

export interface Model {
  system: string
  document: Document
  source: Source
  /** Default base URL without a trailing slash, and its path. */
  baseUrl: string
  basePath: string
  operations: OperationModel[]
  byId: ReadonlyMap<string, OperationModel>
}

export type Kind = 'call' | 'list' | 'stream' | 'socket' | 'wait' | 'download' | 'void'

export interface OperationModel {
  id: string
  /** `['workflows', 'executions', 'cancel']`. */
  segments: string[]
  file: string
  where: string
  method: string
  path: string
  /** Path of the operation's own server, when it has one. */
  base?: string
  summary: string
  description: string
  tag?: string
  origin: Origin
  provisional: boolean
  x: XOperation
  parameters: ParameterModel[]
  body?: BodyModel
  responses: ResponseModel[]
  /** Status that a success answers by default. */
  success: number
  /** Success bodies in JSON. */
  json: { status: string; mediaType: string; schema: Schema }[]
  /** The success body is wrapped by the document's envelope. */
  wrapped: boolean
  /** Pointer to the payload in the success body. */
  payload: string
  security: Security
  scopes: string[]
  rateLimit?: string
  kind: Kind
}

export interface ParameterModel {
  name: string
  variable: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description: string
  schema: Schema
  object: Parameter
}

export interface BodyModel {
  required: boolean
  description?: string
  json?: { mediaType: string; schema: Schema }
  multipart?: { schema: Schema; files: string[] }
  members: Properties
}

export interface ResponseModel { status: string; response: Response }

export function buildModel(source: Source, document: Document, report: Report): Model {
  const baseUrl = serverUrl(document.servers?.[0])
  if (baseUrl === '') report.add(source.mainFile, 'servers', 'needs one server with an absolute URL: it is the default base URL')
  const operations: OperationModel[] = []
  const byId = new Map<string, OperationModel>()
  for (const entry of eachOperation(document)) {
    const operation = buildOperation(source, document, entry, report)
    if (operation === undefined) continue
    const other = byId.get(operation.id)
    if (other !== undefined) { report.add(operation.file, operation.where, `has the operationId \`${operation.id}\` of ${other.where} (${other.file}); rename one of the two`); continue }
    byId.set(operation.id, operation)
    operations.push(operation)
  }
  checkTree(operations, report)
  return { system: source.system, document, source, baseUrl, basePath: pathOf(baseUrl), operations, byId }
}

function buildOperation(source: Source, document: Document, { path, item, method, operation }: OperationEntry, report: Report): OperationModel | undefined {
  const file = fileOfOperation(source, method, path)
  const id = operation.operationId
  const route = `${method.toUpperCase()} ${path}`
  const where = id === undefined ? route : `${id}, ${route}`
  if (id === undefined || !/^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)+$/.test(id)) {
    report.add(file, route, id === undefined ? 'has no operationId; write `resource.method`' : `has the operationId \`${id}\`; it must be \`resource.method\` in camelCase with at least two segments`)
    return undefined
  }
  const x = operation['x-orkit']
  if (x?.origin === undefined) {
    report.add(file, where, 'has no x-orkit.origin; say seed, docs, sdk, server or inferred')
    return undefined
  }
  const fail = (message: string): void => report.add(file, where, message)
  const server = operation.servers?.[0] ?? item.servers?.[0]
  const base = server === undefined ? undefined : pathOf(serverUrl(server))
  const parameters = readParameters(document, [...(item.parameters ?? []), ...(operation.parameters ?? [])], path, fail)
  const body = readBody(document, operation.requestBody, fail)
  checkClashes(parameters, body, fail)
  const responses = Object.entries(operation.responses ?? {}).flatMap(([status, response]) => (response === null ? [] : [{ status, response: deref(document, response) }]))
  const json = responses.filter(({ status }) => status.startsWith('2')).flatMap(({ status, response }) =>
    Object.entries(response.content ?? {}).flatMap(([mediaType, { schema }]) => (isJson(mediaType) && schema !== undefined ? [{ status, mediaType, schema }] : [])))
  const success = successStatus(responses, x, fail)
  const { envelope } = document['x-orkit']
  const wrapped = envelope.schema !== undefined && x.envelope !== false && json.length > 0
  const payload = x.payload ?? (x.envelope === false ? '' : envelope.payload)
  const security = operation.security ?? document.security ?? []
  const rateLimit = x.rateLimit ?? document['x-orkit'].rateLimits.default
  const kind = kindOf(x, responses)
  if (kind === 'call' || kind === 'wait' || kind === 'list') {
    for (const { status, schema } of json) if (schemaAt(document, schema, payload) === undefined) fail(`the payload pointer \`${payload}\` leads nowhere in the ${status} body; correct x-orkit.payload or say \`envelope: false\``)
  }
  return {
    id, segments: id.split('.'), file, where, method: method.toUpperCase(), path,
    ...(base === undefined ? {} : { base }),
    summary: operation.summary ?? '', description: operation.description ?? '', ...(operation.tags?.[0] === undefined ? {} : { tag: operation.tags[0] }),
    origin: x.origin, provisional: x.origin === 'inferred', x,
    parameters, ...(body === undefined ? {} : { body }), responses, success, json, wrapped, payload,
    security, scopes: [...new Set(security.flatMap((one) => Object.values(one).flat()))],
    ...(rateLimit === undefined ? {} : { rateLimit }), kind
  }
}

function readParameters(document: Document, list: Parameter[], path: string, fail: (message: string) => void): ParameterModel[] {
  const merged = new Map<string, Parameter>()
  for (const one of list) {
    const parameter = deref(document, one)
    if (parameter.name === undefined) { fail(`has a parameter ${one.$ref ?? ''} without a name`); continue }
    merged.set(`${parameter.in}:${parameter.name}`, parameter)
  }
  const result: ParameterModel[] = []
  for (const parameter of merged.values()) {
    if (parameter.in === 'cookie') { fail(`has the cookie parameter \`${parameter.name}\`; cookies travel by security scheme only`); continue }
    if (parameter.schema === undefined) { fail(`parameter \`${parameter.name}\` has no schema`); continue }
    if (resolveSchema(document, parameter.schema).type === 'object') fail(`parameter \`${parameter.name}\` is an object; only scalars and arrays can be sent`)
    result.push({
      name: parameter.name, variable: variable(parameter.name, ['params', 'options', 'op']), in: parameter.in,
      required: parameter.required === true || parameter.in === 'path',
      description: parameter.description ?? resolveSchema(document, parameter.schema).description ?? '', schema: parameter.schema, object: parameter
    })
  }
  const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!)
  const declared = result.filter((parameter) => parameter.in === 'path')
  for (const name of inPath) if (!declared.some((parameter) => parameter.name === name)) fail(`does not declare its path parameter \`${name}\``)
  for (const { name } of declared) if (!inPath.includes(name)) fail(`declares the path parameter \`${name}\`, which its path does not have`)
  const ordered = declared.toSorted((a, b) => inPath.indexOf(a.name) - inPath.indexOf(b.name))
  return [...ordered, ...result.filter((parameter) => parameter.in !== 'path')]
}

function readBody(document: Document, request: OperationEntry['operation']['requestBody'], fail: (message: string) => void): BodyModel | undefined {
  if (request === undefined) return undefined
  const body = deref(document, request)
  const media = Object.entries(body.content ?? {})
  const json = media.find(([type]) => isJson(type))
  const multipart = media.find(([type]) => type === 'multipart/form-data')
  for (const [type, { schema }] of media) {
    if (!isJson(type) && type !== 'multipart/form-data') fail(`has a request body of type ${type}; only JSON and multipart/form-data are generated`)
    if (schema === undefined) fail(`the ${type} request body has no schema`)
  }
  const schemas = [json, multipart].flatMap((one) => (one?.[1].schema === undefined ? [] : [one[1].schema]))
  if (schemas.length === 0) return undefined
  const members = collectProperties(document, schemas.length === 1 ? schemas[0]! : { oneOf: schemas })
  return {
    required: body.required === true, members, ...(body.description === undefined ? {} : { description: body.description }),
    ...(json?.[1].schema === undefined ? {} : { json: { mediaType: json[0], schema: json[1].schema } }),
    ...(multipart?.[1].schema === undefined ? {} : { multipart: { schema: multipart[1].schema, files: fileParts(document, multipart[1].schema) } })
  }
}

export function isBinary(document: Document, schema: Schema): boolean {
  const resolved = resolveSchema(document, schema)
  return resolved.format === 'binary' && typesOf(resolved).includes('string')
}

function fileParts(document: Document, schema: Schema): string[] {
  return Object.entries(collectProperties(document, schema).properties).filter(([, property]) => {
    const resolved = resolveSchema(document, property)
    return isBinary(document, resolved) || (resolved.items !== undefined && isBinary(document, resolved.items))
  }).map(([name]) => name)
}

/** Query, header and body members become one object, so each name may occur once. */
function checkClashes(parameters: ParameterModel[], body: BodyModel | undefined, fail: (message: string) => void): void {
  const places = new Map<string, string>()
  const rest = [...parameters.filter((parameter) => parameter.in !== 'path'), ...Object.keys(body?.members.properties ?? {}).map((name) => ({ name, in: 'body' }))]
  for (const { name, in: place } of rest) {
    const other = places.get(name)
    if (other !== undefined) fail(`\`${name}\` is a ${other} and a ${place} member; the SDK takes both in one object, so drop or rename one`)
    places.set(name, place)
  }
}

function successStatus(responses: ResponseModel[], x: XOperation, fail: (message: string) => void): number {
  const statuses = responses.map(({ status }) => Number(status)).filter((status) => status >= 100).toSorted((a, b) => a - b)
  const success = x.stream?.kind === 'websocket' ? statuses.find((status) => status === 101) : statuses.find((status) => status >= 200 && status < 300) ?? statuses.find((status) => status >= 300 && status < 400)
  if (success === undefined) fail(x.stream?.kind === 'websocket' ? "is a websocket without a '101' response" : 'has no success response')
  return success ?? 200
}

function kindOf(x: XOperation, responses: ResponseModel[]): Kind {
  if (x.stream?.kind === 'websocket') return 'socket'
  if (x.stream?.kind === 'sse' && x.stream.when === undefined) return 'stream'
  const types = responses.filter(({ status }) => status.startsWith('2')).flatMap(({ response }) => Object.keys(response.content ?? {})).filter((type) => type !== 'text/event-stream')
  if (x.redirect === true || types.some((type) => !isJson(type))) return 'download'
  if (x.pagination !== undefined) return 'list'
  if (x.wait !== undefined) return 'wait'
  return types.length === 0 ? 'void' : 'call'
}

/** A name in the tree is a method or a resource, never both. */
function checkTree(operations: OperationModel[], report: Report): void {
  const resources = new Map<string, OperationModel>()
  for (const operation of operations) for (let depth = 1; depth < operation.segments.length; depth++) resources.set(operation.segments.slice(0, depth).join('.'), operation)
  for (const operation of operations) {
    const other = resources.get(operation.id)
    if (other !== undefined) report.add(operation.file, operation.where, `is a method, but \`${other.id}\` makes a resource of the same name; rename one`)
  }
}

function serverUrl(server: Server | undefined): string {
  if (server === undefined) return ''
  return server.url.replace(/\{([^}]+)\}/g, (_, name: string) => server.variables?.[name]?.default ?? '').replace(/\/+$/, '')
}

function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/, '').replace(/\/+$/, '')
}
