import { NotFoundError } from '../core/errors/api.js'
import type { SendHost } from './send-host.js'
import type { Facts } from './outcome.js'
import type { JournalRecord } from './records.js'
import type { Item } from './types.js'

/** How a job ended. `row` is what the vendor says of it. */
export interface JobOutcome {
  readonly ok: boolean
  readonly status: string
  readonly reason?: string
  readonly code?: string
  readonly row: unknown
}

/** What is said of a job that the server does not know any more. */
export const JOB_LOST = { code: 'JOB_LOST', reason: 'the server does not know this job' } as const

/** The end of an item: what came of it is handed over before it counts as done. */
export class Finisher {
  constructor(private readonly host: SendHost) {}

  /** What ends with its acceptance is handed over before that is written: a crash between the two leaves it open, to be settled. */
  async accept(item: Item, record: Extract<JournalRecord, { t: 'accepted' }>, ends: boolean, result: unknown): Promise<void> {
    const { host } = this
    if (!ends) {
      await host.record(record)
      return host.follow(item)
    }
    item.job = record.job ?? item.job
    item.document = record.doc ?? item.document
    await host.options.onResult?.(item, result)
    await host.record({ ...record, end: true })
    host.emit({ type: 'result', item, result })
  }

  /** The job of an item ended. */
  async ended(item: Item, outcome: JobOutcome): Promise<void> {
    const known = outcome.ok ? await this.resultOf(item, outcome.row) : undefined
    if (known === 'lost') await this.fail(item, { code: JOB_LOST.code, message: JOB_LOST.reason }, false)
    else if (known !== undefined) await this.finish(item, known.result)
    else await this.fail(item, { code: outcome.code ?? 'JOB_FAILED', message: outcome.reason ?? `its job ended as ${outcome.status}` }, false)
  }

  /** `again`: a new attempt may succeed. */
  async fail(item: Item, facts: Facts, again: boolean): Promise<void> {
    await this.host.record({ t: 'failed', n: item.n, at: this.host.clock.now(), ...facts, ...(again ? { again: true } : {}) })
  }

  private async resultOf(item: Item, row: unknown): Promise<{ readonly result: unknown } | 'lost'> {
    const { adapter, client, path, options, stopSignal, endSignal } = this.host
    const { follow } = adapter
    if (options.results !== true || follow?.get === undefined || follow.list === undefined) return { result: row }
    await this.host.permit(follow.get.operation, stopSignal)
    try {
      return { result: await client.request<PromiseLike<unknown>>(follow.get.operation, { path: { ...path, [follow.get.param]: item.job! } }, { signal: endSignal }) }
    } catch (error) {
      if (error instanceof NotFoundError) return 'lost'
      throw error
    }
  }

  /** The result is handed over before the item is marked done: after a crash it is handed over again, never lost. */
  private async finish(item: Item, result: unknown): Promise<void> {
    const { host } = this
    await host.options.onResult?.(item, result)
    await host.record({ t: 'done', n: item.n, at: host.clock.now() })
    host.emit({ type: 'result', item, result })
  }
}
