import { flexorch } from './adapters/flexorch.js'
import { klarefi } from './adapters/klarefi.js'
import { orbiter } from './adapters/orbiter.js'
import { orca, orcaFiles } from './adapters/orca.js'
import { orckai } from './adapters/orckai.js'

/** What a server said about one item. */
export type Answer =
  | { readonly is: 'accepted'; readonly job?: string; readonly document?: string; readonly duplicate?: boolean; readonly done?: boolean }
  | { readonly is: 'rejected'; readonly code: string; readonly message: string }
  /** The answer says neither. */
  | { readonly is: 'unclear'; readonly message: string }

/** How a system takes documents, as data. */
export interface Adapter {
  /** Short name of the system, `flexorch`. */
  readonly system: string
  /** Chosen by the caller where a system has more than one way. */
  readonly name: string
  /** Id of the operation that takes the documents. */
  readonly operation: string
  /** Body member of the file, and whether it is an array. */
  readonly file?: { readonly part: string; readonly many?: boolean }
  /** Body member of the address, where the system fetches documents itself. */
  readonly url?: { readonly member: string; readonly protocols: readonly string[] }
  /** Path parameter that says where the documents go. */
  readonly target?: { readonly param: string; readonly label: string }
  /** Body members that every item needs. */
  readonly required?: readonly string[]
  /**
   * What a second request for the same item does. `key`: nothing, the key is the same. `content`: nothing once the first has been taken in,
   * the server knows the content. `listing`: it makes a second one, so the listing is asked before.
   */
  readonly again: 'key' | 'content' | 'listing'
  /** What an answer of that operation says of the one item that was sent. */
  read(answer: unknown): Answer
  /** Several files may share a request; only where the server knows content (`again: 'content'`). Absent: each goes alone. */
  readonly together?: Together
  /** How an item's work is followed to its end. Absent: there is nothing to follow. */
  readonly follow?: Follow
  /** How the server is asked whether it has an item. Absent: it cannot be asked. */
  readonly listing?: Listing
  /** How an item is followed that the listing found and whose job nobody named. */
  readonly followFound?: Follow
  /** How the account's own limits are asked for. Absent: the documented ones hold. */
  readonly limits?: Limits
  /** Where the API tells whose account the credential is. */
  readonly owner?: { readonly operation: string; read(answer: unknown): Owner | undefined }
  /** What was used of the account's credits or tokens so far. */
  readonly meter?: { readonly operation: string; used(answer: unknown): number | undefined }
}

/** Whose account it is. Two of another `id` never share a journal. */
export interface Owner {
  /** Compared as it stands: made of what the API or the token tells, else a keyed digest of the credential. */
  readonly id: string
  /** For people. */
  readonly name?: string
}

/** How several files share a request. */
export interface Together {
  /** The most files in one request. */
  readonly most: number
  /** The most bytes of all files together. */
  readonly bytes: number
  /** What the answer says of each file, by its name; undefined when it does not name all that it speaks of. */
  read(answer: unknown): ReadonlyMap<string, NamedAnswer> | undefined
}

/** What a shared answer says of one file. */
export interface NamedAnswer {
  /** What that comes to. */
  readonly answer: Answer
  /** What the vendor says of the file. */
  readonly row: unknown
}

/** How the server is asked for the limits of this account, once before the first request. It costs no request of the plan. */
export interface Limits {
  readonly operation: string
  /** Undefined when the answer does not say. */
  read(answer: unknown): GivenLimit | undefined
}

/** The window as the server counts it now; `unlimited`: it counts nothing. */
export type GivenLimit = 'unlimited' | { readonly requests: number; readonly seconds: number; readonly remaining: number; readonly resetMs: number }

/** How jobs are followed: by a list where there is one, else one by one. */
export interface Follow {
  /** Operation that lists jobs, its parameters, and where a row has the job's id. Absent: jobs are read one by one. */
  readonly list?: { readonly operation: string; readonly params?: Readonly<Record<string, unknown>>; id(row: unknown): string | undefined }
  /** Operation that reads one job, and the path parameter for its id. Absent: what the list does not have several times in a row is lost. */
  readonly get?: { readonly operation: string; readonly param: string }
  /** The vendor's word for the state of a job; undefined when the row has none: it is looked at again. */
  status(row: unknown): string | undefined
  /** States in which a job has ended well. */
  readonly success: readonly string[]
  /** States in which a job has ended badly; any state in neither list means that it goes on. */
  readonly failure: readonly string[]
  /** Why a job failed, where the vendor says. */
  reason(row: unknown): string | undefined
  /** Which id of the item is followed. Default: the job. */
  readonly by?: 'job' | 'document'
}

/** How the server is asked whether it has an item. */
export interface Listing {
  /** Id of the operation that lists documents. */
  readonly operation: string
  /** Its parameters, such as the size of a page. */
  readonly params?: Readonly<Record<string, unknown>>
  /** What is compared of a row: see `ListedRow`. */
  row(row: unknown): ListedRow
}

/** A document that the server has. What is undefined the vendor does not tell. */
export interface ListedRow {
  /** The vendor's id of the document. */
  readonly id: string | undefined
  /** File name. */
  readonly name: string | undefined
  /** Bytes. */
  readonly size: number | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number | undefined
  /** What the vendor says of it. */
  readonly raw?: unknown
}

/** All that the package has, one for each way into a system; ORCA has two, `public` and `files`. */
export const adapters: readonly Adapter[] = [orca, orcaFiles, orckai, flexorch, klarefi, orbiter]

/** The adapter of a system; `name` chooses where there is more than one. */
export function adapterFor(system: string, name?: string): Adapter | undefined {
  return adapters.find((adapter) => adapter.system === system && (name === undefined || adapter.name === name))
}
