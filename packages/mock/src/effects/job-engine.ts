import type { JobDefinition, JobView } from '../kernel/definition.js'
import type { Json } from '../kernel/types.js'
import { copy } from '../world/copy.js'
import { type JobMode, type JobState, transitions, viewAt } from './jobs.js'

export interface StartJob {
  id: string
  owner: string
  data?: Json
  /** Ends as a failure after this step (name or index; default: the last). */
  fail?: { step?: string | number; reason: string } | undefined
  mode?: JobMode
  /** Running states of this one job, where they follow from what it works on. */
  steps?: JobDefinition['steps']
  /** Times the world's duration. */
  factor?: number
  /** Begins in this step (name or index) as if it had come that far, without `enter`: for objects of the seed. Goes by hand. */
  from?: string | number
}

/** All jobs of one system in one world. One engine feeds polling, streams, sockets and webhooks, so they tell the same story. */
export class JobEngine {
  private jobs = new Map<string, JobState>()
  private active = new Set<JobState>()
  private due: number | undefined
  private readonly watchers = new Map<string, Set<() => void>>()

  constructor(
    private readonly definitions: Readonly<Record<string, JobDefinition>>,
    private readonly now: () => number,
    /** How jobs move that do not say it themselves. */
    private readonly defaultMode: () => JobMode,
    /** Tells of a transition; `at` is its time. */
    private readonly enter: (definition: JobDefinition, view: JobView, at: number) => void,
  ) {}

  start(kind: string, { id, owner, data, fail, mode, steps, factor, from }: StartJob): JobView {
    const definition = this.definition(kind)
    const base = mode ?? (from === undefined ? this.defaultMode() : { by: 'hand' as const })
    const passed = from === undefined ? 0 : stepIndex(steps ?? definition.steps, from)
    const scale = factor ?? definition.factor ?? 1
    const job: JobState = {
      kind, id, owner, startedAt: this.now(), ticks: passed, told: from === undefined ? 0 : passed + 1, toldAt: this.now(), data: copy(data ?? null),
      mode: base.by === 'clock' ? { by: 'clock', duration: Math.round(base.duration * scale) } : base,
      ...(steps && { steps: copy([...steps]) }),
      ...(fail && { fail: { step: stepIndex(steps ?? definition.steps, fail.step), reason: fail.reason } }),
    }
    this.jobs.set(key(kind, id), job)
    this.active.add(job)
    this.due = undefined
    this.settle(job)
    return this.view(kind, id)!
  }

  view(kind: string, id: string): JobView | undefined {
    const job = this.jobs.get(key(kind, id))
    return job && viewAt(this.definition(kind), job, this.now())
  }

  /** Whether every transition up to its end has been told: by the clock alone a job may have ended a moment before. */
  settled(kind: string, id: string): boolean {
    const job = this.jobs.get(key(kind, id))
    return !job || !this.active.has(job)
  }

  /** A look at the job: in polls mode, what moves it. */
  poll(kind: string, id: string): JobView | undefined {
    const job = this.jobs.get(key(kind, id))
    if (!job) return undefined
    if (job.mode.by === 'polls' && this.active.has(job)) this.tick(job)
    return this.view(kind, id)
  }

  /** Moves a job that goes by hand. */
  step(kind: string, id: string): JobView | undefined {
    const job = this.jobs.get(key(kind, id))
    if (job && job.mode.by === 'hand' && this.active.has(job)) this.tick(job)
    return this.view(kind, id)
  }

  /** Ends it now, unless it has ended; says whether it did. */
  cancel(kind: string, id: string): boolean {
    const job = this.jobs.get(key(kind, id))
    if (!job || viewAt(this.definition(kind), job, this.now()).done) return false
    this.settle(job)
    job.cancelled = { at: this.now(), after: job.told }
    this.due = undefined
    this.settle(job)
    return true
  }

  /** Makes a running job fail after the step it is in. */
  fail(kind: string, id: string, reason: string): boolean {
    const job = this.jobs.get(key(kind, id))
    const view = job && viewAt(this.definition(kind), job, this.now())
    if (!job || !view || view.done) return false
    job.fail = { step: view.step, reason }
    this.due = undefined
    return true
  }

  remove(kind: string, id: string): void {
    const job = this.jobs.get(key(kind, id))
    if (!job) return
    this.jobs.delete(key(kind, id))
    this.active.delete(job)
    this.due = undefined
  }

  /** When the next transition is due. Every request asks, so it is worked out once after each change. */
  nextDue(): number {
    return (this.due ??= this.earliest())
  }

  private earliest(): number {
    let next = Number.POSITIVE_INFINITY
    for (const job of this.active) {
      const due = transitions(this.definition(job.kind), job)[job.told]?.at
      if (due !== undefined && due < next) next = due
    }
    return next
  }

  /** Tells the one transition that is due at `time`; says whether there was one. */
  runDue(time: number): boolean {
    for (const job of this.active) {
      const next = transitions(this.definition(job.kind), job)[job.told]
      if (next && next.at <= time) {
        this.tell(job)
        return true
      }
    }
    return false
  }

  /** Calls `run` at each transition. */
  watch(kind: string, id: string, run: () => void): () => void {
    const name = key(kind, id)
    let set = this.watchers.get(name)
    if (!set) this.watchers.set(name, (set = new Set()))
    set.add(run)
    return () => {
      set.delete(run)
      if (set.size === 0) this.watchers.delete(name)
    }
  }

  list(kind?: string): JobView[] {
    return [...this.jobs.values()].filter((job) => kind === undefined || job.kind === kind).map((job) => viewAt(this.definition(job.kind), job, this.now()))
  }

  toJSON(): JobState[] {
    return copy([...this.jobs.values()])
  }

  restore(states: readonly JobState[]): void {
    this.due = undefined
    this.jobs = new Map(states.map((job) => [key(job.kind, job.id), copy(job)]))
    this.active = new Set([...this.jobs.values()].filter((job) => transitions(this.definition(job.kind), job).length > job.told))
  }

  private tick(job: JobState): void {
    job.ticks++
    this.due = undefined
    this.settle(job)
  }

  /** Tells every transition up to now. */
  private settle(job: JobState): void {
    while (this.active.has(job)) {
      const next = transitions(this.definition(job.kind), job)[job.told]
      if (!next || next.at > this.now()) break
      this.tell(job)
    }
  }

  private tell(job: JobState): void {
    const definition = this.definition(job.kind)
    const story = transitions(definition, job)
    const transition = story[job.told]!
    const at = job.mode.by === 'clock' ? transition.at : Math.max(this.now(), transition.at)
    job.told++
    job.toldAt = at
    this.due = undefined
    if (transition.outcome !== undefined || job.told >= story.length) this.active.delete(job)
    if (definition.enter) this.enter(definition, { ...viewAt(definition, job, Number.isFinite(at) ? at : this.now()), status: transition.status, step: job.told - 1, outcome: transition.outcome, done: transition.outcome !== undefined, at }, at)
    for (const run of this.watchers.get(key(job.kind, job.id)) ?? []) run()
  }

  private definition(kind: string): JobDefinition {
    const found = this.definitions[kind]
    if (!found) throw new Error(`There is no kind of job called ${kind}`)
    return found
  }
}

function key(kind: string, id: string): string {
  return `${kind}/${id}`
}

function stepIndex(steps: JobDefinition['steps'], step: string | number | undefined): number {
  if (step === undefined) return steps.length - 1
  const index = typeof step === 'number' ? step : steps.findIndex((candidate) => candidate.status === step)
  if (index < 0 || index >= steps.length) throw new Error(`There is no step ${step}`)
  return index
}
