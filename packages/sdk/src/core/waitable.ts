import { ApiPromise, type Start } from './api-promise.js'
import type { WaitInfo } from './operation.js'
import type { Reply } from './pipeline.js'
import type { WaitOptions } from './wait.js'

/** What a start returns. The waiting itself is loaded by who waits. */

/** The promise of work that was started; `.wait()` follows it to its end. */
export class WaitablePromise<T, R> extends ApiPromise<T> {
  private readonly _follow: (started: T, reply: Reply, options: WaitOptions) => Promise<R>

  constructor(start: Start, parse: (reply: Reply) => T, follow: (started: T, reply: Reply, options: WaitOptions) => Promise<R>) {
    super(start, parse)
    this._follow = follow
  }

  /** What the work came to; a `JobFailedError` when it failed. Where several jobs were started: all their results, in order. */
  async wait(options: WaitOptions = {}): Promise<R> {
    return this._follow(await this, await this._reply(this._read), options)
  }
}

/** `running` for every status that is neither a success nor a failure, known or not. */
export function outcomeOf(info: Pick<WaitInfo, 'success' | 'failure'>, status: string): 'success' | 'failure' | 'running' {
  const is = (list: readonly string[]) => list.some((each) => each.toLowerCase() === status.toLowerCase())
  return is(info.success) ? 'success' : is(info.failure) ? 'failure' : 'running'
}
