import type { Clock } from '../core/clock.js'
import type { Operation, SystemProfile } from '../core/operation.js'
import type { RequestOptions } from '../core/options.js'
import type { RateLimitState } from '../core/rate-limits.js'
import type { Adapter } from './adapters.js'
import type { Journal } from './journal.js'

/** What the engine asks of a client; every client of the SDK has it. */
export interface BatchClient {
  /** What the document says of the system. */
  readonly profile: SystemProfile
  /** The operations by id, as the document has them. */
  readonly operations: Readonly<Record<string, Operation>>
  /** Where the API is; part of the destination. */
  readonly baseUrl: string
  /** What the server last said about its limits, by category. */
  readonly rateLimits?: { get(category: string): RateLimitState | undefined }
  /** The headers that prove who calls. @internal */
  _authorize?(method?: Operation['method'], auth?: readonly string[]): Promise<Record<string, string>>
  /** @internal */
  readonly _options?: object
  /** Calls an operation by its id, as the client's method of that name. */
  request<R>(operation: string, input?: { path?: Readonly<Record<string, string | number>>; params?: object }, options?: RequestOptions): R
}

/**
 * `planned`: not sent, or known not to have been taken. `sending`: the intent is on disk, no answer yet. `accepted`: the server has it.
 * `done`: its job ended well. `failed`: could not be read, was not taken after all attempts, or its job failed. `rejected`: the server
 * refuses this item. `skipped`: nothing was sent on purpose. `unknown`: whether the server has it cannot be told.
 */
export type ItemState = 'planned' | 'sending' | 'accepted' | 'done' | 'failed' | 'rejected' | 'skipped' | 'unknown'

export const itemStates: readonly ItemState[] = ['planned', 'sending', 'accepted', 'done', 'failed', 'rejected', 'skipped', 'unknown']

/** Where everything of a batch goes. Two batches with different destinations never share a journal. */
export interface Destination {
  /** Short name of the system, `flexorch`. */
  readonly system: string
  /** Where the API is, without a trailing slash. */
  readonly baseUrl: string
  /** Id of the operation that takes the documents. */
  readonly operation: string
  /** Its path parameters, such as the knowledge base. */
  readonly path: Readonly<Record<string, string | number>>
}

