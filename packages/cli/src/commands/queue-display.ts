import { shownPath } from '@orkit/sdk/batch'
import type { WorkEvent } from '@orkit/sdk/batch/queue'
import type { Context } from '../app/command.js'
import { printable } from '../app/output/plain.js'
import { duration } from './upload-progress.js'

const PAUSE_TOLD = 10_000

/** A worker as people see it: what it begins, what keeps it, what failed. */
export class WorkDisplay {
  failed = 0
  private done = 0
  private toldUntil = 0
  private last: Promise<void> = Promise.resolve()

  constructor(private readonly context: Context) {}

  take(event: WorkEvent): void {
    switch (event.type) {
      case 'ready':
        this.say(`worker ${event.worker} on ${event.queue}; Ctrl-C finishes what is in hand and ends`)
        for (const warning of event.warnings) this.say(`warning: ${warning}`)
        break
      case 'redis':
        this.say(event.state === 'back' ? 'Redis is back' : `Redis is away${event.message === undefined ? '' : ` (${event.message})`}: waiting for it; requests under way go on`)
        break
      case 'batch':
        this.say(`${event.batch}: ${'reason' in event ? `${event.state === 'halted' ? 'stopped' : 'not taken part in'}: ${event.reason}` : `${event.state}: ${event.destination.system} at ${event.destination.baseUrl}`}`)
        break
      case 'event':
        this.ofBatch(event)
    }
  }

  async end(): Promise<void> {
    this.say(`${this.done} sent or done by this worker, ${this.failed} failed`)
    await this.last
  }

  private ofBatch({ batch, event }: Extract<WorkEvent, { type: 'event' }>): void {
    const now = this.context.io.now()
    if (event.type === 'pause' && event.until > Math.max(now, this.toldUntil - 1_000) + PAUSE_TOLD / 10) {
      this.toldUntil = event.until
      this.say(`${batch}: waiting ${duration(event.until - now)}: ${event.reason}`)
    }
    if (event.type !== 'item') return
    const { item, state } = event
    if (state === 'failed' || state === 'rejected') {
      this.failed++
      this.say(`${batch}: ${shownPath(item)}: ${item.code ?? state}${item.message ? `: ${item.message}` : ''}`)
    } else if (state === 'accepted' || state === 'done') this.done++
  }

  private say(text: string): void {
    this.last = this.last.then(() => this.context.note(printable(text).replaceAll('\n', ' '))).catch(() => {})
  }
}
