import type { Mock } from '../src/mock.js'
import { DOCUMENTS, SYSTEMS, type SystemName } from '../src/systems/index.js'
import type { Operation } from '../src/kernel/system.js'

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

export interface Step {
  id: string
  status: number
  expected: number
  /** The beginning of the answer. */
  body: string
  contentType: string
}

export interface WalkOptions {
  /** Headers that sign an operation in. Called once an operation, in its own fresh world. */
  auth(request: { operation: Operation; world: string }): Promise<Record<string, string>> | Record<string, string>
  /** What an operation needs before it can succeed, or other input than the document's examples. */
  prepare?: Record<string, (at: { call(method: string, path: string, body?: unknown): Promise<Response> }) => Promise<Partial<Input>> | Partial<Input>>
}

interface Input {
  path: Record<string, string>
  query: Record<string, string>
  body: Json
  headers: Record<string, string>
}

/** Calls every operation of a system with the examples of its document, each in a fresh world. Sockets are left out. */
export async function walk(mock: Mock, system: SystemName, options: WalkOptions): Promise<Step[]> {
  const document = (await DOCUMENTS[system]()).default as Json
  const compiled = await SYSTEMS[system].load()
  const steps: Step[] = []
  for (const operation of compiled.operations.values()) {
    if (operation.stream?.kind === 'websocket') continue
    const world = `walk-${operation.id}`
    const auth = operation.security.length === 0 ? {} : await options.auth({ operation, world })
    const root = mock.baseUrl(system).slice(0, -SYSTEMS[system].basePath.length || undefined)
    const call = (method: string, path: string, body?: unknown) => mock.fetch(root + SYSTEMS[system].basePath + path, {
      method, headers: { ...auth, 'x-mock-world': world, ...(body !== undefined && { 'content-type': 'application/json' }) }, ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const given = (await options.prepare?.[operation.id]?.({ call })) ?? {}
    const { url, init } = build(document, operation, given)
    const response = await mock.fetch(root + url, { ...init, headers: { ...auth, ...init.headers, ...given.headers, 'x-mock-world': world } })
    const body = await response.text()
    steps.push({ id: operation.id, status: response.status, expected: operation.success, body: body.slice(0, 600), contentType: response.headers.get('content-type') ?? '' })
  }
  return steps
}

function build(document: Json, operation: Operation, given: Partial<Input>): { url: string; init: { method: string; headers: Record<string, string>; body?: BodyInit } } {
  const { item, described } = find(document, operation.id)
  const parameters: Json[] = [...(item.parameters ?? []), ...(described.parameters ?? [])].map((parameter: Json) => resolve(document, parameter))
  const path = operation.path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => {
    const parameter = parameters.find((candidate) => candidate.in === 'path' && candidate.name === name)
    const value = given.path?.[name] ?? exampleOf(parameter)
    if (value === undefined) throw new Error(`${operation.id}: path parameter ${name} has no example`)
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams(given.query)
  for (const parameter of parameters) if (parameter.in === 'query' && parameter.required && !query.has(parameter.name)) query.set(parameter.name, String(exampleOf(parameter)))
  const headers: Record<string, string> = {}
  for (const parameter of parameters) if (parameter.in === 'header' && parameter.required) headers[parameter.name] = String(exampleOf(parameter))
  const content = resolve(document, described.requestBody)?.content ?? {}
  const init: { method: string; headers: Record<string, string>; body?: BodyInit } = { method: operation.method, headers }
  const body = given.body ?? content['application/json']?.example
  if (body instanceof FormData) init.body = body
  else if (content['application/json'] && body !== undefined) {
    init.headers['content-type'] = 'application/json'
    init.body = JSON.stringify(body)
  } else if (content['multipart/form-data']) {
    const form = new FormData()
    for (const part of operation.body?.files ?? []) form.append(part, new File(['name,city\nAda,London\n'], 'people.csv', { type: 'text/csv' }))
    init.body = form
  }
  return { url: query.size > 0 ? `${path}?${query}` : path, init }
}

function find(document: Json, id: string): { item: Json; described: Json } {
  for (const item of Object.values<Json>(document.paths)) {
    for (const described of Object.values<Json>(item)) if (described?.operationId === id) return { item, described }
  }
  throw new Error(`The document has no ${id}`)
}

function exampleOf(parameter: Json): unknown {
  return parameter?.example ?? parameter?.schema?.example ?? parameter?.schema?.default ?? parameter?.schema?.enum?.[0]
}

function resolve(document: Json, value: Json): Json {
  if (!value?.$ref) return value
  return (value.$ref as string).slice(2).split('/').reduce((at: Json, key: string) => at[key], document)
}