/** What a source gives: a file, an address, or bytes with a name. */
export interface SourceEntry {
  /** Path of the file, absolute or from the batch's `root`. */
  readonly path?: string
  /** Address of the document: handed on where the system fetches documents itself (Klarefi), else fetched and sent. */
  readonly url?: string
  /** The bytes themselves. They are not kept in the journal: to go on, give them again. */
  readonly data?: Uint8Array
  /** File name to send; default: the last part of the path. */
  readonly name?: string
  /** SHA-256 that the content must have, in hexadecimal digits. Default: not compared. Only with an address of a file that is fetched. */
  readonly sha256?: string
  /** Bytes that it must have; as with `sha256`. */
  readonly size?: number
  /** Parameters of this item, over those of the batch. */
  readonly params?: Readonly<Record<string, unknown>>
  /** The entry cannot be used, and why; it becomes a failed item. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/** What is to be sent. A text is a path, or an address where the system fetches documents itself. */
export type Source = Iterable<SourceEntry | string> | AsyncIterable<SourceEntry | string>

/** One item as it stands. */
export interface Item {
  /** Number in the journal, from 0. */
  readonly n: number
  /** Path as listed, or the address, which may hold a signature: `shownPath` hides it. */
  readonly path: string
  /** A file on disk, an address, or bytes that came with the source. */
  readonly kind: 'file' | 'url' | 'data'
  /** File name that is sent. */
  readonly name: string
  /** Bytes; undefined while not known. */
  size: number | undefined
  /** When the file was last changed, in epoch milliseconds; undefined for what is no file. */
  readonly mtime: number | undefined
  /** Parameters of this item, over those of the batch. */
  readonly params: Readonly<Record<string, unknown>> | undefined
  /** Where the content is fetched from, when it comes from an address; it may hold a signature, which is a secret. */
  readonly source: string | undefined
  /** SHA-256 that the source named; other content is not sent. */
  readonly expected: string | undefined
  /** Where it stands; of an item with `sameAs` the state of that one counts. */
  state: ItemState
  /** SHA-256 over content, destination and parameters. */
  id: string | undefined
  /** SHA-256 of the content in hexadecimal digits, once it was read. Of an address: a digest of that, unless the source named the SHA-256 of the file to fetch. */
  sha256: string | undefined
  /** Requests made for it. */
  attempts: number
  /** How often its job has ended badly: to a server that knows keys, trying it anew is another request. */
  round: number
  /** Epoch milliseconds of the last intent. */
  sentAt: number | undefined
  /** Epoch milliseconds at which it was accepted, or its last outcome written. */
  endedAt: number | undefined
  /** The vendor's id of the job. */
  job: string | undefined
  /** What the server calls the stored thing, where that is not the job. */
  document: string | undefined
  /** The server had this content already. */
  duplicate: boolean
  /** Number of the item with the same content that was sent in place of this one. */
  sameAs: number | undefined
  /** The file was changed between reading and sending. */
  changed: boolean
  /** Why it came to this, as a code: the vendor's, or one of orkit's such as `NOT_FOUND`. Undefined when all is well. */
  code: string | undefined
  /** Why it came to this, in words. */
  message: string | undefined
  /** HTTP status of the refusal. */
  status: number | undefined
  /** A new attempt may succeed. */
  retryable: boolean
}

/** What became of a batch, or stands of it now. */
export interface Summary {
  /** All items. */
  readonly total: number
  /** Bytes of all items whose size is known. */
  readonly bytes: number
  /** Number of items in each state. */
  readonly states: Readonly<Record<ItemState, number>>
  /** Items whose content another item of the batch has; they are counted in `states` like the one that was sent. */
  readonly same: number
  /** Items whose content the server had already. */
  readonly duplicates: number
  /** Failed, rejected and unknown items by code. */
  readonly codes: Readonly<Record<string, number>>
  /** Every item has reached its end. */
  readonly complete: boolean
  /** Why it ended early; undefined when it did not. */
  readonly stopped: StopReason | undefined
}

/** Why no new items are taken: the caller's signal or `stop()`, an error that every item would meet, too many failures (`failFast`, `maxFailures`), `maxDurationMs`, or `maxCredits`. */
export type StopReason =
  | { readonly kind: 'signal'; readonly reason?: unknown }
  | { readonly kind: 'error'; readonly error: Error }
  | { readonly kind: 'failures'; readonly failures: number }
  | { readonly kind: 'duration' }
  /** `spent`: credits or tokens that this run has used. */
  | { readonly kind: 'credits'; readonly spent: number }

/** What happens in a batch, in order. `until` is in epoch milliseconds. */
export type BatchEvent =
  /** All is known that there is to do. `left` items may need the server; `earlier` were settled, or have their job, since an earlier run. */
  | { readonly type: 'listed'; readonly items: number; readonly bytes: number; readonly left: number; readonly earlier: number }
  | { readonly type: 'item'; readonly item: Readonly<Item>; readonly state: ItemState }
  /** The job of the item ended, and this is what the vendor says of it. */
  | { readonly type: 'result'; readonly item: Readonly<Item>; readonly result: unknown }
  | { readonly type: 'retry'; readonly item: Readonly<Item>; readonly error: Error; readonly delayMs: number }
  | { readonly type: 'pause'; readonly reason: string; readonly until: number }
  | { readonly type: 'settle'; readonly items: number; readonly until: number }
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'stop'; readonly reason: StopReason }
  | { readonly type: 'summary'; readonly summary: Summary }

/** The batch at a moment, for displays. */
export interface Snapshot extends Summary {
  /** Bytes of the items that were sent in this run. */
  readonly sentBytes: number
  /** Requests under way. */
  readonly inFlight: number
  /** Requests that may be under way at a time, as of now. */
  readonly concurrency: number
  /** Jobs that are being followed. */
  readonly following: number
  /** Why nothing is sent at the moment, and until when (epoch milliseconds). */
  readonly pause: { readonly reason: string; readonly until: number } | undefined
  /** Epoch milliseconds. */
  readonly startedAt: number
}

