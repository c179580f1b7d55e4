import { shownPath } from './address.js'
import { JournalError } from './errors.js'
import type { SendHost } from './send-host.js'
import { followedId, Follower } from './follow.js'
import type { JobOutcome } from './finish.js'
import { judge } from './outcome.js'
import type { Pacer } from './pacer.js'
import type { BatchOptions, Item } from './types.js'

/** The jobs of a batch while they run: one poller for each way that the system has to follow them. */
export class Following {
  private followers: Follower[] = []

  constructor(private readonly host: SendHost, private readonly pacer: Pacer, private readonly options: Pick<BatchOptions, 'wait' | 'waitTimeoutMs' | 'pollIntervalMs'>, private readonly ended: (item: Item, outcome: JobOutcome) => Promise<void>) {}

  /** Jobs that are looked at. */
  get size(): number {
    return this.followers.reduce((sum, each) => sum + each.size, 0)
  }

  /** Resolves when all jobs have ended after `end`, or the batch is stopped. `open` are jobs of earlier runs. */
  async run(open: readonly Item[]): Promise<void> {
    if (this.options.wait !== true) return
    const { adapter, client, clock, path, stopSignal: signal } = this.host
    this.followers = [adapter.follow, adapter.followFound].flatMap((follow) => (follow === undefined ? [] : new Follower({
      client, adapter, path, clock, signal, timeoutMs: this.options.waitTimeoutMs,
      permit: async (operation) => void (await this.host.permit(operation, signal)),
      interval: (requests) => this.options.pollIntervalMs ?? this.pacer.interval((follow.list ?? follow.get)!.operation, requests),
      singles: follow.get === undefined ? 0 : this.pacer.looksAtOnce(follow.get.operation),
      ended: this.ended,
      failed: (error) => this.failed(error),
      leave: (items, error) => {
        for (const item of items) this.host.emit({ type: 'note', message: `${shownPath(item)}: its job ended, but the result could not be read: ${(error as Error).message}; the next run asks for it again` })
      },
    }, follow)))
    for (const item of open) this.add(item)
    await Promise.all(this.followers.map((follower) => follower.run()))
  }

  add(item: Item): void {
    this.followers.some((follower) => follower.add(item))
  }

  /** No more items come. */
  end(): void {
    for (const follower of this.followers) follower.end()
  }

  isFollowed(item: Item): boolean {
    const { follow, followFound } = this.host.adapter
    return followedId(follow, item) !== undefined || followedId(followFound, item) !== undefined
  }

  private failed(error: unknown): void {
    const { host } = this
    const verdict = judge(error)
    if (error instanceof JournalError || verdict.kind === 'stop') host.stop({ kind: 'error', error: error as Error })
    else host.scheduler.pushedBack((error as Error).message, host.clock.now(), verdict.kind === 'again' || verdict.kind === 'open' ? verdict.afterMs : undefined)
  }
}
