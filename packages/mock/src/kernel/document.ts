/** The shapes that the generator fills in `systems/<system>/routes.gen.ts`: what the server needs of a document, compiled ahead of time. */

import type { Validate } from './validator.js'

export interface RouteDocument {
  readonly system: string
  readonly name: string
  /** Path of the vendor's base URL: `/api/v1`, `/v1` or `''`. */
  readonly basePath: string
  /** Schemes of the document's `components.securitySchemes`. */
  readonly schemes: Readonly<Record<string, { readonly strategy: 'apiKey' | 'bearer' | 'jwt' | 'session'; readonly in: 'header' | 'cookie'; readonly name: string }>>
  readonly csrf?: { readonly scheme: string; readonly header: string; readonly methods: readonly string[] }
  /** Pointer to the payload in a success body, and the members beside it. */
  readonly payload: string
  readonly constants: Readonly<Record<string, unknown>>
  readonly rateLimits: {
    readonly headers: { readonly limit?: string; readonly remaining?: string; readonly reset?: string; readonly resetUnit?: 'epochSeconds' | 'seconds' | 'untrusted'; readonly retryAfter?: string }
    /** Category of what has none of its own. */
    readonly default: string
    readonly categories: Readonly<Record<string, { readonly key: string; readonly windows: readonly { readonly requests: number; readonly seconds: number }[]; readonly concurrent?: number }>>
  }
  readonly routes: readonly RouteOperation[]
}

export interface RouteOperation {
  /** Operation id. */
  readonly id: string
  readonly method: string
  /** Full vendor path with the base path: `/api/v1/agents/{id}`. */
  readonly path: string
  /** Alternatives; each maps schemes to the scopes needed. Empty: no credential needed. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly category?: string
  readonly parameters: readonly RouteParameter[]
  readonly body?: RouteBody
  /** Documented status -> answer. */
  readonly responses: Readonly<Record<string, RouteResponse>>
  /** The documented success status that a behaviour answers with by default. */
  readonly success: number
  /** Absent: the profile's payload pointer is not used, the body is the payload. */
  readonly wrapped?: true
  readonly pagination?: { readonly style: string; readonly items: string; readonly limit?: string; readonly position?: string; readonly next?: string; readonly hasMore?: string; readonly total?: string; readonly defaultLimit?: number }
  readonly stream?: { readonly kind: 'sse' | 'websocket'; readonly when?: Readonly<Record<string, unknown>>; readonly event: Validate }
  readonly idempotencyKey?: { readonly in: 'body' | 'header'; readonly name: string }
  readonly provisional?: true
}

export interface RouteParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required?: true
  /** JSON type to coerce to before validation; `array` parameters repeat or are comma-separated. */
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array'
  readonly items?: 'string' | 'integer' | 'number' | 'boolean'
  readonly validate: Validate
}

export interface RouteBody {
  readonly required?: true
  /** Media type -> validator of the parsed body. Multipart bodies are validated as an object whose files are `''`-valued strings. */
  readonly content: Readonly<Record<string, Validate>>
  /** Multipart parts that are files. */
  readonly files?: readonly string[]
}

export interface RouteResponse {
  /** Media type -> validator of a JSON body; `null`: not JSON, not validated. Absent: no body. */
  readonly content?: Readonly<Record<string, Validate | null>>
  /** Response headers that are documented. */
  readonly headers?: readonly string[]
}
