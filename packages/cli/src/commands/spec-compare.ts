import { compareSchemas, type Side } from './spec-schemas.js'
import type { Body, Change, OpenApi, Operation, Parameter, PathItem, Ref, Response, Schema } from './spec-types.js'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

interface Found {
  /** `GET /agents/{id}` */
  readonly label: string
  readonly operation: Operation
  readonly item: PathItem
}

/** What changes for a client of `before` when the API becomes as `after` says: breaking changes first, then by operation. */
export function compareDocuments(before: OpenApi, after: OpenApi): Change[] {
  const changes: Change[] = []
  const [old, next] = [operationsOf(before), operationsOf(after)]
  for (const [key, was] of old) {
    const is = next.get(key)
    const add = (breaking: boolean, kind: string, where: string, message: string) => void changes.push({ breaking, operation: was.label, kind, where, message })
    if (!is) add(true, 'operation-removed', '', 'the operation is gone')
    else compareOperation({ before, after, was, is, add })
  }
  for (const [key, is] of next) if (!old.has(key)) changes.push({ breaking: false, operation: is.label, kind: 'operation-added', where: '', message: 'a new operation' })
  return changes.map((change, index) => ({ change, index })).toSorted((a, b) => Number(b.change.breaking) - Number(a.change.breaking) || a.index - b.index).map(({ change }) => change)
}

interface Pair {
  readonly before: OpenApi
  readonly after: OpenApi
  readonly was: Found
  readonly is: Found
  readonly add: (breaking: boolean, kind: string, where: string, message: string) => void
}

function compareOperation(pair: Pair): void {
  const { was, is, add } = pair
  if (is.operation.deprecated === true && was.operation.deprecated !== true) add(false, 'deprecated', '', 'the operation is deprecated now')
  compareSecurity(pair)
  compareParameters(pair)
  compareBodies(pair)
  compareResponses(pair)
}

function compareSecurity({ before, after, was, is, add }: Pair): void {
  const names = (document: OpenApi, { operation }: Found) => (operation.security ?? document.security ?? []).map((way) => Object.keys(way).toSorted().join(' and '))
  const [old, next] = [names(before, was), names(after, is)]
  const open = (ways: readonly string[]) => ways.length === 0 || ways.includes('')
  if (open(next) || open(old)) {
    if (open(old) && !open(next)) add(true, 'security', '', `a sign-in is needed now: ${next.join(', or ')}`)
    return
  }
  // Schemes have the names that a document's author gave them; the number of ways in is what can be compared when none is the same.
  const gone = old.filter((way) => !next.includes(way))
  if (gone.length > 0 && next.some((way) => old.includes(way))) add(true, 'security', '', `no longer accepted: ${gone.join(', ')}`)
}

function compareParameters({ before, after, was, is, add }: Pair): void {
  const [old, next] = [parametersOf(before, was), parametersOf(after, is)]
  for (const [key, { name, in: place, required, schema }] of old) {
    const where = `${place} ${name}`
    const now = next.get(key)
    if (!now) {
      if (place !== 'path') add(true, 'parameter-removed', where, 'the parameter is gone')
      continue
    }
    if (now.required === true && required !== true) add(true, 'parameter-required', where, 'required now')
    if (now.required !== true && required === true) add(false, 'parameter-optional', where, 'no longer required')
    schemas({ before, after, add }, 'request', where, schema, now.schema)
  }
  for (const [key, { name, in: place, required }] of next) {
    if (old.has(key) || place === 'path') continue
    add(required === true, 'parameter-added', `${place} ${name}`, required === true ? 'a new required parameter' : 'a new parameter')
  }
}

