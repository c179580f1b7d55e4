import { crc32 } from 'node:zlib'
import { JournalError } from './errors.js'
import type { Destination } from './types.js'

/** Lines of the journal. What is written is never changed; unknown members of a known record are ignored by readers. */

export const FORMAT = 'orkit.batch'
export const VERSION = 1

/** The first line of a journal: what everything in the batch is sent with. */
export interface Header {
  /** What tells a journal from other files of JSON lines. */
  readonly format: typeof FORMAT
  /** Version of the format; another than this package knows is refused with a `JournalError`. */
  readonly version: number
  /** What wrote it, such as `orkit 0.1.0`. */
  readonly tool: string
  /** When it was begun, as ISO 8601. */
  readonly created: string
  /** Name of the machine that began it. */
  readonly host: string
  /** Paths of items are relative to it. */
  readonly root: string
  /** Where everything goes; a run with another one is refused. */
  readonly destination: Destination
  /** Parameters of every item; a run that gives others is refused. */
  readonly params: Readonly<Record<string, unknown>>
  /** Whatever the caller needs to go on later. */
  readonly note: Readonly<Record<string, unknown>>
}

/** A line of the journal after its header: `t` says what happened, `n` to which item, `at` when (epoch milliseconds). */
export type Record_ =
  | { readonly t: 'item'; readonly n: number; readonly path: string; readonly source?: string; readonly expect?: string; readonly kind?: 'url' | 'data'; readonly name?: string; readonly size?: number; readonly mtime?: number; readonly params?: Readonly<Record<string, unknown>> }
  /** Whose account everything goes to; the last one counts. */
  | { readonly t: 'owner'; readonly id: string; readonly name?: string }
  /** All items of the source are listed. */
  | { readonly t: 'listed'; readonly items: number }
  /** Intent: on disk before the request leaves. */
  | { readonly t: 'sending'; readonly n: number; readonly id: string; readonly sha: string; readonly try: number; readonly at: number; readonly size?: number }
  /** The content is that of item `of`, which is sent in its place. */
  | { readonly t: 'same'; readonly n: number; readonly of: number; readonly id: string; readonly sha: string }
  /** `end`: there is nothing to wait for; accepted and done in one. */
  | { readonly t: 'accepted'; readonly n: number; readonly at: number; readonly job?: string; readonly doc?: string; readonly dup?: true; readonly changed?: true; readonly end?: true }
  | { readonly t: 'done'; readonly n: number; readonly at: number }
  | { readonly t: 'failed' | 'rejected' | 'unknown' | 'skipped'; readonly n: number; readonly at: number; readonly code: string; readonly message: string; readonly http?: number; readonly again?: true }
  /** The items are on a queue in Redis from now on, where workers take them; what they write there is written here too. */
  | { readonly t: 'queued'; readonly id: string; readonly queue: string; readonly at: number }
  /** The queue has nothing of this batch any more. */
  | { readonly t: 'unqueued'; readonly at: number }
  /** Back in the queue: known not to have been taken, or planned anew. */
  | { readonly t: 'planned'; readonly n: number; readonly at: number; readonly code?: string; readonly message?: string; readonly http?: number }

export type { Record_ as JournalRecord }

/** A record as one line, its checksum as the last member. */
export function encodeLine(value: object): string {
  const json = JSON.stringify(value)
  return `${json.slice(0, -1)},"crc":"${checksum(json)}"}\n`
}

const TAIL = /,"crc":"([0-9a-f]{8})"\}$/
const TAIL_LENGTH = ',"crc":"00000000"}'.length

/** The record of a line without its newline; undefined when the line is not whole. */
export function decodeLine(line: string): unknown {
  const match = TAIL.exec(line.slice(-TAIL_LENGTH))
  if (match === null) return undefined
  const json = `${line.slice(0, -TAIL_LENGTH)}}`
  if (checksum(json) !== match[1]) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}

export function checkHeader(value: unknown, file: string): Header {
  const header = value as Partial<Header> | undefined
  if (typeof header !== 'object' || header === null || header.format !== FORMAT) throw notAJournal(file)
  if (header.version !== VERSION) {
    throw new JournalError(`${file} is a journal of version ${String(header.version)}; this program knows version ${VERSION}`, 'version', 'Use the version of orkit that wrote it, or a newer one.')
  }
  return header as Header
}

export const notAJournal = (file: string) => new JournalError(`${file} is not a batch journal`, 'foreign', 'Give another file: nothing was written to this one.')

/** Refuses a journal of another destination, showing both. */
export function checkDestination(file: string, found: Destination, wanted: Destination): void {
  const [a, b] = [describeDestination(found), describeDestination(wanted)]
  if (a !== b) throw new JournalError(`${file} belongs to another destination: it holds ${a}; asked for was ${b}`, 'destination', 'Give another --journal for another destination.')
}

export function describeDestination(to: Destination): string {
  const path = Object.keys(to.path).toSorted().map((name) => ` ${name}=${to.path[name]}`).join('')
  return `${to.system} ${to.operation}${path} at ${to.baseUrl}`
}
