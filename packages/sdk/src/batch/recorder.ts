import type { Channel } from './channel.js'
import type { Journal } from './journal.js'
import type { JournalRecord } from './records.js'
import type { BatchState } from './state.js'
import type { Stopper } from './stopper.js'
import type { BatchEvent, BatchOptions, Item } from './types.js'

/** Writes records, applies them, and tells. Nothing is told that is not written. */
export class Recorder {
  private failures = 0

  constructor(
    private readonly journal: Journal,
    private readonly state: BatchState,
    private readonly events: Channel<BatchEvent>,
    private readonly stopper: Stopper,
    private readonly options: Pick<BatchOptions, 'failFast' | 'maxFailures'>,
  ) {}

  async record(record: JournalRecord, durable = false): Promise<void> {
    try {
      await this.journal.append(record, durable)
    } catch (error) {
      this.broken(error)
      throw error
    }
    const item = this.state.apply(record)
    if (item === undefined || record.t === 'item') return
    this.tell(item)
    for (const follower of this.state.followersOf(item)) this.tell(follower)
    if (item.state === 'failed' || item.state === 'rejected') this.countFailure()
  }

  /** Listing is not news: no event for each item, and no sync. */
  async listed(record: JournalRecord): Promise<void> {
    const written = this.journal.append(record)
    const item = this.state.apply(record)
    // The pace of the disk is only kept now and then.
    if (item === undefined || item.n % 256 === 0 || record.t !== 'item') await written
    else written.catch((error: unknown) => this.broken(error))
    if (item !== undefined && record.t !== 'item') this.tell(item)
  }

  private broken(error: unknown): void {
    this.stopper.stop({ kind: 'error', error: error as Error })
  }

  private countFailure(): void {
    this.failures++
    const { failFast = false, maxFailures = Infinity } = this.options
    if (failFast || this.failures > maxFailures) this.stopper.stop({ kind: 'failures', failures: this.failures })
  }

  private tell(item: Item): void {
    this.events.push({ type: 'item', item, state: this.state.fateOf(item).state })
  }
}
