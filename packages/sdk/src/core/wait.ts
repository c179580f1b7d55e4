import type { Clock } from './clock.js'
import { waitAborted } from './deadline.js'
import { ApiError } from './errors/api.js'
import { InvalidArgumentError } from './errors/base.js'
import { ConnectionError, DecodeError, TimeoutError } from './errors/network.js'
import { JobFailedError } from './errors/outcome.js'
import type { WaitInfo } from './operation.js'
import { outcomeOf } from './waitable.js'
import { at } from './pointer.js'

/** How work is followed to its end. */
export interface WaitOptions {
  /** Milliseconds between polls. Default: from half a second up to five, growing. */
  interval?: number
  /** Milliseconds for the whole wait. Default 15 minutes; `Infinity` for none. */
  timeout?: number
  /** Ends the wait, not the work, with an `AbortedError`. */
  signal?: AbortSignal
  /** After each poll. */
  onProgress?: (progress: WaitProgress) => void
}

/** Where the work is, after a poll or a message. */
export interface WaitProgress {
  /** Which of the jobs this is about. */
  readonly id: string
  /** The vendor's word for its state. */
  readonly status: string
  /** Percent, where the vendor says. Never goes back. */
  readonly progress: number | undefined
  /** The polled payload. */
  readonly result: unknown
  /** How many of the jobs that are waited for have ended. */
  readonly done: number
  /** How many jobs are waited for. */
  readonly total: number
}

export interface WaitRun {
  /** The system's name. */
  readonly system: string
  readonly operation: string
  readonly info: WaitInfo
  readonly ids: readonly string[]
  readonly poll: (id: string, signal: AbortSignal | undefined) => Promise<Polled>
  /** The start is its own poll (a deletion in batches): its answer counts as the first. */
  readonly first?: Polled
  readonly clock: Clock
}

export interface Polled {
  readonly result: unknown
  /** The answer says by its status that there is no more to come, should the body not say so. */
  readonly complete: boolean
}

const FIRST = 500
const LONGEST = 5_000
const FACTOR = 1.5
const CONCURRENT = 5
/** Polls that may fail in a row before the wait gives up. */
const PATIENCE = 5
export const WAIT_TIMEOUT = 15 * 60_000

/** Polls until every job has ended. Poll failures that may pass are borne with. */
export async function waitForAll(run: WaitRun, options: WaitOptions & { /** Epoch milliseconds; default: `timeout` from now. */ readonly endsAt?: number }): Promise<unknown[]> {
  const { info, ids, clock, system, operation } = run
  const { signal, interval, timeout = WAIT_TIMEOUT } = options
  if (interval !== undefined && !(interval > 0)) throw new InvalidArgumentError('interval must be more than 0 ms')
  const results = new Map<string, unknown>()
  const highest = new Map<string, number>()
  const failed: JobFailedError[] = []
  const { endsAt = clock.now() + timeout } = options
  let misses = 0
  let { first } = run
  let delay = interval ?? FIRST
  const late = (cause?: unknown) => new TimeoutError(`${system} ${operation}: not done within ${timeout} ms`, { system, operation, scope: 'wait', timeoutMs: timeout, cause })

  const pollOne = async (id: string): Promise<number> => {
    let polled: Polled
    try {
      polled = first ?? await run.poll(id, signal)
      first = undefined
      misses = 0
    } catch (error) {
      // A poll is given what is left of the wait.
      if (error instanceof TimeoutError && error.scope === 'call') throw late(error)
      if (++misses >= PATIENCE || !mayPass(error)) throw error
      return error instanceof ApiError ? error.retryAfterMs ?? 0 : 0
    }
    const { result } = polled
    const said = at(result, info.status)
    const status = String(said ?? '')
    const percent = info.progress === undefined ? undefined : at(result, info.progress)
    if (typeof percent === 'number') highest.set(id, Math.max(percent, highest.get(id) ?? percent))
    const outcome = said === undefined && polled.complete ? 'success' : outcomeOf(info, status)
    if (outcome !== 'running') results.set(id, result)
    if (outcome === 'failure') {
      const reason = info.reason === undefined ? undefined : at(result, info.reason)
      failed.push(new JobFailedError({ system, operation, id, status, result, ...(reason === undefined || reason === null ? {} : { reason: typeof reason === 'string' ? reason : JSON.stringify(reason) }) }))
    }
    options.onProgress?.({ id, status, progress: highest.get(id), result, done: results.size, total: ids.length })
    return 0
  }

  for (;;) {
    const open = [...new Set(ids)].filter((id) => !results.has(id))
    let asked = 0
    for (let i = 0; i < open.length; i += CONCURRENT) {
      asked = Math.max(asked, ...await Promise.all(open.slice(i, i + CONCURRENT).map(pollOne)))
    }
    const all = ids.map((id) => results.get(id))
    if (open.every((id) => results.has(id))) {
      const [first] = failed
      if (first === undefined) return all
      throw ids.length === 1 ? first : new JobFailedError({ system, operation, id: first.id, status: first.status, result: all, reason: `${first.reason ?? first.status} (${failed.length} of ${ids.length} failed)` })
    }
    const pause = Math.max(delay, asked)
    if (clock.now() + pause > endsAt) throw late()
    try {
      await clock.sleep(pause, signal)
    } catch (error) {
      throw signal?.aborted ? waitAborted(system, operation, signal) : error
    }
    if (interval === undefined) delay = Math.min(delay * FACTOR, LONGEST)
  }
}

function mayPass(error: unknown): boolean {
  // An answer that was spoilt on its way: the next poll tells.
  if (error instanceof DecodeError) return true
  return error instanceof ConnectionError || error instanceof ApiError || error instanceof TimeoutError ? error.retryable : false
}
