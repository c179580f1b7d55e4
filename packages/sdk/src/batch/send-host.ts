import type { Clock } from '../core/clock.js'
import type { Adapter } from './adapters.js'
import type { Budget } from './budget.js'
import type { Permit } from './pacer.js'
import type { Prepared } from './prepare.js'
import type { JournalRecord } from './records.js'
import type { Scheduler } from './scheduler.js'
import type { BatchClient, BatchEvent, BatchOptions, Destination, Item, StopReason } from './types.js'

/** What the way of one item needs of the batch around it: where records are kept, and who else is at work, is the host's affair. */
export interface SendHost {
  readonly client: BatchClient
  readonly adapter: Adapter
  readonly destination: Destination
  readonly path: Destination['path']
  /** Parameters of every item. */
  readonly params: Readonly<Record<string, unknown>>
  readonly options: Pick<BatchOptions, 'results' | 'onResult' | 'maxAttempts' | 'maxPauseMs' | 'timeout' | 'filesPerRequest' | 'retry'>
  readonly clock: Clock
  readonly scheduler: Pick<Scheduler, 'succeeded' | 'pushedBack' | 'trouble'>
  readonly budget: Budget | undefined
  /** How long the server may still work on a request whose answer was lost. */
  readonly settleMs: number
  /** Aborted when no new item is to be taken. */
  readonly stopSignal: AbortSignal
  /** Aborted when requests under way are given up. */
  readonly endSignal: AbortSignal
  readonly claims: ContentClaims
  /** Throws `ItemProblem` when the item cannot be sent. */
  prepare(item: Item): Promise<Prepared>
  /** Writes a record, then applies it to its item. `durable`: it must survive whatever comes next. */
  record(record: JournalRecord, durable?: boolean): Promise<void>
  /** Waits until a request of the operation is in order. */
  permit(operation: string, signal: AbortSignal): Promise<Permit | void>
  stop(reason: StopReason): void
  emit(event: BatchEvent): void
  /** The item is accepted and its job is open. */
  follow(item: Item): void
  /** There is something to wait for once the item is accepted. */
  isFollowed(item: Item): boolean
  /** The item is to be sent again at a time. */
  sendAt(item: Item, at: number): void
  /** The listing is to be asked about the item at a time. */
  askAt(item: Item, at: number): void
  /** Entries of the listing that items of the batch have. */
  documents(): Promise<ReadonlySet<string>> | ReadonlySet<string>
  /** Items that may have been taken without its being known. */
  unsettled(): Promise<readonly Unsettled[]> | readonly Unsettled[]
}

/** `open`: it is under way, or will be asked about. */
export interface Unsettled {
  readonly n: number
  readonly name: string
  readonly size: number | undefined
  readonly open: boolean
}

/** Which item is sent for content that occurs more than once. */
export interface ContentClaims {
  /** The item that is or was sent with this identity. */
  leaderOf(id: string): number | undefined
  take(id: string, item: Item): void
  /** The item has its former content no longer: others with that content stand for themselves. */
  release(item: Item): void
}

export const maxAttemptsOf = ({ options }: Pick<SendHost, 'options'>): number => options.maxAttempts ?? 5
