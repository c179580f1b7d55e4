/** The shapes that the generator fills in `manifest/<system>.gen.json`: a system's commands as data. Loaded only for the asked-for system. */

export interface SystemManifest {
  readonly system: string
  readonly name: string
  readonly docs: string
  readonly baseUrl: string
  readonly summary: string
  /** Credentials of the system, in the order in which sign-in asks for them. */
  readonly credentials: readonly { readonly scheme: string; readonly strategy: string; readonly name: string; readonly env: string; readonly secret?: true; readonly optional?: true; readonly description: string }[]
  /** Resource path (`['knowledge-bases', 'documents']` joined by a space) -> one-line description. */
  readonly resources: Readonly<Record<string, string>>
  readonly commands: readonly CommandManifest[]
}

export interface CommandManifest {
  /** Operation id, `knowledgeBases.documents.upload`. */
  readonly id: string
  /** Words after the system: `['knowledge-bases', 'documents', 'upload']`. */
  readonly path: readonly string[]
  readonly aliases?: readonly string[]
  readonly summary: string
  readonly description: string
  readonly note?: string
  readonly method: string
  readonly route: string
  readonly origin: 'seed' | 'docs' | 'sdk' | 'server' | 'inferred'
  readonly scopes?: readonly string[]
  readonly rateLimit?: string
  readonly args: readonly ArgManifest[]
  readonly flags: readonly FlagManifest[]
  readonly body?: 'json' | 'multipart'
  /** `output` is `stream` instead when the body has these members. */
  readonly streamWhen?: Readonly<Record<string, unknown>>
  readonly output: 'list' | 'object' | 'stream' | 'socket' | 'file' | 'none'
  readonly columns?: readonly string[]
  readonly wait?: true
  /** Deletes or erases something: asks before it does. */
  readonly destructive?: true
  readonly examples?: readonly string[]
}

interface InputManifest {
  /** Parameter or property name on the wire. */
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'body'
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'file' | 'any'
  /** Type of the items of an array. */
  readonly items?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'file' | 'any'
  readonly required?: true
  readonly description: string
  /** Closed set of values. */
  readonly enum?: readonly (string | number)[]
  /** Known values of an open set. */
  readonly known?: readonly string[]
  readonly default?: unknown
  readonly format?: string
}

/** A positional argument. */
export interface ArgManifest extends InputManifest { readonly variadic?: true }

/**
 * `--flag`. An object body property with declared members has a flag for the whole, `--llm-config '{...}'`, followed by one for each member,
 * `--llm-config.model`, whose `name` is the dotted path `llmConfig.model`; a required whole is also given by any of its members.
 * A name that a global flag has, or that a body property has too, gets its place before it: `--body-timeout`, `--header-idempotency-key`.
 */
export interface FlagManifest extends InputManifest { readonly flag: string }
