import type { Clock } from '../clock.js'
import type { ApiError } from '../errors/api.js'
import type { Operation, SecurityScheme, SystemProfile } from '../operation.js'
import type { Call, Reply } from '../pipeline.js'

/** What a sign-in leaves behind. */
export interface StoredTokens {
  /** JWT for the `Authorization` header. */
  accessToken?: string
  /** Gets a new access token; some vendors take it only once. */
  refreshToken?: string
  /** Epoch milliseconds. */
  expiresAt?: number
  /** Session cookie, `name=value`. */
  cookie?: string
  /** Goes with the session's cookie into calls that change something. */
  csrfToken?: string
}

/** Keeps tokens between clients or processes. Keys name the system, the scheme, the host and the account; never a secret. */
export interface TokenStore {
  /** What was kept under a key; undefined for nothing. */
  get(key: string): StoredTokens | undefined | Promise<StoredTokens | undefined>
  /** Keeps tokens under a key, in place of those before. */
  set(key: string, tokens: StoredTokens): void | Promise<void>
  /** Forgets a key: its session has ended. */
  delete(key: string): void | Promise<void>
  /** Runs `action` alone among all who share the store, so that a refresh token that is used once is used by one. Default: no lock. */
  exclusive?<T>(key: string, action: () => Promise<T>): Promise<T>
}

/** Tokens in memory: shared by the clients that are given the same store, gone with the process. The default of each client. */
export function memoryTokenStore(): TokenStore {
  const tokens = new Map<string, StoredTokens>()
  return {
    get: (key) => tokens.get(key),
    set: (key, value) => void tokens.set(key, value),
    delete: (key) => void tokens.delete(key),
  }
}

/** One way of proving who calls. */
export interface AuthStrategy {
  /** The credential is a cookie, which a browser sends only when it is asked to. */
  readonly cookies?: true
  /** Whether there is anything to prove it with. */
  ready(): boolean
  /** Puts the credential into the headers of an attempt. Returns what it used, so that a late refusal can be told from a current one. */
  apply(call: Call, headers: Record<string, string>): string | Promise<string>
  /** After a refusal: true when there is something new, worth one more attempt. */
  recover?(call: Call, error: ApiError, used: string): Promise<boolean>
  /** Sees successful answers of the operations that it is made of. */
  observe?(op: Operation, reply: Reply): void | Promise<void>
  /** Signs in now, whether or not there is a session. Absent where a key is all that is needed. */
  signIn?(): Promise<void>
  /** Ends the session on the server, and forgets it here even when the server cannot be told. */
  signOut?(): Promise<void>
  /** The credential for a socket's URL, where headers cannot be sent. */
  token?(): Promise<string>
}

/** What a strategy may use of its client. */
export interface AuthContext {
  /** What the document says of the system. */
  readonly profile: SystemProfile
  /** The scheme's name in the document. */
  readonly name: string
  /** What the document says of the scheme. */
  readonly scheme: SecurityScheme
  /** Where tokens are kept between calls. */
  readonly store: TokenStore
  /** The store was given by the caller and may hold an earlier sign-in. */
  readonly persistent: boolean
  /** Time, chance and sleeping, which tests replace. */
  readonly clock: Clock
  /** The value of a credential, from the options or the environment. */
  secret(name: string): string | undefined | Promise<string | undefined>
  /** Whether the options or the environment have the credential. Asks no function for it. */
  has(name: string): boolean
  /** Key in the store for an account. */
  key(account: string | undefined): string
  /** Calls an operation of the same client without a credential, or with these headers only. */
  invoke(operation: string, params: Record<string, unknown>, headers?: Record<string, string>): Promise<Reply>
  /** Values that must never be shown. */
  learn(secret: string | undefined): void
}

/** Makes the strategy of one scheme for one client, when it is first needed. */
export type AuthFactory = (context: AuthContext) => AuthStrategy
