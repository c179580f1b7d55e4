/** Which run a place in the queue has become. Pure: two looks at queue and runs come in. */

export interface Run { readonly id: string; readonly created_at?: string; readonly trigger_type?: string }

export interface Entry { readonly id: string; readonly workflow_id?: string; readonly trigger_type?: string }

/** A look at queue and runs while the place was still in the queue. */
export interface Snapshot {
  readonly entries: readonly Entry[]
  readonly runs: ReadonlySet<string>
}

export interface PlaceFacts {
  readonly place: string
  readonly workflow: string
  /** Undefined: it had left before the first look. */
  readonly before: Snapshot | undefined
  /** The queue now, without the place. */
  readonly entries: readonly Entry[]
  /** The workflow's runs now. */
  readonly runs: readonly Run[]
  /** Epoch milliseconds of the answer that queued it, where there is one. */
  readonly queuedAt: number | undefined
  /** Place -> run, and runs that have other owners: known for certain. */
  readonly settled: ReadonlyMap<string, string>
  readonly told: ReadonlySet<string>
  /** Places that this client waits for. */
  readonly waiting: ReadonlySet<string>
}

/** Stamps have whole seconds, and the answer's may be one later than the queue's. */
const SLACK = 2_000

/**
 * Its run is among those that have appeared since it was last seen in the queue. Places of a workflow start in the order of the queue, so that as many new runs as places
 * that have left say which is whose; with any other number somebody started, or cancelled, in between, and it stays open. Runs of one second cannot be told apart: they
 * are handed out only where all their places are waited for here, once each; they run the same workflow, which takes no input.
 */
export function placeOf({ place, workflow, before, entries, runs, queuedAt, settled, told, waiting }: PlaceFacts): string | { readonly candidates: readonly Run[]; readonly cancelled: boolean } {
  const taken = new Set([...told, ...settled.values()])
  const entry = before?.entries.find(({ id }) => String(id) === place)
  const trigger = entry?.trigger_type ?? 'manual'
  const isNew = (run: Run) => (before !== undefined ? !before.runs.has(run.id) : queuedAt !== undefined && !(createdAt(run) < queuedAt - SLACK))
  const candidates = runs.filter((run) => !taken.has(run.id) && (run.trigger_type ?? trigger) === trigger && isNew(run)).toSorted((a, b) => createdAt(a) - createdAt(b))
  const still = new Set(entries.map(({ id }) => String(id)))
  const left = (before?.entries ?? [{ id: place }]).filter(({ id, workflow_id, trigger_type }) => !still.has(String(id)) && !settled.has(String(id)) && (workflow_id ?? workflow) === workflow && (trigger_type ?? trigger) === trigger)
  if (candidates.length !== left.length) return { candidates, cancelled: candidates.length === 0 && before !== undefined }
  const index = left.findIndex(({ id }) => String(id) === place)
  const mine = candidates[index]!
  const tied = left.filter((_, i) => createdAt(candidates[i]!) === createdAt(mine))
  return tied.length === 1 || tied.every(({ id }) => waiting.has(String(id))) ? mine.id : { candidates, cancelled: false }
}

/** `YYYY-MM-DD HH:MM:SS`, which is UTC. */
function createdAt({ created_at: text }: Run): number {
  return Date.parse(`${(text ?? '').replace(' ', 'T')}${/Z|[+-]\d\d:?\d\d$/.test(text ?? '') ? '' : 'Z'}`)
}
