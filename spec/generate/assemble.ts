/** Turns the merged sources into the document that is published: defaults expanded, payloads wrapped in the envelope. */

import { METHODS, type Document, type MediaType, type OperationObject, type PathItem, type Response, type Schema, type XDefaults } from './openapi.js'
import { fileOfOperation, isMap, type Source } from './load.js'
import { deref, lookUp, pointerTokens } from './refs.js'
import type { Report } from './report.js'

export function assemble(source: Source, report: Report): Document {
  const document = structuredClone(source.document)
  const defaults = document['x-orkit-defaults'] ?? {}
  delete document['x-orkit-defaults']
  checkRefs(source, document, report)
  const inlined = new Set<string>()
  for (const { path, item, method, operation } of eachOperation(document)) {
    const context = { document, source, report, where: `${method.toUpperCase()} ${path}`, file: fileOfOperation(source, method, path) }
    addDefaultResponses(context, operation, defaultResponses(document, defaults, path, item, method, operation))
    wrapResponses(context, operation, inlined)
    addHeaders(context, operation.responses ?? {}, defaults.headers ?? [])
  }
  const shared = document.components.responses ?? {}
  const text = JSON.stringify(document.paths)
  for (const name of inlined) if (!text.includes(`"#/components/responses/${name}"`)) delete shared[name]
  addHeaders({ document, source, report, where: 'components.responses', file: source.mainFile }, shared, defaults.headers ?? [])
  return document
}

interface Context { document: Document; source: Source; report: Report; where: string; file: string }

export interface OperationEntry { path: string; item: PathItem; method: (typeof METHODS)[number]; operation: OperationObject }

export function* eachOperation(document: Document): Generator<OperationEntry> {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method]
      if (operation !== undefined) yield { path, item, method, operation }
    }
  }
}

function defaultResponses(document: Document, { responses = {} }: XDefaults, path: string, item: PathItem, method: string, operation: OperationObject): Record<string, string> {
  const security = (operation.security ?? document.security ?? []).filter((one) => Object.keys(one).length > 0)
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) => deref(document, parameter))
  const bySession = security.some((one) => Object.keys(one).some((scheme) => document['x-orkit'].auth?.[scheme]?.strategy === 'session'))
  return {
    ...responses.all,
    ...(security.length > 0 ? responses.secured : {}),
    ...(operation.requestBody !== undefined || parameters.some((parameter) => parameter.in === 'query') ? responses.withInput : {}),
    ...(path.includes('{') ? responses.withPathParameter : {}),
    ...(bySession && ['post', 'put', 'patch', 'delete'].includes(method) ? responses.mutatingSession : {})
  }
}

/** `'404': null` in an operation takes a default away. */
function addDefaultResponses({ document, report, source, where, file }: Context, operation: OperationObject, defaults: Record<string, string>): void {
  const own = operation.responses
  if (!isMap(own)) return report.add(file, where, 'has no responses; write at least the success response')
  const merged: Record<string, Response> = {}
  for (const status of [...new Set([...Object.keys(own), ...Object.keys(defaults)])].toSorted()) {
    const response = own[status]
    if (response === null) continue
    if (response !== undefined) { merged[status] = response; continue }
    const name = defaults[status]!
    if (document.components.responses?.[name] === undefined) report.add(source.mainFile, 'x-orkit-defaults.responses', `names \`${name}\` for ${status}, which is not in components.responses`)
    else merged[status] = { $ref: `#/components/responses/${name}` }
  }
  operation.responses = merged
}

function wrapResponses({ document, report, file, where }: Context, operation: OperationObject, inlined: Set<string>): void {
  const { envelope } = document['x-orkit']
  if (envelope?.schema === undefined || operation['x-orkit']?.envelope === false) return
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    if (!status.startsWith('2') || response === null) continue
    const target = response.$ref === undefined ? response : structuredClone(deref(document, response))
    const media = Object.entries(target.content ?? {}).filter(([type]) => isJson(type))
    if (media.length === 0) continue
    if (response.$ref !== undefined) inlined.add(response.$ref.split('/').at(-1)!)
    operation.responses![status] = target
    for (const [, content] of media) {
      if (content.schema === undefined) { report.add(file, where, `the ${status} response has no schema to wrap in the envelope; write the payload's schema or \`x-orkit: { envelope: false }\``); continue }
      content.schema = described(content.schema, target.description)
      wrap(content, envelope.schema, envelope.payload, envelope.constants ?? {})
    }
  }
}

