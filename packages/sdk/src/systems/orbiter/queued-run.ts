import { all, at } from '../../core/pointer.js'
import { idsOf } from '../../core/envelope.js'
import { AbortedError, TimeoutError } from '../../core/errors/network.js'
import type { WaitIds } from '../../core/follow.js'

/** Who waits for a queued run, by workflow; runs start in the order in which they were queued. */
const waiting = new Map<string, object[]>()
const claimed = new Set<string>()

const FIRST = 500
const LONGEST = 5_000

/**
 * A start that is queued (five runs are under way) names no run, and the vendor links none to the place in the queue later. The run is the oldest one of
 * the workflow that was not there when it was queued and that no other wait of this process has taken.
 */
export const runIds: WaitIds = (op, payload, ask) => {
  const ids = idsOf(payload, op.wait?.id ?? '/run_id')
  return ids.length > 0 || at(payload, '/queue_id') === undefined ? ids : queued(op.id, ask)
}

async function queued(operation: string, { path, reply, clock, wait, list }: Parameters<WaitIds>[2]): Promise<readonly string[]> {
  const workflow = String(path['workflow_id'])
  const me = {}
  const line = waiting.get(workflow) ?? []
  waiting.set(workflow, [...line, me])
  const { signal, timeout = Infinity, interval } = wait
  const endsAt = clock.now() + timeout
  const said = Date.parse(reply?.response.headers.get('date') ?? '')
  const queuedAt = Number.isNaN(said) ? Infinity : said
  let before: Set<string> | undefined
  let delay = interval ?? FIRST
  try {
    for (;;) {
      const runs = all(await list('workflows.runs.list', { limit: 100 }), '/runs/*') as { id: string; created_at?: string }[]
      before ??= new Set(runs.filter((run) => !(createdAt(run) > queuedAt + 999)).map(({ id }) => id))
      // Newest first: the oldest new one is the last.
      const mine = waiting.get(workflow)![0] === me ? runs.findLast(({ id }) => !before!.has(id) && !claimed.has(id)) : undefined
      if (mine !== undefined) {
        claimed.add(mine.id)
        if (claimed.size > 1000) claimed.delete(claimed.values().next().value!)
        return [mine.id]
      }
      if (clock.now() + delay > endsAt) throw new TimeoutError(`${operation}: still queued after ${timeout} ms`, { operation, scope: 'wait', timeoutMs: timeout })
      try {
        await clock.sleep(delay, signal)
      } catch (error) {
        throw signal?.aborted ? new AbortedError(`${operation}: the wait was aborted by the caller`, { operation, reason: signal.reason }) : error
      }
      if (interval === undefined) delay = Math.min(delay * 1.5, LONGEST)
    }
  } finally {
    const rest = waiting.get(workflow)!.filter((each) => each !== me)
    if (rest.length > 0) waiting.set(workflow, rest)
    else waiting.delete(workflow)
  }
}

/** `YYYY-MM-DD HH:MM:SS`, which is UTC. */
function createdAt({ created_at: text }: { created_at?: string }): number {
  return Date.parse(`${(text ?? '').replace(' ', 'T')}${/Z|[+-]\d\d:?\d\d$/.test(text ?? '') ? '' : 'Z'}`)
}