function compareBodies({ before, after, was, is, add }: Pair): void {
  const old = resolve<Body>(before, was.operation.requestBody)
  const next = resolve<Body>(after, is.operation.requestBody)
  if (old && !next) return add(true, 'body-removed', 'body', 'the body is gone')
  if (!next) return
  if (!old) return add(next.required === true, 'body-added', 'body', next.required === true ? 'a new required body' : 'a new body')
  if (next.required === true && old.required !== true) add(true, 'body-required', 'body', 'required now')
  compareContents({ before, after, add }, 'request', 'body', old, next)
}

function compareResponses({ before, after, was, is, add }: Pair): void {
  const [old, next] = [was.operation.responses ?? {}, is.operation.responses ?? {}]
  const succeeds = (status: string) => status.startsWith('2') || status === 'default'
  for (const [status, response] of Object.entries(old)) {
    const now = next[status]
    if (now !== undefined) compareContents({ before, after, add }, 'response', status, resolve<Response>(before, response) ?? {}, resolve<Response>(after, now) ?? {})
    else if (succeeds(status)) add(true, 'response-removed', status, 'the answer is gone')
  }
  for (const status of Object.keys(next)) if (old[status] === undefined) add(false, 'response-added', status, 'a new answer')
}

function compareContents(context: Pick<Pair, 'before' | 'after' | 'add'>, side: Side, where: string, old: Response, next: Response): void {
  const [types, now] = [contents(old), contents(next)]
  for (const [type, schema] of types) {
    if (now.has(type)) schemas(context, side, where, schema, now.get(type))
    else context.add(true, 'media-type-removed', where, `no longer ${type}`)
  }
  for (const type of now.keys()) if (!types.has(type)) context.add(false, 'media-type-added', where, `${type} too`)
}

const contents = ({ content }: Response) => new Map(Object.entries(content ?? {}).map(([type, { schema }]) => [type.split(';')[0]!.trim().toLowerCase(), schema]))

function schemas({ before, after, add }: Pick<Pair, 'before' | 'after' | 'add'>, side: Side, where: string, old: Schema | undefined, next: Schema | undefined): void {
  if (old === undefined || next === undefined) return
  compareSchemas({ side, was: (schema) => resolve<Schema>(before, schema) ?? {}, is: (schema) => resolve<Schema>(after, schema) ?? {}, add }, where, old, next)
}

/** By method and full path, with parameters told by their places: a parameter that is renamed is the same one. */
function operationsOf(document: OpenApi): Map<string, Found> {
  const found = new Map<string, Found>()
  for (const [path, given] of Object.entries(document.paths ?? {})) {
    const item = resolve<PathItem>(document, given) ?? {}
    for (const method of methods) {
      const operation = item[method] as Operation | undefined
      if (operation === undefined) continue
      const [server] = operation.servers ?? item.servers ?? document.servers ?? []
      found.set(`${method} ${basePath(server?.url)}${path}`.replaceAll(/\{[^}]*\}/g, '{}').replace(/\/+$/, ''), { label: `${method.toUpperCase()} ${path}`, operation, item })
    }
  }
  return found
}

const basePath = (url = '/') => url.replace(/^[a-z]+:\/\/[^/]+/i, '').replace(/\/+$/, '')

/** By place and name; those of the operation win over those of the path. Headers are told without case. */
function parametersOf(document: OpenApi, { operation, item }: Found): Map<string, Parameter> {
  const all = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((each) => resolve<Parameter>(document, each)).filter((each) => each !== undefined)
  return new Map(all.map((each) => [`${each.in} ${each.in === 'header' ? each.name.toLowerCase() : each.name}`, each]))
}

/** Follows references inside the document; one that leads nowhere, or in a circle, is nothing. */
function resolve<T>(document: OpenApi, value: T | Ref | undefined): T | undefined {
  let at: unknown = value
  for (let hops = 0; hops < 20; hops++) {
    const ref = (at as Ref | undefined)?.$ref
    if (typeof ref !== 'string') return at as T | undefined
    if (!ref.startsWith('#/')) return undefined
    at = ref.slice(2).split('/').reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')], document)
  }
  return undefined
}
