import { JobEngine } from '../effects/job-engine.js'
import { TaskQueue } from '../effects/tasks.js'
import { Webhooks } from '../effects/webhooks.js'
import { Limits } from '../gates/rate-limit.js'
import type { RouteOperation } from '../kernel/document.js'
import type { ErrorParts, Failure, IdStyle } from '../kernel/profile.js'
import { Reply } from '../kernel/reply.js'
import type { System } from '../kernel/system.js'
import { SystemContext } from '../kernel/system-context.js'
import type { Json, Row } from '../kernel/types.js'
import type { Clock } from './clock.js'
import { copy } from './copy.js'
import { sha256Hex } from './hash.js'
import { Ids } from './ids.js'
import type { WorldOptions } from './options.js'
import { type Random, random } from './random.js'
import { Store } from './store.js'

/** When the seed was as it is: 1 March 2026, noon. */
export const SEEDED_AT = 1_772_366_400_000

export interface SystemState {
  store: ReturnType<Store['toJSON']>
  counters: Record<string, number>
  jobs: ReturnType<JobEngine['toJSON']>
  tasks: ReturnType<TaskQueue['toJSON']>
  limits: ReturnType<Limits['toJSON']>
  values: Record<string, Json>
}

/** One vendor's part of one world: everything it remembers, all of it JSON. */
export class SystemWorld {
  readonly store: Store
  readonly jobs: JobEngine
  readonly tasks = new TaskQueue()
  readonly webhooks: Webhooks
  readonly limits = new Limits()
  /** Small facts that are no objects of a collection. */
  values: Record<string, Json> = {}
  /** Signs tokens and cursors. */
  readonly secret: string
  ids: Ids
  /** The time that what runs now was due, while it was due in the past. */
  private instant: number | undefined

  constructor(
    readonly system: System,
    readonly clock: Clock,
    readonly options: WorldOptions,
    /** Called when something may have to be woken later than before. */
    readonly wake: () => void,
  ) {
    const { profile } = system.definition
    this.store = new Store(profile.ownerOf ?? ((row) => row['_org'] ?? 'main'))
    this.secret = sha256Hex(`${options.seed}/${system.name}/secret`)
    this.ids = new Ids(`${options.seed}/${system.name}`, {})
    this.webhooks = new Webhooks(this)
    this.jobs = new JobEngine(system.jobs, () => this.now(), () => options.jobs, (definition, view, at) =>
      this.during(at, () => definition.enter!(new SystemContext(this, view.owner), view)))
    this.reset()
  }

  now(): number {
    return this.instant ?? this.clock.now()
  }

  newId(kind: string, style?: IdStyle): string | number {
    const chosen = style ?? this.system.collections[kind]?.id ?? this.system.definition.profile.id ?? 'uuid'
    if (chosen === 'uuid') return this.ids.uuid(kind)
    if (chosen === 'integer') return this.ids.ordinal(kind)
    return this.ids.prefixed(kind, chosen)
  }

  /** Random numbers that belong to a name: the same in every run. */
  random(name: string): Random {
    return random(`${this.options.seed}/${this.system.name}/${name}`)
  }

  requestId(): string {
    const { prefix, length } = this.system.definition.profile.requestId ?? { prefix: 'req_', length: 12 }
    return this.ids.prefixed('_request', prefix, length)
  }

  errorReply(failure: Failure, requestId = ''): Reply {
    const { profile } = this.system.definition
    const status = failure.status ?? profile.codes[failure.code]
    if (status === undefined) throw new Error(`${this.system.name} has no error code ${failure.code}`)
    const parts: ErrorParts = { ...failure, status, requestId }
    const reply = new Reply(status, profile.error(parts), failure.headers)
    reply.failure = failure
    return reply
  }

  schedule(at: number, name: string, owner: string, payload: Json): void {
    if (!this.system.tasks[name]) throw new Error(`${this.system.name} has no task ${name}`)
    this.tasks.add(at, name, owner, payload)
    this.wake()
  }

