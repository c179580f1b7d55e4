/**
 * The shapes that the generator fills in `systems/<system>/operations.gen.ts`. They are plain data: what a system's document says,
 * as short as the runtime needs it.
 */

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

/** One operation, as the runtime needs it. Absent members have the meaning given with each. */
export interface Operation {
  /** Operation id, `workflows.executions.cancel`. */
  readonly id: string
  readonly method: HttpMethod
  /** Path template relative to the base URL, `/agents/{id}`. */
  readonly path: string
  /** Path prefix that replaces the base URL's own (`''` for ORCA's socket, which lives beside `/api/v1`). */
  readonly base?: string
  /** Query parameter names. */
  readonly query?: readonly string[]
  /** Request header parameters: name on the wire. Callers pass them under the same name. */
  readonly header?: readonly string[]
  /** How the body is sent; absent: none. With `multipart`, `files` names its binary parts. */
  readonly body?: 'json' | 'multipart'
  readonly files?: readonly string[]
  /** A multipart operation that also takes a JSON body. */
  readonly jsonToo?: true
  /** Security schemes, any of which will do; absent: the profile's `security`; empty: none. */
  readonly auth?: readonly string[]
  readonly scopes?: readonly string[]
  /** Pointer to the payload; absent: the profile's `payload`. */
  readonly payload?: string
  readonly paginate?: Pagination
  /** Absent: by the method (GET, HEAD, OPTIONS, PUT, DELETE are safe; POST and PATCH are not). */
  readonly retry?: 'safe' | 'unsafe' | IdempotencyKey
  /** Rate-limit category; absent: the profile's default. */
  readonly limit?: string
  readonly stream?: StreamInfo
  readonly wait?: WaitInfo
  /** The success body is a file, not JSON. */
  readonly binary?: true
  /** Try `operation` when this one answers one of `on`. */
  readonly fallback?: { readonly operation: string; readonly on: readonly number[] }
  /** Success is a redirect to another host, followed without credentials. */
  readonly redirect?: true
  /** The path is inferred, not documented. */
  readonly provisional?: true
}

export interface IdempotencyKey { readonly in: 'body' | 'header'; readonly name: string }

export interface Pagination {
  readonly style: 'offset' | 'page' | 'cursor' | 'afterCursor' | 'none'
  /** Pointers into the body as sent. */
  readonly items: string
  readonly next?: string
  readonly hasMore?: string
  readonly total?: string
  /** Query parameters. */
  readonly limit?: string
  readonly position?: string
}

export interface StreamInfo {
  readonly kind: 'sse' | 'websocket'
  /** Streams only when the body has these members. */
  readonly when?: Readonly<Record<string, unknown>>
  readonly text?: string
  readonly end?: { readonly at: string; readonly values: readonly unknown[] }
  /** Where an event tells of a failure that ends the stream; with `when`, only in events that have one of these values there. */
  readonly error?: string | { readonly at: string; readonly when: { readonly at: string; readonly values: readonly unknown[] } }
  readonly fallback?: string
}

export interface WaitInfo {
  readonly poll: string
  readonly id: string
  /** Path parameter of `poll` that takes the id; with `find` there is none. */
  readonly param?: string
  /** `poll` is a list: where its items have the id. The pointers below begin at such an item. */
  readonly find?: string
  readonly status: string
  readonly success: readonly string[]
  readonly failure: readonly string[]
  readonly reason?: string
  readonly progress?: string
  readonly socket?: string
}

export interface Credential {
  readonly name: string
  readonly env: string
  readonly secret?: true
  readonly optional?: true
  readonly prefix?: string
}

export interface SecurityScheme {
  readonly strategy: 'apiKey' | 'bearer' | 'jwt' | 'session'
  /** Where the credential travels. */
  readonly in: 'header' | 'cookie'
  /** Header or cookie name; `Authorization` for bearer tokens. */
  readonly name: string
  readonly credentials: readonly Credential[]
  readonly login?: string
  readonly refresh?: string
  readonly logout?: string
  readonly totp?: string
  /** Cheap read that proves a credential. */
  readonly check?: string
  readonly csrf?: { readonly operation: string; readonly header: string; readonly token: string; readonly methods: readonly HttpMethod[] }
}

export interface ErrorCode { readonly status: number; readonly class?: string; readonly permanent?: true }

export interface RateLimitCategory {
  readonly key: 'credential' | 'organization' | 'user' | 'ip' | 'session'
  readonly windows: readonly { readonly requests: number; readonly seconds: number }[]
  readonly concurrent?: number
  readonly assumed?: true
}

/** What holds for a whole system. */
export interface SystemProfile {
  readonly system: string
  readonly name: string
  readonly docs: string
  /** Default base URL, without a trailing slash. */
  readonly baseUrl: string
  /** Schemes of operations that name none. */
  readonly security: readonly string[]
  readonly schemes: Readonly<Record<string, SecurityScheme>>
  /** Pointer to the payload in a success body; `''`: the body itself. */
  readonly payload: string
  /** Names of the body members that the document marks as secret. */
  readonly secrets?: readonly string[]
  readonly errors: {
    readonly code: string
    readonly message: string
    readonly type?: string
    readonly requestId?: string
    readonly fields?: string
    readonly alternatives?: readonly string[]
    readonly codes: Readonly<Record<string, ErrorCode>>
  }
  readonly rateLimits: {
    readonly headers: { readonly limit?: string; readonly remaining?: string; readonly reset?: string; readonly resetUnit?: 'epochSeconds' | 'seconds' | 'untrusted'; readonly retryAfter?: string }
    readonly default?: string
    readonly categories: Readonly<Record<string, RateLimitCategory>>
  }
}
