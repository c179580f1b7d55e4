import type { Clock } from './clock.js'
import { LONGEST_TIMER, waitAborted } from './deadline.js'
import type { WaitInfo } from './operation.js'
import { at } from './pointer.js'
import { retryDelay } from './retry.js'
import { offAbort, onAbort } from './signals.js'
import type { WaitProgress } from './wait.js'

/** Waits by a socket. Passed in, so that systems without sockets do not carry it. */
export type Watcher = (watch: Watch) => Promise<void>

/** One wait by a socket. */
export interface Watch {
  /** The system's name. */
  readonly system: string
  /** Id of the operation that started the work. */
  readonly operation: string
  /** What the document says of the end of such work. */
  readonly info: WaitInfo
  /** The vendor's id of the work. */
  readonly id: string
  /** One connection's messages, without reconnecting and without polling. */
  readonly open: (signal: AbortSignal) => AsyncIterable<unknown>
  /** Time, chance and sleeping. */
  readonly clock: Clock
  /** The caller's own. */
  readonly signal: AbortSignal | undefined
  /** Milliseconds that are left of the wait. */
  readonly timeout: number
  /** Told of each message that says how far the work is. */
  readonly onProgress: ((progress: Pick<WaitProgress, 'id' | 'status' | 'progress' | 'result'>) => void) | undefined
}

const PROGRESS = ['/progress', '/percentage', '/percent']

/**
 * Listens until the messages say that it is over. It comes back as well when no socket can be had or time is up: what the work came to is asked for in
 * any case, so nothing depends on the socket but the speed. A server that closes after a while (ORCA: ten minutes) is connected to again.
 */
export const watchToEnd: Watcher = async ({ system, operation, info, id, open, clock, signal, timeout, onProgress }) => {
  const stop = new AbortController()
  const leave = () => stop.abort(signal?.reason)
  if (signal?.aborted) leave()
  else if (signal !== undefined) onAbort(signal, leave)
  const timer = timeout === Infinity ? undefined : setTimeout(leave, Math.min(timeout, LONGEST_TIMER))
  let highest = -Infinity
  let failures = 0
  try {
    while (!stop.signal.aborted) {
      let received = 0
      let telling = false
      try {
        for await (const message of open(stop.signal)) {
          received++
          for (const name of PROGRESS) {
            const percent = at(message, name)
            if (typeof percent === 'number') highest = Math.max(highest, percent)
          }
          const status = at(message, info.status) ?? at(message, '/type')
          telling = true
          onProgress?.({ id, status: String(status ?? ''), progress: highest === -Infinity ? undefined : highest, result: message })
          telling = false
        }
        break
      } catch (error) {
        // The caller's own failure, not the socket's.
        if (telling) throw error
        // Nothing was ever said: there is no socket to be had here.
        if (received === 0 || ++failures > 100) break
      }
      await clock.sleep(retryDelay(1, undefined, clock.random), stop.signal).catch(() => undefined)
    }
  } finally {
    if (timer !== undefined) clearTimeout(timer)
    if (signal !== undefined) offAbort(signal, leave)
    stop.abort()
  }
  if (signal?.aborted) throw waitAborted(system, operation, signal)
}
