/** `operations.gen.ts`: the system's profile and one line for each operation, members that say nothing new left out. */

import { secretNames } from '../secrets.js'
import type { Model, OperationModel } from '../model.js'
import type { XAuth, SecuritySchemeObject } from '../openapi.js'
import { block, HEADER, literal, quote } from '../print.js'

export function emitOperations(model: Model): string {
  const lines = model.operations.map((operation) => `  ${quote(operation.id)}: ${literal(compact(model, operation))}`)
  return `${HEADER}import type { Operation, SystemProfile } from '../../core/operation.js'

export const profile: SystemProfile = ${block(profile(model), 3)}

export const operations = {
${lines.join(',\n')}
} satisfies Record<string, Operation>

export type OperationId = keyof typeof operations
`
}

function compact(model: Model, operation: OperationModel): Record<string, unknown> {
  const { x, body, kind } = operation
  const names = (place: string): string[] | undefined => nonEmpty(operation.parameters.filter((parameter) => parameter.in === place).map((parameter) => parameter.name))
  const auth = schemesOf(operation.security)
  const hasPayload = kind === 'call' || kind === 'list' || kind === 'wait'
  return {
    id: operation.id,
    method: operation.method,
    path: operation.path,
    base: operation.base,
    query: names('query'),
    header: names('header'),
    body: body === undefined ? undefined : body.multipart === undefined ? 'json' : 'multipart',
    files: nonEmpty(body?.multipart?.files ?? []),
    jsonToo: body?.multipart !== undefined && body.json !== undefined ? true : undefined,
    auth: literal(auth) === literal(schemesOf(model.document.security ?? [])) ? undefined : auth,
    scopes: nonEmpty(operation.scopes),
    payload: hasPayload && operation.payload !== model.document['x-orkit'].envelope.payload ? operation.payload : undefined,
    paginate: x.pagination,
    retry: retry(operation),
    limit: operation.rateLimit === model.document['x-orkit'].rateLimits.default ? undefined : operation.rateLimit,
    stream: x.stream === undefined ? undefined : { ...x.stream, event: undefined },
    wait: x.wait === undefined ? undefined : { ...x.wait, param: waitParam(model, operation) },
    binary: kind === 'download' ? true : undefined,
    fallback: x.fallback,
    redirect: x.redirect,
    provisional: operation.provisional ? true : undefined
  }
}

/** The path parameter of the polled operation that takes the id: its last one, unless the document says. */
export function waitParam(model: Model, operation: OperationModel): string | undefined {
  const { wait } = operation.x
  if (wait === undefined || wait.find !== undefined) return undefined
  return wait.param ?? model.byId.get(wait.poll)?.parameters.filter((parameter) => parameter.in === 'path').at(-1)?.name
}

function retry({ x, method }: OperationModel): unknown {
  if (x.retry === undefined) return undefined
  if (typeof x.retry === 'object') return x.retry.idempotencyKey
  const byMethod = method === 'POST' || method === 'PATCH' ? 'unsafe' : 'safe'
  return x.retry === byMethod ? undefined : x.retry
}

function schemesOf(security: Record<string, string[]>[]): string[] {
  return [...new Set(security.flatMap((one) => Object.keys(one)))]
}

function profile(model: Model): Record<string, unknown> {
  const { components, security } = model.document
  const x = model.document['x-orkit']
  const codes = Object.fromEntries(Object.entries(x.errors.codes).map(([code, one]) => [code, { ...one, description: undefined, permanent: one.permanent || undefined }]))
  const categories = Object.fromEntries(Object.entries(x.rateLimits.categories).map(([name, one]) => [name, { ...one, description: undefined, assumed: one.assumed || undefined }]))
  return {
    system: x.system,
    name: x.name,
    docs: x.docs,
    baseUrl: model.baseUrl,
    security: schemesOf(security ?? []),
    schemes: Object.fromEntries(Object.entries(x.auth).map(([name, auth]) => [name, scheme(auth, components.securitySchemes?.[name])])),
    payload: x.envelope.payload,
    secrets: nonEmpty(secretNames(model.document)),
    errors: { ...x.errors, codes },
    rateLimits: { headers: x.rateLimits.headers, default: x.rateLimits.default, categories }
  }
}

function scheme(auth: XAuth, declared: SecuritySchemeObject | undefined): Record<string, unknown> {
  const { strategy, credentials, ...rest } = auth
  return {
    strategy,
    ...carrier(declared),
    credentials: credentials.map(({ name, env, secret, optional, prefix }) => ({ name, env, secret: secret || undefined, optional: optional || undefined, prefix })),
    ...rest
  }
}

/** Where the credential of a scheme travels. */
export function carrier(declared: SecuritySchemeObject | undefined): { in: 'header' | 'cookie'; name: string } {
  return declared?.type === 'apiKey' && declared.name !== undefined ? { in: declared.in === 'cookie' ? 'cookie' : 'header', name: declared.name } : { in: 'header', name: 'Authorization' }
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list
}
