/** How one operation looks as a method: its parameters, the name and type of its `params`, its results. */

import { pascal } from '../names.js'
import type { Model, OperationModel, ParameterModel } from '../model.js'
import { key, quote } from '../print.js'
import { needsMembers, resolveSchema, schemaName, typesOf } from '../refs.js'
import { bodyType, itemType, payloadType, type AliasOf } from '../ts-type.js'

export interface Params {
  /** Type in the signature. */
  type: string
  required: boolean
  /** An alias to declare under `type`, when the type has no name yet. */
  declaration?: string
}

export interface Signature {
  path: { declaration: string; description: string; variable: string }[]
  /** `{ workflow_id: workflowId, id }`. */
  pathObject: string
  params?: Params
  /** Client method and result type; `when` comes first when the operation can also stream. */
  calls: Call[]
}

export interface Call {
  method: '_call' | '_list' | '_stream' | '_socket' | '_wait' | '_download'
  generics: string[]
  returns: string
  /** Body members that choose this call. */
  when?: Record<string, unknown>
}

export interface Names {
  aliasOf: AliasOf
  /** A name for a new type alias that nothing else in the file has. */
  fresh: (name: string) => string
  /** What a name of the core is called in the file. */
  imported: (name: string) => string
}

export function signatureOf(model: Model, operation: OperationModel, names: Names): Signature {
  const path = operation.parameters.filter((parameter) => parameter.in === 'path')
  const params = paramsOf(model, operation, names)
  return {
    path: path.map((parameter) => ({ declaration: `${parameter.variable}: ${scalar(model, parameter, names)}`, description: parameter.description, variable: parameter.variable })),
    pathObject: path.length === 0 ? '{}' : `{ ${path.map(({ name, variable }) => (key(name) === variable ? name : `${key(name)}: ${variable}`)).join(', ')} }`,
    ...(params === undefined ? {} : { params }),
    calls: callsOf(model, operation, names)
  }
}

function scalar(model: Model, { schema }: ParameterModel, { aliasOf }: Names): string {
  const name = schemaName(schema.$ref)
  if (name !== undefined) return aliasOf(name)
  const resolved = resolveSchema(model.document, schema)
  if (resolved.enum !== undefined) return resolved.enum.map((value) => (typeof value === 'string' ? quote(value) : String(value))).join(' | ')
  const types = new Set(typesOf(resolved).map((type) => (type === 'integer' ? 'number' : type)))
  return types.has('number') ? 'string | number' : 'string'
}

function paramsOf(model: Model, operation: OperationModel, names: Names): Params | undefined {
  const { body } = operation
  const parts: string[] = []
  const bodyText = bodyType(model, operation, names.aliasOf)
  if (bodyText !== undefined) parts.push(bodyText.includes(' | ') ? `(${bodyText})` : bodyText)
  let required = body !== undefined && [body.json, body.multipart].every((content) => content === undefined || needsMembers(model.document, content.schema))
  for (const place of ['query', 'header'] as const) {
    const list = operation.parameters.filter((parameter) => parameter.in === place)
    if (list.length === 0) continue
    const type = `operations[${quote(operation.id)}]['parameters']['${place}']`
    const needed = list.some((parameter) => parameter.required)
    parts.push(needed ? type : `NonNullable<${type}>`)
    required ||= needed
  }
  if (parts.length === 0) return undefined
  const only = parts.length === 1 ? body?.json?.schema.$ref ?? body?.multipart?.schema.$ref : undefined
  if (only !== undefined && bodyText === names.aliasOf(schemaName(only)!)) return { type: bodyText, required }
  const text = parts.join(' & ')
  return { type: names.fresh(`${pascal(operation.id)}Params`), required, declaration: parts.length === 1 ? text.replace(/^\((.*)\)$/, '$1') : text }
}

function callsOf(model: Model, operation: OperationModel, { aliasOf, imported }: Names): Call[] {
  const { x } = operation
  const event = (): string => aliasOf(schemaName(x.stream?.event) ?? 'unknown')
  const calls: Call[] = []
  if (x.stream?.kind === 'sse' && x.stream.when !== undefined) calls.push({ method: '_stream', generics: [event()], returns: `${imported('StreamPromise')}<${event()}>`, when: x.stream.when })
  const call = (method: Call['method'], generics: string[], wrapper: string): number => calls.push({ method, generics, returns: `${imported(wrapper)}<${generics.join(', ')}>` })
  switch (operation.kind) {
    case 'stream': call('_stream', [event()], 'StreamPromise'); break
    case 'socket': call('_socket', [event()], 'SocketStream'); break
    case 'list': call('_list', [itemType(model, operation, aliasOf) ?? 'unknown'], 'PagePromise'); break
    case 'download': calls.push({ method: '_download', generics: [], returns: `${imported('ApiPromise')}<${imported('Download')}>` }); break
    case 'void': call('_call', ['void'], 'ApiPromise'); break
    case 'call': call('_call', [payloadType(model, operation, aliasOf)], 'ApiPromise'); break
    case 'wait': {
      const poll = model.byId.get(x.wait!.poll)
      const result = (poll === undefined ? undefined : x.wait!.find === undefined ? payloadType(model, poll, aliasOf) : itemType(model, poll, aliasOf)) ?? 'unknown'
      // Several ids are waited for together.
      call('_wait', [payloadType(model, operation, aliasOf), x.wait!.id.includes('*') ? `${result}[]` : result], 'WaitablePromise')
    }
  }
  return calls
}
