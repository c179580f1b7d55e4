import { JobFailedError } from './errors/outcome.js'
import type { Operation, SystemProfile, WaitInfo } from './operation.js'
import { firstPage, type Page } from './pagination.js'
import type { Reply } from './pipeline.js'
import { at } from './pointer.js'
import type { Polled } from './wait.js'
import { outcomeOf } from './waitable.js'

export interface Listed {
  /** What was started. */
  readonly operation: string
  /** The list. */
  readonly poll: Operation
  readonly profile: SystemProfile
  readonly info: WaitInfo & { readonly find: string }
  readonly started: unknown
  /** Asks for a page of the list. */
  readonly ask: (values: Readonly<Record<string, unknown>>, signal: AbortSignal | undefined) => Promise<Reply>
}

/** Polls in a row that may not show the work: a list can lag behind what it lists, and shift while its pages are read. */
const MISSES = 3

/**
 * Polls work whose state shows only in a list. Work that the list does not show, or no more, is a `JobFailedError` of status `unknown`: nobody can say
 * what became of it.
 */
export function lookIn({ operation, poll, profile, info, started, ask }: Listed): (id: string, signal: AbortSignal | undefined) => Promise<Polled> {
  const seen = new Map<string, { misses: number; last?: unknown }>()
  // A start that answers with the item itself may be done already.
  let first = info.find === info.id && outcomeOf(info, String(at(started, info.status))) !== 'running'
  return async (id, signal) => {
    if (first) {
      first = false
      return { result: started, complete: false }
    }
    const known = seen.get(id) ?? { misses: 0 }
    seen.set(id, known)
    const found = await find(id, signal)
    if (found !== undefined) {
      known.misses = 0
      known.last = found
    } else if (++known.misses >= MISSES) {
      const { last } = known
      throw new JobFailedError({
        system: profile.name, operation, id, status: 'unknown', result: last ?? started,
        reason: last === undefined ? `${poll.id} does not list it` : `${poll.id} does not list it any more; it was ${String(at(last, info.status))} when it was last seen`,
      })
    }
    return { result: found ?? known.last ?? started, complete: false }
  }

  async function find(id: string, signal: AbortSignal | undefined): Promise<unknown> {
    const position = poll.paginate?.position
    const fetchAt = (next: unknown, stop = signal) => ask(position === undefined ? {} : { [position]: next }, stop)
    for (let page: Page<unknown> | undefined = firstPage(await ask({}, signal), { op: poll, profile, params: {}, fetchAt }); page !== undefined; page = await page.nextPage()) {
      const item = page.items.find((each) => String(at(each, info.find)) === id)
      if (item !== undefined) return item
    }
    return undefined
  }
}