  nextDue(): number {
    return Math.min(this.jobs.nextDue(), this.tasks.nextDue(), this.webhooks.nextDue())
  }

  /** Does what has fallen due, in the order of its times. */
  async run(): Promise<void> {
    for (;;) {
      const due = this.nextDue()
      if (due > this.clock.now()) return
      if (this.tasks.nextDue() === due) {
        const task = this.tasks.take()!
        await this.during(due, () => this.system.tasks[task.name]!(new SystemContext(this, task.owner), task.payload))
      } else if (this.jobs.nextDue() === due) this.jobs.runDue(due)
      else this.webhooks.runDue(due)
    }
  }

  /** Checks one event of a stream while `strict`. */
  checkEvent(op: RouteOperation, event: unknown): void {
    if (!this.options.strict || !op.stream || op.stream.event(event)) return
    const issue = op.stream.event.errors?.[0]
    throw new Error(`mock_contract_violation: ${op.id}: event ${issue?.instancePath ?? ''} ${issue?.message ?? ''}: ${JSON.stringify(event)}`)
  }

  reset(): void {
    const { definition } = this.system
    this.values = {}
    this.limits.restore([])
    this.tasks.restore({ count: 0, queue: [] })
    this.jobs.restore([])
    this.webhooks.reset()
    this.ids = new Ids(`${this.options.seed}/${this.system.name}`, {})
    const seeded = seedEntries(this.system)
    this.store.restore(seeded)
    for (const [name, largest] of largestIds(this.system, seeded.collections)) this.ids.counters[name] = largest
    // At a fixed time, as everything else in the seed is: two fresh worlds are equal whatever the real time is.
    this.during(SEEDED_AT, () => definition.start?.(new SystemContext(this, 'main')))
  }

  toJSON(): SystemState {
    return copy({
      store: this.store.toJSON(),
      counters: this.ids.counters,
      jobs: this.jobs.toJSON(),
      tasks: this.tasks.toJSON(),
      limits: this.limits.toJSON(),
      values: this.values,
    })
  }

  restore(state: SystemState): void {
    const mine = copy(state)
    this.store.restore(mine.store)
    this.ids = new Ids(`${this.options.seed}/${this.system.name}`, mine.counters)
    this.jobs.restore(mine.jobs)
    this.tasks.restore(mine.tasks)
    this.limits.restore(mine.limits)
    this.webhooks.reset()
    this.values = mine.values
  }

  private during<T>(at: number, run: () => T): T {
    const before = this.instant
    this.instant = Math.min(at, this.clock.now())
    try {
      return run()
    } finally {
      this.instant = before
    }
  }
}

const seeds = new WeakMap<System, ReturnType<Store['toJSON']>>()

/** The seed as stored rows, made once for all worlds: stored rows are never changed in place, so they may be shared. */
function seedEntries(system: System): ReturnType<Store['toJSON']> {
  let made = seeds.get(system)
  if (!made) {
    let seq = 0
    const collections: Record<string, [number, Row][]> = {}
    for (const [name, rows] of Object.entries(system.definition.seed)) {
      if (!Array.isArray(rows)) continue
      collections[name] = rows.map((row, i) => [++seq, name === '_keys' ? hashedKey(row, i) : { ...row, id: row.id ?? row.email ?? String(i + 1) }])
    }
    made = { seq, collections }
    seeds.set(system, made)
  }
  return made
}

/** Keys are kept as hashes, as the vendors do. */
function hashedKey({ key, ...row }: Json, i: number): Row {
  const secret = String(key ?? row._key)
  return { ...row, _key: undefined, id: row.id ?? row.key_id ?? String(i + 1), _hash: sha256Hex(secret), _prefix: secret.slice(0, 12) }
}

function* largestIds(system: System, collections: Record<string, [number, Row][]>): Generator<[string, number]> {
  for (const [name, entries] of Object.entries(collections)) {
    const style = system.collections[name]?.id ?? system.definition.profile.id
    if (style === 'integer') yield [name, Math.max(0, ...entries.map(([, row]) => Number(row.id) || 0))]
  }
}
