import { readFileSync } from 'node:fs'

export const systems = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const
export type System = (typeof systems)[number]

/** One operation of an assembled document, as far as the contract test reads it. */
export interface Documented {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly provisional: boolean
  readonly socket: boolean
  readonly pathNames: readonly string[]
  /** Examples of path parameters, and of those query and header parameters that are required. */
  readonly pathValues: Readonly<Record<string, string>>
  readonly queryValues: Readonly<Record<string, unknown>>
  /** Example of the JSON body. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** File parts of a multipart body. */
  readonly files: readonly { readonly name: string; readonly several: boolean }[] | undefined
  readonly successes: readonly number[]
}

interface Parameter {
  readonly $ref?: string
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly example?: unknown
}
interface Media {
  readonly schema?: { readonly $ref?: string; readonly properties?: Record<string, { readonly type?: string; readonly format?: string; readonly items?: { readonly format?: string } }> }
  readonly example?: Record<string, unknown>
}
interface RawOperation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Record<string, Media> }
  readonly responses: Record<string, unknown>
  readonly 'x-orkit': { readonly origin: string; readonly stream?: { readonly kind: string } }
}
interface RawDocument {
  readonly paths: Record<string, Record<string, RawOperation> & { readonly parameters?: readonly Parameter[] }>
  readonly components: { readonly parameters?: Record<string, Parameter>; readonly schemas: Record<string, NonNullable<Media['schema']>> }
}

export function readDocument(system: System): readonly Documented[] {
  const document = JSON.parse(readFileSync(new URL(`../../spec/dist/${system}.gen.json`, import.meta.url), 'utf8')) as RawDocument
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'parameters' && method !== 'servers')
      .map(([method, operation]) => read(document, path, method, operation as RawOperation, item.parameters ?? [])),
  )
}

function read(document: RawDocument, path: string, method: string, operation: RawOperation, shared: readonly Parameter[]): Documented {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((parameter) => (parameter.$ref ? document.components.parameters![parameter.$ref.split('/').at(-1)!]! : parameter))
  const given = (place: string, all: boolean) => Object.fromEntries(parameters.filter((p) => p.in === place && (all || p.required)).map((p) => [p.name, p.example]))
  const content = operation.requestBody?.content ?? {}
  const multipart = content['multipart/form-data']
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    provisional: operation['x-orkit'].origin === 'inferred',
    socket: operation['x-orkit'].stream?.kind === 'websocket',
    pathNames: [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!),
    pathValues: Object.fromEntries(Object.entries(given('path', true)).map(([name, value]) => [name, String(value)])),
    queryValues: { ...given('query', false), ...given('header', false) },
    body: multipart ? undefined : content['application/json']?.example,
    files: multipart ? fileParts(document, multipart) : undefined,
    successes: Object.keys(operation.responses).map(Number).filter((status) => status < 400),
  }
}

function fileParts(document: RawDocument, media: Media): { name: string; several: boolean }[] {
  const schema = media.schema?.$ref ? document.components.schemas[media.schema.$ref.split('/').at(-1)!]! : media.schema!
  return Object.entries(schema.properties ?? {}).flatMap<{ name: string; several: boolean }>(([name, property]) => (property.format === 'binary' ? [{ name, several: false }] : property.items?.format === 'binary' ? [{ name, several: true }] : []))
}