/** A list written in place says what it is by the words of its response. */
function described(schema: Schema, words: string | undefined): Schema {
  return schema.$ref !== undefined || schema.description !== undefined || words === undefined ? schema : { description: words, ...schema }
}

function wrap(content: MediaType, envelope: Schema, payload: string, constants: Record<string, unknown>): void {
  const tokens = pointerTokens(payload)
  content.schema = wrapSchema(envelope, tokens, content.schema!)
  const order = Object.keys(envelope.properties ?? {})
  if ('example' in content) content.example = wrapExample(content.example, tokens, constants, order)
  for (const example of Object.values(content.examples ?? {})) if ('value' in example) example.value = wrapExample(example.value, tokens, constants, order)
}

function wrapSchema(envelope: Schema, [token, ...rest]: string[], payload: Schema): Schema {
  if (token === undefined) return payload
  const properties = structuredClone(envelope.properties ?? {})
  properties[token] = wrapSchema(properties[token] ?? {}, rest, payload)
  return { ...structuredClone(envelope), properties }
}

/** Members in the order of the envelope's schema. */
function wrapExample(payload: unknown, tokens: string[], constants: Record<string, unknown>, order: string[]): unknown {
  const [first, ...rest] = tokens
  if (first === undefined) return payload
  const members: Record<string, unknown> = { ...structuredClone(constants), [first]: rest.reduceRight<unknown>((value, token) => ({ [token]: value }), payload) }
  const names = [...order.filter((name) => name in members), ...Object.keys(members).filter((name) => !order.includes(name))]
  return Object.fromEntries(names.map((name) => [name, members[name]]))
}

function addHeaders({ document, report, source }: Context, responses: Record<string, Response | null>, headers: string[]): void {
  const known = headers.filter((name) => document.components.headers?.[name] !== undefined)
  for (const name of headers) if (!known.includes(name)) report.add(source.mainFile, 'x-orkit-defaults.headers', `names \`${name}\`, which is not in components.headers`)
  for (const response of Object.values(responses)) {
    if (response === null || response.$ref !== undefined || known.length === 0) continue
    response.headers = { ...response.headers, ...Object.fromEntries(known.filter((name) => response.headers?.[name] === undefined).map((name) => [name, { $ref: `#/components/headers/${name}` }])) }
  }
}

/** Hold values, not parts of the document. */
const VALUES = new Set(['example', 'examples', 'default', 'const', 'enum'])
/** Their members have names of the author's own: one may be called `default`. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'responses', 'headers'])

/** Every reference must point into this document. */
function checkRefs(source: Source, document: Document, report: Report): void {
  const visit = (value: unknown, file: string, where: string, named = false): void => {
    if (Array.isArray(value)) value.forEach((item) => visit(item, file, where))
    if (!isMap(value)) return
    const ref = value['$ref']
    if (typeof ref === 'string' && lookUp(document, ref) === undefined) report.add(file, where, `refers to ${ref}, which does not exist; references are written against the assembled document, like #/components/schemas/Agent`)
    for (const [key, member] of Object.entries(value)) if (named || !VALUES.has(key)) visit(member, file, where, !named && NAMED.has(key))
  }
  for (const { path, method, operation } of eachOperation(document)) visit(operation, fileOfOperation(source, method, path), `${method.toUpperCase()} ${path}`)
  for (const [path, item] of Object.entries(document.paths)) visit(item.parameters, source.files.get(`PARAMETERS ${path}`) ?? source.mainFile, path)
  for (const [name, schema] of Object.entries(document.components.schemas ?? {})) visit(schema, source.files.get(`schemas/${name}`) ?? source.mainFile, name)
  for (const key of ['responses', 'headers', 'parameters', 'requestBodies'] as const) visit(document.components[key], source.mainFile, `components.${key}`)
  for (const [name, webhook] of Object.entries(document.webhooks ?? {})) visit(webhook, source.mainFile, `webhook ${name}`)
}

export function isJson(mediaType: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/.test(mediaType)
}
