/**
 * The shapes that the generator fills in `systems/<system>/operations.gen.ts`. They are plain data: what a system's document says,
 * as short as the runtime needs it.
 */

/** HTTP methods, in capitals. */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

/** One operation, as the runtime needs it. Absent members have the meaning given with each. */
export interface Operation {
  /** Operation id, `workflows.executions.cancel`. */
  readonly id: string
  /** HTTP method, in capitals. */
  readonly method: HttpMethod
  /** Path template relative to the base URL, `/agents/{id}`. */
  readonly path: string
  /** Path prefix that replaces the base URL's own (`''` for ORCA's socket, which lives beside `/api/v1`). */
  readonly base?: string
  /** Query parameter names. */
  readonly query?: readonly string[]
  /** Request header parameters: name on the wire. Callers pass them under the same name. */
  readonly header?: readonly string[]
  /** How the body is sent; absent: none. */
  readonly body?: 'json' | 'multipart'
  /** Names of the binary parts of a multipart body. */
  readonly files?: readonly string[]
  /** A multipart operation that also takes a JSON body. */
  readonly jsonToo?: true
  /** Security schemes, any of which will do; absent: the profile's `security`; empty: none. */
  readonly auth?: readonly string[]
  /** Scopes that a credential needs for it; the error of a 403 names them. */
  readonly scopes?: readonly string[]
  /** Pointer to the payload; absent: the profile's `payload`. */
  readonly payload?: string
  /** It is a list, and how its pages are turned; absent: it is none. */
  readonly paginate?: Pagination
  /** Absent: by the method (GET, HEAD, OPTIONS, PUT, DELETE are safe; POST and PATCH are not). */
  readonly retry?: 'safe' | 'unsafe' | IdempotencyKey
  /** Rate-limit category; absent: the profile's default. */
  readonly limit?: string
  /** It answers by events or messages, always or when asked to; absent: it never does. */
  readonly stream?: StreamInfo
  /** It starts work, and how that is followed to its end; absent: there is nothing to wait for. */
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

/** Makes an operation repeatable: the server carries out the same key once. */
export interface IdempotencyKey {
  /** Where the key travels: as a member of the body, or as a header. */
  readonly in: 'body' | 'header'
  /** Name of the member or the header. */
  readonly name: string
}

/** How the pages of a list are turned. */
export interface Pagination {
  /** What moves: an offset in items, the number of a page, or a cursor. `afterCursor`: a feed, which ends with an empty page. `none`: there is one page. */
  readonly style: 'offset' | 'page' | 'cursor' | 'afterCursor' | 'none'
  /** Pointer to the items, in the body as sent. */
  readonly items: string
  /** Pointer to the cursor of the next page, in the body as sent. */
  readonly next?: string
  /** Pointer to a boolean, in the body as sent; false is the end of the list. */
  readonly hasMore?: string
  /** Pointer to the number of all items, in the body as sent. */
  readonly total?: string
  /** Query parameter for the size of a page. */
  readonly limit?: string
  /** Query parameter for where a page begins. */
  readonly position?: string
}

/** How a stream or a socket is read. */
export interface StreamInfo {
  /** Server-sent events in an answer, or a socket. */
  readonly kind: 'sse' | 'websocket'
  /** Streams only when the body has these members. */
  readonly when?: Readonly<Record<string, unknown>>
  /** Pointer to the piece of text that an event adds. */
  readonly text?: string
  /** An event that has one of `values` at the pointer `at` is the last. Absent: the stream ends when it is closed. */
  readonly end?: { readonly at: string; readonly values: readonly unknown[] }
  /** Where an event tells of a failure that ends the stream; with `when`, only in events that have one of these values there. */
  readonly error?: string | { readonly at: string; readonly when: { readonly at: string; readonly values: readonly unknown[] } }
  /** Id of the operation that is polled where no socket can be had. */
  readonly fallback?: string
}

/** How work that was started is followed to its end. */
export interface WaitInfo {
  /** Id of the operation that reads how far it is. */
  readonly poll: string
  /** Pointer to the work's id in what the start answered; with `*` for several. */
  readonly id: string
  /** Path parameter of `poll` that takes the id; with `find` there is none. */
  readonly param?: string
  /** `poll` is a list: where its items have the id. The pointers below begin at such an item. */
  readonly find?: string
  /** Pointer to its state. */
  readonly status: string
  /** States in which it ended well, compared without regard to case. */
  readonly success: readonly string[]
  /** States in which it ended badly; any state in neither list means that it goes on. */
  readonly failure: readonly string[]
  /** Pointer to why it failed. */
  readonly reason?: string
  /** Pointer to the percentage that is done. */
  readonly progress?: string
  /** Id of the operation whose socket tells of it: where one can be had it is listened to first, and the poll only says what came of it. */
  readonly socket?: string
}

/** One value that a scheme is proved with. */
export interface Credential {
  /** The client's option for it, such as `apiKey`. */
  readonly name: string
  /** Environment variable that is read when the option is not given. */
  readonly env: string
  /** It must never be shown. */
  readonly secret?: true
  /** Not every account has it, as a TOTP code. */
  readonly optional?: true
  /** What values usually begin with: words that begin so are hidden in logs. Values are not checked against it. */
  readonly prefix?: string
}

/** One way of proving who calls, as the document describes it. */
export interface SecurityScheme {
  /** How it works: a key in a header of its own, a key as bearer token, a sign-in that gives a JWT, or one that gives a session cookie. */
  readonly strategy: 'apiKey' | 'bearer' | 'jwt' | 'session'
  /** Where the credential travels. */
  readonly in: 'header' | 'cookie'
  /** Header or cookie name; `Authorization` for bearer tokens. */
  readonly name: string
  /** What it is proved with; a key is the first of them. */
  readonly credentials: readonly Credential[]
  /** Id of the operation that signs in. */
  readonly login?: string
  /** Id of the operation that gives a new access token for a refresh token. */
  readonly refresh?: string
  /** Id of the operation that ends the session. */
  readonly logout?: string
  /** Id of the operation that takes a TOTP code as second step. */
  readonly totp?: string
  /** Cheap read that proves a credential. */
  readonly check?: string
  /** Calls by these methods carry, in this header, what `operation` answers at the pointer `token`. */
  readonly csrf?: { readonly operation: string; readonly header: string; readonly token: string; readonly methods: readonly HttpMethod[] }
}

/** What the document says of one code of the vendor. */
export interface ErrorCode {
  /** HTTP status that it comes with. */
  readonly status: number
  /** Class of the error, such as `QuotaExceededError`; absent: by the status of the answer. */
  readonly class?: string
  /** Never tried again, whatever the status says. */
  readonly permanent?: true
}

/** The limit that a group of operations shares. */
export interface RateLimitCategory {
  /** Whose requests are counted together. */
  readonly key: 'credential' | 'organization' | 'user' | 'ip' | 'session'
  /** Requests in so many seconds; all of the windows hold at once. */
  readonly windows: readonly { readonly requests: number; readonly seconds: number }[]
  /** Requests that may be under way at once; absent: no limit. */
  readonly concurrent?: number
  /** The vendor gives no figure: the windows are orkit's guess, and count for nothing until the server names its limit. */
  readonly assumed?: true
}

/** What holds for a whole system. */
export interface SystemProfile {
  /** Short name, such as `orckai`. */
  readonly system: string
  /** Name for people, such as `Orckai`. */
  readonly name: string
  /** Address of the vendor's documentation. */
  readonly docs: string
  /** Default base URL, without a trailing slash. */
  readonly baseUrl: string
  /** Schemes of operations that name none. */
  readonly security: readonly string[]
  /** The ways of proving who calls, by their names in the document. */
  readonly schemes: Readonly<Record<string, SecurityScheme>>
  /** Pointer to the payload in a success body; `''`: the body itself. */
  readonly payload: string
  /** Names of the body members that the document marks as secret. */
  readonly secrets?: readonly string[]
  /** Pointers into the body of a refusal, and the vendor's codes that are known. `alternatives` lead to the message in its other shapes. */
  readonly errors: {
    readonly code: string
    readonly message: string
    readonly type?: string
    readonly requestId?: string
    readonly fields?: string
    readonly alternatives?: readonly string[]
    readonly codes: Readonly<Record<string, ErrorCode>>
  }
  /** Names of the headers that tell of limits, the categories, and that of operations which name none (`default`). */
  readonly rateLimits: {
    readonly headers: { readonly limit?: string; readonly remaining?: string; readonly reset?: string; readonly resetUnit?: 'epochSeconds' | 'seconds' | 'untrusted'; readonly retryAfter?: string }
    readonly default?: string
    readonly categories: Readonly<Record<string, RateLimitCategory>>
  }
}