/** How a batch is sent. All of it is optional. */
export interface BatchOptions {
  /** Parameters of every item. */
  readonly params?: Readonly<Record<string, unknown>>
  /** Path parameters of the operation, `{ id: knowledgeBaseId }`. */
  readonly path?: Readonly<Record<string, string | number>>
  /**
   * Whose account it is; a journal of another one is refused. Default: as the API tells it (Orckai, Klarefi, Orbiter), else the user of the token,
   * else a keyed digest of the credential; it is asked for when a journal is a file and something is left to do.
   */
  readonly account?: string
  /** Go on with a journal that was begun with another credential, which is known to be of the same account. Default: refuse it. */
  readonly acceptAccount?: boolean
  /**
   * Ask the server for what it has before anything is sent, and skip items of the same name and size (`EXISTS`). Only where documents can be
   * listed (ORCA, Orckai, Orbiter); FlexOrch and Klarefi know what they have by themselves.
   */
  readonly skipExisting?: boolean
  /**
   * Take no new items once this run has used so many credits (FlexOrch) or tokens (ORCA). What an item costs shows only afterwards, so what is
   * under way may still go over it by the difference between those items and the dearest before them. Default: no ceiling.
   * Throws `InvalidArgumentError` where the system has no meter.
   */
  readonly maxCredits?: number
  /** A journal, or the file to keep one in. Default: in memory. */
  readonly journal?: Journal | string
  /** Written into the header of a new journal, for whoever resumes. No secrets. */
  readonly note?: Readonly<Record<string, unknown>>
  /** Paths of items are relative to it. Default: the current folder. */
  readonly root?: string
  /** Follow each job to its end. */
  readonly wait?: boolean
  /** Ask for the full result of each finished job (one request an item). */
  readonly results?: boolean
  /** Called with each full result before the item is marked done; what it does must bear being done twice. */
  readonly onResult?: (item: Readonly<Item>, result: unknown) => Promise<void> | void
  /** The most requests at a time. Default 16. */
  readonly concurrency?: number
  /**
   * The most files in one request, where the system takes several and its answers name each of them (FlexOrch: up to 10, and 10 MB together).
   * Default: what the system takes. 1: each file alone. With `maxCredits` each goes alone, as its cost is learnt from it.
   */
  readonly filesPerRequest?: number
  /** Requests in a window: `documented` (default), `off`, or a number a minute. */
  readonly rate?: 'documented' | 'off' | number
  /** Attempts for each item, where it may be sent again. Default 5. */
  readonly maxAttempts?: number
  /** Stop when more items than this have failed or were rejected. */
  readonly maxFailures?: number
  /** Stop with the first item that fails or is rejected. */
  readonly failFast?: boolean
  /**
   * Plan failed items of earlier runs anew; `all`: rejected and cancelled ones too, and unknown ones, which are settled first and sent when that does not tell:
   * such a one may then be there twice.
   */
  readonly retry?: 'failed' | 'all'
  /** How long the server may still work on a request whose answer was lost. Default 60 000. */
  readonly settleMs?: number
  /** The longest pause that a server may ask for before the batch stops. Default 600 000. */
  readonly maxPauseMs?: number
  /** Stop taking new items after this long. */
  readonly maxDurationMs?: number
  /** The longest time to wait for one job. Default: none. */
  readonly waitTimeoutMs?: number
  /** How long requests under way may go on after a stop. Default 30 000. */
  readonly graceMs?: number
  /** Milliseconds between two looks at open jobs. Default: what the limits allow. */
  readonly pollIntervalMs?: number
  /** Takes no new items when aborted, and lets those under way end. */
  readonly signal?: AbortSignal
  /** Time, chance and sleeping, for tests. */
  readonly clock?: Partial<Clock>
  /** Default: by the client's system. */
  readonly adapter?: Adapter
  /** Milliseconds for each request. Default: the client's. */
  readonly timeout?: number
}
