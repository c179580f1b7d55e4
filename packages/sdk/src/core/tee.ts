import { StreamError } from './errors/outcome.js'
import type { EventSource } from './event-stream.js'

const LAG = 10_000

/** Two sources of the same events. Both see the same failure; the origin is closed when both have left. */
export function teeSource<E>(source: EventSource<E>): [EventSource<E>, EventSource<E>] {
  const queues: Promise<IteratorResult<E, undefined>>[][] = [[], []]
  const closed = [false, false]
  const branch = (mine: 0 | 1): EventSource<E> => {
    const other = 1 - mine
    return {
      next: () => {
        if (closed[mine]) return Promise.resolve({ done: true, value: undefined })
        const waiting = queues[mine]!.shift()
        if (waiting !== undefined) return waiting
        if (queues[other]!.length >= LAG) return Promise.reject(new StreamError(`one half of a tee lags by ${LAG} events`, { operation: 'tee', reason: 'overflow' }))
        const next = source.next()
        if (!closed[other]) {
          next.catch(() => undefined)
          queues[other]!.push(next)
        }
        return next
      },
      close: async () => {
        closed[mine] = true
        queues[mine] = []
        if (closed[other]) await source.close()
      },
    }
  }
  return [branch(0), branch(1)]
}
