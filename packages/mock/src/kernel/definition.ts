import type { Context } from './context.js'
import type { RouteDocument, RouteOperation } from './document.js'
import type { Actor, Failure, IdStyle, Profile } from './profile.js'
import type { MockRequest } from './request.js'
import type { SystemContext } from './system-context.js'
import type { Json, Members, Row } from './types.js'
import type { Socket } from '../effects/socket.js'

/**
 * Answers one operation. What it returns is the payload of the documented success; a `Reply` (from `c.ok`, `c.reply`,
 * `c.error`, `c.sse`, `c.file` ...) is sent as it is.
 */
export type Behaviour = (c: Context) => Json

/** Serves one open WebSocket; the connection closes when the promise settles, unless it did before. */
export type SocketBehaviour = (c: Context, socket: Socket) => void | Promise<void>

/** How the default behaviours `<collection>.list|create|get|update|delete` treat one collection. */
export interface CollectionOptions {
  /** In messages: "Agent not found". Default: from the name of the collection. */
  label?: string
  id?: IdStyle
  /** Collection of the parent, for nested paths: its path parameter, and the member of the row that holds its id. */
  parent?: { collection: string; param?: string; field: string; label?: string }
  /** Path parameter with the row's id. Default: the last of the path. */
  param?: string
  /** Member that the path parameter names, when it is not `id`. */
  key?: string
  /** Members of a new row, under the id and over nothing: the input is taken as it is unless this is given. */
  create?(input: Members, c: Context): Members
  /** Changes that an update makes. Default: the input as it is. */
  update?(input: Members, row: Row, c: Context): Members
  /** Members that take the time of creation and of the last change. */
  stamps?: { created?: string; updated?: string }
  /** Members whose value no other row of the owner may have; the failure. */
  unique?: { members: readonly string[]; code: string; message?: (row: Members) => string }
  /** The row as the API shows it. Members with `_` are dropped in any case. */
  present?(row: Row, c: SystemContext): Json
  /** The row in a list, where that shows less. Default: `present`. */
  summary?(row: Row, c: SystemContext): Json
  newestFirst?: boolean
  /** Query parameters that filter other than by equality with the member of the same name; `null`: no filter. */
  filters?: Readonly<Record<string, ((row: Row, value: Json, c: Context) => boolean) | null>>
  /** Members beside items, total and cursor in a page. */
  page?(info: PageInfo, c: Context): Members
  /** Payload of a successful deletion that has a body. Default: `{ id, deleted: true }`. */
  deleted?(row: Row, c: Context): Json
  /** Runs before the row goes: refuse with `c.fail`, or take dependents along. */
  remove?(row: Row, c: Context): void
  /** Collections whose rows go along: name -> member with this row's id. */
  cascade?: Readonly<Record<string, string>>
  /** Kind of job that a row stands for; reading one counts as a poll. */
  job?: string
}

export interface PageInfo {
  items: readonly Json[]
  total: number
  limit: number
  offset: number
  page: number
  next: string | number | null
  hasMore: boolean
}

/** A long-running thing as data: its state follows from the clock (or from polls, or from the test), never from a timer. */
export interface JobDefinition {
  /** Running states in order; shares of the duration are in proportion. */
  steps: readonly { status: string; share?: number }[]
  success: string
  failure?: string
  cancelled?: string
  /** Times the world's job duration. Default: 1. */
  factor?: number
  /** Runs once at each change of state, at the time it happens; the first step included. */
  enter?(c: SystemContext, job: JobView): void
}

export interface JobView {
  readonly kind: string
  readonly id: string
  readonly owner: string
  readonly status: string
  readonly step: number
  /** 0 to 100. */
  readonly progress: number
  readonly startedAt: number
  /** When this state began. */
  readonly at: number
  readonly finishedAt: number | undefined
  readonly done: boolean
  readonly outcome: 'success' | 'failure' | 'cancelled' | undefined
  readonly reason: string | undefined
  readonly data: Json
}

export interface WebhookDefinition {
  /** Headers that prove where a delivery comes from; `body` is exactly what is sent. */
  sign(delivery: { id: string; event: string; body: string; secret: string; at: number }): Record<string, string>
  /** Milliseconds before each further attempt. */
  retries: readonly number[]
  timeout?: number
  /** Runs after each attempt. */
  attempted?(c: SystemContext, delivery: Row): void
}

/** Work at a later time, as data: `c.schedule(ms, name, payload)`. */
export type Task = (c: SystemContext, payload: Json) => void | Promise<void>

/** What one resource adds to a system. */
export interface Resource {
  collections?: Readonly<Record<string, CollectionOptions>>
  behaviours?: Readonly<Record<string, Behaviour>>
  sockets?: Readonly<Record<string, SocketBehaviour>>
  jobs?: Readonly<Record<string, JobDefinition>>
  tasks?: Readonly<Record<string, Task>>
}

export type AuthResult = Actor | 'missing' | 'invalid' | 'expired' | 'revoked'

export interface Seed {
  readonly [collection: string]: readonly Json[]
}

export interface SystemDefinition extends Resource {
  document: RouteDocument
  seed: Seed
  profile: Profile
  resources?: readonly Resource[]
  /** Replaces the built-in proof of a scheme. */
  authenticate?: Readonly<Record<string, (c: SystemContext, request: MockRequest, operation: RouteOperation) => AuthResult | Promise<AuthResult>>>
  /** Bars somebody who is proved from an operation (a role, a place), before anything of the request is read. Throws a `ReplyError` for another answer. */
  guard?(c: SystemContext, operation: RouteOperation, actor: Actor, path: Readonly<Record<string, string>>): Failure | undefined
  webhooks?: WebhookDefinition
  /** Runs on a fresh world after its seed is in place. */
  start?(c: SystemContext): void
  /** What a person needs to sign in, for the index page and `mock.credentials()`. Default: keys and users of the seed. */
  credentials?(seed: Seed): Members
}

/** The identity; gives a resource file its types. */
export function defineResource(resource: Resource): Resource {
  return resource
}
