import { QuotaExceededError } from '../core/errors/api.js'
import type { Finisher } from './finish.js'
import type { Grouping } from './grouping.js'
import { changedWhileSent, factsOf, judge, type Facts, type Verdict } from './outcome.js'
import { maxAttemptsOf, type SendHost } from './send-host.js'
import type { Settler } from './settle.js'
import type { Item } from './types.js'

/** Failures in a row, without one success between them, after which the server counts as gone. */
const HOPELESS = 12

/** What becomes of the items of a request that failed. */
export class Refusals {
  constructor(private readonly host: SendHost, private readonly finisher: Finisher, private readonly settler: Settler, private readonly grouping: Grouping) {}

  async take(items: readonly Item[], error: unknown, startedAt: number): Promise<void> {
    const verdict = judge(error)
    const facts = factsOf(error)
    if (items.length > 1 && isOfOne(verdict, error)) return this.dissolve(items, verdict, facts)
    if (verdict.kind === 'stop') this.host.stop({ kind: 'error', error: error as Error })
    if (verdict.kind === 'rejected') this.host.scheduler.succeeded()
    const delay = verdict.kind === 'again' && verdict.push ? this.push(error, verdict.afterMs, startedAt) : verdict.kind === 'open' ? this.push(error, verdict.afterMs, startedAt) : 0
    // Which of them was changed under way, or what the server choked on, shows when each goes alone.
    if (verdict.kind === 'open' || changedWhileSent(error)) this.grouping.keepAlone(items)
    await Promise.all(items.map((item) => this.one(item, verdict, facts, error, delay)))
  }

  private async one(item: Item, verdict: Verdict, facts: Facts, error: unknown, delay: number): Promise<void> {
    const { host, settler } = this
    const at = host.clock.now()
    switch (verdict.kind) {
      case 'stop':
        return host.record({ t: verdict.taken === 'no' ? 'planned' : 'unknown', n: item.n, at, ...facts })
      case 'rejected':
        return host.record({ t: 'rejected', n: item.n, at, ...facts })
      case 'failed':
        return this.finisher.fail(item, facts, true)
      case 'again':
        if (!verdict.counts) item.attempts--
        return settler.again(item, changedWhileSent(error) ? { code: 'CHANGED', message: 'the file was changed while it was sent' } : facts, delay, error)
      case 'open': {
        const exhausted = item.attempts >= maxAttemptsOf(host)
        if (exhausted && verdict.answered && host.adapter.again !== 'listing') return this.finisher.fail(item, facts, true)
        await host.record({ t: 'unknown', n: item.n, at, ...facts })
        if (exhausted && host.adapter.again !== 'listing') return
        host.emit({ type: 'retry', item, error: error as Error, delayMs: delay })
        settler.later(item, { answered: verdict.answered, afterMs: delay, endedAt: at })
      }
    }
  }

  /** The server took none of them, and one of them may be why: each is sent alone. */
  private async dissolve(items: readonly Item[], verdict: Verdict, facts: Facts): Promise<void> {
    if (verdict.kind === 'rejected') this.host.scheduler.succeeded()
    this.grouping.dissolve(items)
    await Promise.all(items.map((item) => {
      item.attempts--
      return this.settler.again(item, facts, 0)
    }))
  }

  /** Slows everybody down; stops when nothing gets through any more, or the server asks for too long a pause. */
  private push(error: unknown, askedMs: number | undefined, startedAt: number): number {
    const { scheduler, options } = this.host
    if (askedMs !== undefined && askedMs > (options.maxPauseMs ?? 600_000)) this.host.stop({ kind: 'error', error: error as Error })
    const { code, http } = factsOf(error)
    const paused = scheduler.pushedBack(http === undefined || code.startsWith('HTTP_') ? code : `${http} ${code}`, startedAt, askedMs)
    if (scheduler.trouble >= HOPELESS) this.host.stop({ kind: 'error', error: error as Error })
    return paused
  }
}

/** The request was refused for what one of its files is, or for what all of them cost together. */
function isOfOne(verdict: Verdict, error: unknown): boolean {
  return verdict.kind === 'rejected' || verdict.kind === 'failed' || error instanceof QuotaExceededError
}
