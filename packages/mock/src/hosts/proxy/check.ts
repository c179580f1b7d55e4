import { checkBody, readParameters } from '../../gates/validate.js'
import { checkMediaType, readBody } from '../../kernel/body.js'
import { contentKey } from '../../kernel/negotiate.js'
import type { MockRequest } from '../../kernel/request.js'
import { parseContentType, parseQuery, RequestError } from '../../kernel/request.js'
import type { Operation } from '../../kernel/system.js'
import type { Json } from '../../kernel/types.js'
import type { ValidationIssue } from '../../kernel/validator.js'
import type { Drift } from './drift.js'
import { departures, resolve } from './walk.js'

/** Holds requests and answers against the document. */
export class Checker {
  private readonly described = new Map<string, Json>()

  constructor(private readonly document: Json, private readonly drift: Drift) {
    for (const path of Object.values<Json>(document.paths)) {
      for (const operation of Object.values<Json>(path)) if (operation?.operationId) this.described.set(operation.operationId, operation)
    }
  }

  async request(operation: Operation, path: Record<string, string>, request: MockRequest): Promise<void> {
    const about = { direction: 'request', operation: operation.id } as const
    const named = new Set(operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name))
    for (const [name, value] of parseQuery(request.query)) if (!named.has(name)) this.drift.add({ ...about, kind: 'undocumented-parameter', pointer: `/query/${name}` }, value)
    const { issues } = readParameters(operation, path, request)
    for (const issue of issues) this.drift.add({ ...about, kind: issue.keyword === 'required' ? 'missing-field' : 'invalid-value', pointer: `/${issue.in}/${issue.field}`, expected: issue.message })
    if (!operation.body) return
    try {
      const media = checkMediaType(request, operation.body)
      const body = await readBody(request, operation.body, media)
      const content = this.described.get(operation.id)?.requestBody
      const schema = media && this.deref(content)?.content?.[media.key]?.schema
      if (body.present && media && isJson(media.type) && schema) this.structure({ ...about, pointer: '/body' }, schema, body.value)
      for (const issue of checkBody(operation, body)) if (!['required', 'type', 'additionalProperties'].includes(issue.keyword)) this.drift.add({ ...about, kind: 'invalid-value', pointer: `/body/${issue.field.replaceAll('.', '/')}`, expected: issue.message })
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      this.drift.add({ ...about, kind: error.kind === 'unsupportedMediaType' ? 'undocumented-type' : 'unreadable-body', expected: error.message })
    }
  }

  /** `body` is the whole answer; of a stream, `undefined`, and its events come through `event`. */
  answer(operation: Operation, status: number, contentType: string, body: Uint8Array | undefined): void {
    const about = { direction: 'answer', operation: operation.id, status } as const
    const key = String(status) in operation.responses ? String(status) : `${Math.floor(status / 100)}XX` in operation.responses ? `${Math.floor(status / 100)}XX` : 'default'
    const response = operation.responses[key]
    if (!response) {
      this.drift.add({ ...about, kind: 'undocumented-status', expected: Object.keys(operation.responses).join(', ') })
      return
    }
    if (body !== undefined && body.length === 0) {
      if (response.content && status !== 304) this.drift.add({ ...about, kind: 'missing-field', pointer: '/body', expected: 'a body' })
      return
    }
    const { type } = parseContentType(contentType)
    const media = response.content && contentKey(response.content, type)
    if (media === undefined) {
      this.drift.add({ ...about, kind: 'undocumented-type', expected: Object.keys(response.content ?? {}).join(', ') || 'no body' }, type)
      return
    }
    if (body === undefined || !isJson(type)) return
    let value: unknown
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    } catch (error) {
      this.drift.add({ ...about, kind: 'unreadable-body', expected: 'JSON' }, (error as Error).message)
      return
    }
    const described = this.described.get(operation.id)?.responses
    const schema = this.deref(described?.[key])?.content?.[media]?.schema
    const found = schema ? this.structure({ ...about, pointer: '/body' }, schema, value) : 0
    const validate = response.content![media]
    if (found === 0 && validate && !validate(value)) this.invalid(about, '/body', validate.errors)
  }

  /** A socket that was opened. */
  upgraded(operation: Operation): void {
    if (!(101 in operation.responses)) this.drift.add({ direction: 'answer', operation: operation.id, status: 101, kind: 'undocumented-status', expected: Object.keys(operation.responses).join(', ') })
  }

  /** One event of a stream, or message of a socket. */
  event(operation: Operation, status: number, data: string): void {
    if (!operation.stream || data === '[DONE]') return
    const about = { direction: 'answer', operation: operation.id, status } as const
    let value: unknown = data
    try {
      value = JSON.parse(data)
    } catch {
      // Some streams say words, not JSON: the schema of the event decides.
    }
    const validate = operation.stream.event
    if (!validate(value)) this.invalid(about, '/event', validate.errors)
  }

  private invalid(about: { direction: 'answer'; operation: string; status: number }, root: string, errors: readonly ValidationIssue[] | null | undefined): void {
    for (const issue of errors ?? []) this.drift.add({ ...about, kind: 'invalid-value', pointer: root + issue.instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*'), expected: issue.message ?? issue.keyword })
  }

  /** Reports what a schema's structure does not allow; says how much of it makes the value invalid. */
  private structure(about: { direction: 'request' | 'answer'; operation: string; status?: number; pointer: string }, schema: Json, value: unknown): number {
    let breaking = 0
    for (const { kind, pointer, expected, value: seen } of departures(this.document, schema, value)) {
      if (kind !== 'unknown-field') breaking++
      this.drift.add({ ...about, kind, pointer: about.pointer + pointer, ...(expected !== undefined && { expected }) }, seen)
    }
    return breaking
  }

  private deref(value: Json): Json {
    return typeof value?.$ref === 'string' ? resolve(this.document, value.$ref) : value
  }
}

function isJson(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json')
}
