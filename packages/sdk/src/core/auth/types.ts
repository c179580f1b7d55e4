import type { Clock } from '../clock.js'
import type { ApiError } from '../errors/api.js'
import type { Operation, SecurityScheme, SystemProfile } from '../operation.js'
import type { Call, Reply } from '../pipeline.js'

/** What a sign-in leaves behind. */
export interface StoredTokens {
  accessToken?: string
  refreshToken?: string
  /** Epoch milliseconds. */
  expiresAt?: number
  /** Session cookie, `name=value`. */
  cookie?: string
  csrfToken?: string
}

/** Keeps tokens between clients or processes. Keys name the system, the scheme, the host and the account; never a secret. */
export interface TokenStore {
  get(key: string): StoredTokens | undefined | Promise<StoredTokens | undefined>
  set(key: string, tokens: StoredTokens): void | Promise<void>
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
  signIn?(): Promise<void>
  signOut?(): Promise<void>
  /** The credential for a socket's URL, where headers cannot be sent. */
  token?(): Promise<string>
}

/** What a strategy may use of its client. */
export interface AuthContext {
  readonly profile: SystemProfile
  readonly name: string
  readonly scheme: SecurityScheme
  readonly store: TokenStore
  /** The store was given by the caller and may hold an earlier sign-in. */
  readonly persistent: boolean
  readonly clock: Clock
  /** The value of a credential, from the options or the environment. */
  secret(name: string): string | undefined | Promise<string | undefined>
  has(name: string): boolean
  /** Key in the store for an account. */
  key(account: string | undefined): string
  /** Calls an operation of the same client without a credential, or with these headers only. */
  invoke(operation: string, params: Record<string, unknown>, headers?: Record<string, string>): Promise<Reply>
  /** Values that must never be shown. */
  learn(secret: string | undefined): void
}

export type AuthFactory = (context: AuthContext) => AuthStrategy
