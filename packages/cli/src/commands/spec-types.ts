/** As much of an OpenAPI document as comparing needs. */
export interface OpenApi {
  readonly openapi?: string
  readonly servers?: readonly { readonly url: string }[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly paths?: Readonly<Record<string, PathItem>>
  readonly components?: unknown
}

export interface PathItem {
  readonly parameters?: readonly (Parameter | Ref)[]
  readonly servers?: OpenApi['servers']
  readonly [method: string]: unknown
}

export interface Operation {
  readonly operationId?: string
  readonly deprecated?: boolean
  readonly parameters?: readonly (Parameter | Ref)[]
  readonly requestBody?: Body | Ref
  readonly responses?: Readonly<Record<string, Response | Ref>>
  readonly security?: OpenApi['security']
  readonly servers?: OpenApi['servers']
}

export interface Ref {
  readonly $ref: string
}

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
}

export interface Body {
  readonly required?: boolean
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

export type Response = Pick<Body, 'content'>

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly nullable?: boolean
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly [constraint: string]: unknown
}

/** One difference. */
export interface Change {
  readonly breaking: boolean
  /** `GET /agents/{id}` */
  readonly operation: string
  readonly kind: string
  /** `query limit`, `body config.model`, `200 items[].name`; empty: the operation itself. */
  readonly where: string
  readonly message: string
}
