/** The part of OpenAPI 3.1 that the generator reads, and our `x-orkit` extension (spec/x-orkit.schema.json) as types. */

export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: boolean | Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  readOnly?: boolean
  writeOnly?: boolean
  discriminator?: { propertyName: string; mapping?: Record<string, string> }
  'x-extensible-enum'?: string[]
  [keyword: string]: unknown
}

export interface MediaType { schema?: Schema; example?: unknown; examples?: Record<string, { value?: unknown }> }
export interface Header { description?: string; schema?: Schema; $ref?: string }
export interface Response { $ref?: string; description?: string; headers?: Record<string, Header>; content?: Record<string, MediaType> }
export interface Parameter {
  $ref?: string
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  description?: string
  schema?: Schema
  example?: unknown
  examples?: Record<string, { value?: unknown }>
}
export interface RequestBody { $ref?: string; required?: boolean; description?: string; content: Record<string, MediaType> }
export type Security = Record<string, string[]>[]
export interface Server { url: string; description?: string; variables?: Record<string, { default: string }> }

export interface OperationObject {
  operationId?: string
  tags?: string[]
  summary?: string
  description?: string
  security?: Security
  servers?: Server[]
  parameters?: Parameter[]
  requestBody?: RequestBody
  responses?: Record<string, Response | null>
  deprecated?: boolean
  'x-orkit'?: XOperation
}

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const
export type Method = (typeof METHODS)[number]
export type PathItem = Partial<Record<Method, OperationObject>> & { parameters?: Parameter[]; servers?: Server[]; summary?: string; description?: string }

export interface SecuritySchemeObject { type: string; in?: string; name?: string; scheme?: string; description?: string }

export interface Components {
  securitySchemes?: Record<string, SecuritySchemeObject>
  responses?: Record<string, Response>
  headers?: Record<string, Header>
  parameters?: Record<string, Parameter>
  requestBodies?: Record<string, RequestBody>
  schemas?: Record<string, Schema>
}

export interface Document {
  openapi: string
  info: { title: string; version: string; summary?: string; description?: string }
  servers?: Server[]
  security?: Security
  tags?: { name: string; description?: string }[]
  paths: Record<string, PathItem>
  components: Components
  webhooks?: Record<string, PathItem>
  'x-orkit': XDocument
  'x-orkit-defaults'?: XDefaults
}

export interface XCredential { name: string; env: string; description: string; secret?: boolean; optional?: boolean; prefix?: string }

export interface XAuth {
  strategy: 'apiKey' | 'bearer' | 'jwt' | 'session'
  credentials: XCredential[]
  login?: string
  refresh?: string
  logout?: string
  totp?: string
  csrf?: { operation: string; header: string; token: string; methods: string[] }
}

export interface XDocument {
  system: string
  name: string
  docs: string
  auth: Record<string, XAuth>
  envelope: { payload: string; schema?: Schema; constants?: Record<string, unknown> }
  errors: {
    code: string
    message: string
    type?: string
    requestId?: string
    fields?: string
    alternatives?: string[]
    codes: Record<string, { status: number; description: string; class?: string; permanent?: boolean }>
  }
  rateLimits: {
    headers: Record<string, string>
    default?: string
    categories: Record<string, { description: string; key: string; windows: { requests: number; seconds: number }[]; concurrent?: number; assumed?: boolean }>
  }
  timestamps: { format: string; description?: string }
}

export interface XPagination { style: string; items: string; limit?: string; position?: string; next?: string; hasMore?: string; total?: string }

export interface XStream {
  kind: 'sse' | 'websocket'
  event: string
  when?: Record<string, unknown>
  text?: string
  end?: { at: string; values: unknown[] }
  error?: string | { at: string; when: { at: string; values: unknown[] } }
  fallback?: string
}

export interface XWait {
  poll: string
  id: string
  param?: string
  find?: string
  status: string
  success: string[]
  failure: string[]
  reason?: string
  progress?: string
  socket?: string
}

export type Origin = 'seed' | 'docs' | 'sdk' | 'server' | 'inferred'

export interface XOperation {
  origin: Origin
  note?: string
  envelope?: false
  payload?: string
  pagination?: XPagination
  retry?: 'safe' | 'unsafe' | { idempotencyKey: { in: 'body' | 'header'; name: string } }
  rateLimit?: string
  stream?: XStream
  wait?: XWait
  noWait?: string
  upload?: { part: string; multiple?: boolean }
  fallback?: { operation: string; on: number[] }
  redirect?: true
  cli?: { args?: string[]; aliases?: string[]; columns?: string[]; examples?: string[] }
}

export interface XDefaults {
  responses?: Partial<Record<'all' | 'secured' | 'withInput' | 'withPathParameter' | 'mutatingSession', Record<string, string>>>
  headers?: string[]
}
