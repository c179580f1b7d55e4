import type { Operation } from '../../src/kernel/system.js'
import { describeOperation, exampleOf, type Json } from './documents.js'

/** What departs from the examples of the document. `undefined` as a body leaves it out; a missing member keeps the example. */
export interface Given {
  path?: Record<string, string>
  query?: Record<string, string>
  body?: Json
  headers?: Record<string, string>
}

export interface Made {
  url: string
  init: { method: string; headers: Record<string, string>; body?: BodyInit }
}

/** The request that the document's examples describe: path from the vendor's root, required query and headers, body. */
export function exampleRequest(document: Json, operation: Operation, given: Given = {}): Made {
  const { parameters, content } = describeOperation(document, operation.id)
  const path = operation.path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => {
    const value = given.path?.[name] ?? exampleOf(parameters.find((candidate) => candidate.in === 'path' && candidate.name === name))
    if (value === undefined) throw new Error(`${operation.id}: path parameter ${name} has no example`)
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams(given.query)
  for (const parameter of parameters) if (parameter.in === 'query' && parameter.required && !query.has(parameter.name)) query.set(parameter.name, String(exampleOf(parameter)))
  const headers: Record<string, string> = {}
  for (const parameter of parameters) if (parameter.in === 'header' && parameter.required) headers[parameter.name] = String(exampleOf(parameter))
  const init: Made['init'] = { method: operation.method, headers }
  const body = 'body' in given ? given.body : content['application/json']?.example
  if (body instanceof FormData || body instanceof Uint8Array) init.body = body as BodyInit
  else if (typeof body === 'string') {
    init.body = body
    headers['content-type'] = 'application/json'
  } else if (content['application/json'] && body !== undefined) {
    headers['content-type'] = 'application/json'
    init.body = JSON.stringify(body)
  } else if (content['multipart/form-data'] && !('body' in given)) init.body = exampleForm(operation)
  Object.assign(headers, given.headers)
  return { url: query.size > 0 ? `${path}?${query}` : path, init }
}

/** A small CSV file in every file part. */
export function exampleForm(operation: Operation, name = 'people.csv', content = 'name,city\nAda,London\n'): FormData {
  const form = new FormData()
  for (const part of operation.body?.files ?? []) form.append(part, new File([content], name, { type: 'text/csv' }))
  return form
}
