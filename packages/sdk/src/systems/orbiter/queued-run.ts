import { waitAborted } from '../../core/deadline.js'
import { idsOf } from '../../core/envelope.js'
import { ApiError } from '../../core/errors/api.js'
import { TimeoutError } from '../../core/errors/network.js'
import { JobFailedError } from '../../core/errors/outcome.js'
import type { WaitIds } from '../../core/follow.js'
import { all, at } from '../../core/pointer.js'
import { placeOf, type Entry, type Run, type Snapshot } from './queue-place.js'

/** What a client knows of its starts: who waits for a place in the queue, what runs the places have become, and the runs that were answered at once. */
class Known {
  readonly waiting = new Set<string>()
  readonly settled = new Map<string, string>()
  readonly told = new Set<string>()
}

const known = /* @__PURE__ */ new WeakMap<object, Known>()

const FIRST = 500
const LONGEST = 5_000
const REMEMBERED = 1_000
/** Attempts at seeing queue and runs at one moment, in one poll. */
const LOOKS = 5

/** A start that is queued (five runs are under way) names no run. Its place is watched until it leaves the queue, and its run is the one that appears then. */
export const runIds: WaitIds = (op, payload, ask) => {
  let mine = known.get(ask.owner)
  if (mine === undefined) known.set(ask.owner, mine = new Known())
  const ids = idsOf(payload, op.wait?.id ?? '/run_id')
  const place = at(payload, '/queue_id')
  if (ids.length > 0 || (typeof place !== 'string' && typeof place !== 'number')) {
    for (const id of ids) remember(mine.told, id)
    return ids
  }
  return queued(op.id, String(place), mine, ask)
}

async function queued(operation: string, place: string, { waiting, settled, told }: Known, { path, reply, clock, wait, list }: Parameters<WaitIds>[2]): Promise<readonly string[]> {
  const { signal, timeout = Infinity, interval } = wait
  const endsAt = clock.now() + timeout
  const workflow = String(path['workflow_id'])
  const said = Date.parse(reply?.response.headers.get('date') ?? '')
  const queue = async () => rows(await list('runs.queue.list', {}).catch((error: unknown) => { throw withoutQueue(error) ? unknown(operation, place, 'this server does not show its queue', []) : error })) as readonly Entry[]
  /** Queue and runs of one moment: nothing has left the queue while the runs were read. Undefined while it is too lively for that. */
  const look = async (): Promise<{ entries: readonly Entry[]; runs: readonly Run[] } | undefined> => {
    let earlier = await queue()
    for (let i = 0; i < LOOKS; i++) {
      const runs = rows(await list('workflows.runs.list', { limit: 100 })) as readonly Run[]
      const entries = await queue()
      const there = new Set(entries.map(({ id }) => id))
      if (earlier.every(({ id }) => there.has(id))) return { entries, runs }
      earlier = entries
    }
    return undefined
  }
  let before: Snapshot | undefined
  let delay = interval ?? FIRST
  waiting.add(place)
  try {
    for (;;) {
      const now = await look()
      if (now !== undefined && !now.entries.some((entry) => String(entry.id) === place)) {
        const found = placeOf({ place, workflow, before, entries: now.entries, runs: now.runs, queuedAt: Number.isNaN(said) ? undefined : said, settled, told, waiting })
        if (typeof found === 'string') {
          settled.set(place, found)
          if (settled.size > REMEMBERED) settled.delete(settled.keys().next().value!)
          return [found]
        }
        if (found.cancelled) throw new JobFailedError({ system: 'Orbiter', operation, id: place, status: 'cancelled', reason: 'it was taken out of the queue', result: undefined })
        throw unknown(operation, place, 'it has left the queue', found.candidates)
      }
      if (now !== undefined) before = { entries: now.entries, runs: new Set(now.runs.map(({ id }) => id)) }
      if (clock.now() + delay > endsAt) throw new TimeoutError(`Orbiter ${operation}: still queued after ${timeout} ms`, { system: 'Orbiter', operation, scope: 'wait', timeoutMs: timeout })
      try {
        await clock.sleep(delay, signal)
      } catch (error) {
        throw signal?.aborted ? waitAborted('Orbiter', operation, signal) : error
      }
      if (interval === undefined) delay = Math.min(delay * 1.5, LONGEST)
    }
  } finally {
    waiting.delete(place)
  }
}

/** The vendor links no run to a place in the queue: where more than one could be it, none is named. */
function unknown(operation: string, id: string, what: string, candidates: readonly Run[]): JobFailedError {
  const which = candidates.length === 0 ? 'no run shows that it became it' : `nothing says which of the runs ${candidates.map((run) => run.id).join(', ')} it became`
  return new JobFailedError({ system: 'Orbiter', operation, id, status: 'unknown', reason: `${what}, and ${which}: look at workflows.runs.list`, result: candidates })
}

function withoutQueue(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 405)
}

/** A list as this server or the document's envelope writes it. */
function rows(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? body : ['/runs/*', '/data/runs/*', '/data/*'].map((pointer) => all(body, pointer)).find((found) => found.length > 0) ?? []
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id)
  if (ids.size > REMEMBERED) ids.delete(ids.values().next().value!)
}
