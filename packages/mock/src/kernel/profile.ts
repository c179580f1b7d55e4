import type { RouteOperation } from './document.js'
import type { Members, Row } from './types.js'
import type { MockRequest } from './request.js'

/** One member of a request that is wrong. */
export interface FieldIssue {
  /** Dotted path without the place: `items.0.name`; empty for the whole body. */
  field: string
  in: 'path' | 'query' | 'header' | 'cookie' | 'body'
  message: string
  /** Schema keyword that refused it: `required`, `type`, `minLength` ... */
  keyword: string
  /** What the schema asks for (`{ limit: 1 }`, `{ allowedValues: [...] }`), and what was there instead. */
  params?: Readonly<Members>
  value?: unknown
}

/** What goes wrong, in the vendor's words. The status comes from `codes` unless given. */
export interface Failure {
  code: string
  message: string
  status?: number
  /** Further members of the error, placed by the profile's `error`. */
  extra?: Members
  headers?: Record<string, string>
}

export interface ErrorParts extends Failure {
  status: number
  requestId: string
}

/** Who makes the request, once a gate has proved it. */
export interface Actor {
  /** Security scheme that was used. */
  scheme: string
  /** What rate limits by credential count. */
  credential: string
  org: string
  user?: string
  role?: string
  session?: string
  scopes: readonly string[]
  /** The stored row behind it: the key, the user or the session. */
  row?: Row
  claims?: Members
}

export type UnauthorizedReason = 'missing' | 'invalid' | 'expired' | 'revoked'

/** How one vendor words and shapes what the kernel decides. */
export interface Profile {
  /** Error code -> HTTP status: every documented code. */
  codes: Readonly<Record<string, number>>
  /** The error body. */
  error(error: ErrorParts): unknown
  failures: {
    /** `label` is the resource ("Agent"); empty for an unknown path. */
    notFound(label: string): Failure
    unauthorized(reason: UnauthorizedReason, scheme: string): Failure
    scope(required: readonly string[], actor: Actor): Failure
    csrf?(reason: 'missing' | 'invalid', actor: Actor): Failure | { status: number; body: unknown }
    rateLimited(category: string, seconds: number): Failure
    validation(issues: readonly FieldIssue[]): Failure
    /** The body, the query or the path cannot be read at all. Default: `validation` with one issue. */
    malformed?(message: string): Failure
    internal(message: string): Failure
    /** Default: the code of `notFound`, `malformed` or `internal` with the right status. */
    method?(allow: readonly string[]): Failure
    notAcceptable?(): Failure
    unsupportedMediaType?(message: string): Failure
    tooLarge?(): Failure
  }
  /** Where a path that no operation has leads instead, and with which status. `exists` tells whether an operation has one. */
  moved?(path: string, exists: (path: string) => boolean): { status: 301 | 307; path: string } | undefined
  /** Headers on every answer, beside the rate limits. */
  headers?(answer: { requestId: string; operation?: RouteOperation; status: number; actor?: Actor }): Record<string, string>
  /** Request ids. Default: `req_` and 12 hex digits. */
  requestId?: { prefix: string; length: number }
  /** Time as the vendor writes it. Default: RFC 3339 with milliseconds and `Z`. */
  stamp?(ms: number): string
  /** Default style of ids: `uuid`, `integer`, or a prefix such as `agt_`. */
  id?: IdStyle
  /** Whether granted scopes allow one that is required. Default: equal, or `*`. */
  allows?(granted: readonly string[], required: string): boolean
  /** Windows of a rate limit category that depend on who asks (a plan). Default: the document's; none: no limit. */
  windows?(category: string, actor: Actor): readonly { requests: number; seconds: number }[] | undefined
  /**
   * How requests are counted where that departs from the rule (only those that are signed in and allowed count; a window begins with its first
   * request). `first`: every request counts, before anybody looks at its credentials, by what `caller` reads from it. `sliding`: each request
   * counts for exactly the length of the window.
   */
  counting?: { first?: { caller(request: MockRequest): { session?: string; ip: string } }; sliding?: boolean }
  /** Who owns a row. Default: `_org`, else `main`. */
  ownerOf?(row: Row): string
  /** What an actor may see. Default: its `org`. */
  ownerFor?(actor: Actor): string
  /** Marks a new row as the owner's. Default: sets `_org` unless that is `main`. */
  own?(row: Members, owner: string): Members
  /** Finds the credential of a scheme where the document's place is not all (a token in a query). */
  credential?(request: MockRequest, scheme: string): string | undefined
  /** Adapts a row of `_keys` to an actor. Default: `_org`, `user_id`, and `scopes`, `permissions` or `scope`. */
  keyActor?(row: Row, scheme: string): Partial<Actor>
  /** Life of access tokens, refresh tokens and sessions, in seconds. */
  lifetimes?: { access?: number; refresh?: number; session?: number; temporary?: number }
  /** `Set-Cookie` attributes after the value. Default: `HttpOnly; Path=/; SameSite=lax`. */
  cookie?: string
}

export type IdStyle = 'uuid' | 'integer' | (string & {})
