import { type ParsedBody, parseJson } from '../kernel/body.js'
import type { RouteOperation, RouteParameter } from '../kernel/document.js'
import type { FieldIssue } from '../kernel/profile.js'
import { getAt } from '../kernel/pointer.js'
import { type MockRequest, parseCookies, parseQuery } from '../kernel/request.js'
import type { Json, Members } from '../kernel/types.js'
import type { ValidationIssue } from '../kernel/validator.js'

export interface Input {
  path: Record<string, Json>
  query: Record<string, Json>
  issues: FieldIssue[]
}

/** Reads, coerces and checks path, query, header and cookie parameters. */
export function readParameters(operation: RouteOperation, path: Record<string, string>, request: MockRequest): Input {
  const query: Record<string, Json> = {}
  const given = request.query === '' ? NONE : grouped(request.query, query)
  const issues: FieldIssue[] = []
  for (const parameter of operation.parameters) {
    const values = valuesOf(parameter, path, given, request)
    if (values === undefined) {
      if (parameter.required) issues.push({ field: parameter.name, in: parameter.in, message: 'is required', keyword: 'required' })
      continue
    }
    const value = coerce(parameter, values)
    if (parameter.in === 'query') query[parameter.name] = value
    if (!parameter.validate(value)) for (const issue of parameter.validate.errors ?? []) issues.push(describe(issue, parameter.in, parameter.name, value))
  }
  return { path, query, issues }
}

const NONE: ReadonlyMap<string, string[]> = new Map()

/** All values by name; the last of each goes into `query`. */
function grouped(text: string, query: Record<string, Json>): Map<string, string[]> {
  const given = new Map<string, string[]>()
  for (const [name, value] of parseQuery(text)) {
    const list = given.get(name)
    if (list) list.push(value)
    else given.set(name, [value])
    if (name !== '__proto__') query[name] = value
  }
  return given
}

/** Checks a body; members of a form are first read as what the schema asks for. */
export function checkBody(operation: RouteOperation, body: ParsedBody): FieldIssue[] {
  if (!body.present) return operation.body?.required ? [{ field: '', in: 'body', message: 'A body is required', keyword: 'required' }] : []
  if (!body.validate) return []
  if (body.textual) coerceForm(body)
  if (body.validate(body.subject)) return []
  return (body.validate.errors ?? []).map((issue) => describe(issue, 'body', '', body.subject))
}

function valuesOf(parameter: RouteParameter, path: Record<string, string>, query: ReadonlyMap<string, readonly string[]>, request: MockRequest): string | readonly string[] | undefined {
  switch (parameter.in) {
    case 'path':
      return path[parameter.name]
    case 'query':
      return query.get(parameter.name) ?? query.get(`${parameter.name}[]`)
    case 'header':
      return request.headers[parameter.name.toLowerCase()]
    default:
      return parseCookies(request.headers['cookie'])[parameter.name]
  }
}

function coerce({ type, items }: RouteParameter, values: string | readonly string[]): Json {
  const single = typeof values === 'string' ? values : values.length === 1 ? values[0]! : undefined
  if (type !== 'array') return scalar(single ?? values.at(-1)!, type)
  const list = single === undefined ? (values as readonly string[]) : single.split(',')
  return list.map((value) => scalar(value, items ?? 'string'))
}

/** A text as a value of that type; as it is when it is none. */
function scalar(text: string, type: string): Json {
  if (type === 'integer' || type === 'number') return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
  return text
}

const ROUNDS = 8

/** Form members are texts: where the schema refuses one for its type, it is read as that type. */
function coerceForm(body: ParsedBody): void {
  for (let round = 0; round < ROUNDS; round++) {
    if (body.validate!(body.subject)) return
    let changed = false
    for (const issue of body.validate!.errors ?? []) {
      const member = /^\/([^/]+)$/.exec(issue.instancePath)?.[1]
      if (issue.keyword !== 'type' || member === undefined) continue
      const name = member.replaceAll('~1', '/').replaceAll('~0', '~')
      const before = (body.subject as Members)[name]
      const after = retype(before, ([] as string[]).concat(issue.params['type'] as string | string[]))
      if (after === before) continue
      ;(body.subject as Members)[name] = after
      if (name in (body.value as Members)) (body.value as Members)[name] = after
      changed = true
    }
    if (!changed) return
  }
}

function retype(value: Json, types: readonly string[]): Json {
  if (Array.isArray(value) || typeof value !== 'string') return value
  for (const type of types) {
    if (type === 'array') {
      const parsed = value.startsWith('[') ? tryJson(value) : undefined
      return Array.isArray(parsed) ? parsed : [value]
    }
    if (type === 'object') {
      const parsed = tryJson(value)
      if (parsed !== null && typeof parsed === 'object') return parsed
    }
    if (type === 'null' && value === '') return null
    const converted = scalar(value, type)
    if (converted !== value) return converted
  }
  return value
}

function tryJson(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function describe(issue: ValidationIssue, place: FieldIssue['in'], name: string, value: Json): FieldIssue {
  const path = issue.instancePath.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const { missingProperty, additionalProperty } = issue.params as { missingProperty?: string; additionalProperty?: string }
  if (issue.keyword === 'required' && missingProperty !== undefined) return { field: [name, ...path, missingProperty].filter(Boolean).join('.'), in: place, message: 'is required', keyword: 'required' }
  if (additionalProperty !== undefined) path.push(additionalProperty)
  return { field: [name, ...path].filter(Boolean).join('.'), in: place, message: issue.message ?? `is not valid (${issue.keyword})`, keyword: issue.keyword, params: issue.params, value: getAt(value, issue.instancePath) }
}

/** The first thing that is wrong, as a sentence: `name is required`. */
export function sentence(issues: readonly FieldIssue[], fallback = 'The request is not valid'): string {
  const first = issues[0]
  if (!first) return fallback
  return first.field === '' ? first.message : `${first.field} ${first.message}`
}
