import { Chaos } from '../effects/chaos.js'
import { Faults } from '../effects/faults.js'
import { latencyOf } from '../effects/latency.js'
import type { Lifetime } from '../kernel/reply.js'
import type { System } from '../kernel/system.js'
import { type Alarm, Clock, type ClockState } from './clock.js'
import { copy } from './copy.js'
import { sha256Hex, stableStringify } from './hash.js'
import { Journal } from './journal.js'
import type { WorldOptions } from './options.js'
import { random } from './random.js'
import { checkSnapshot, type Snapshot, SNAPSHOT_VERSION } from './snapshot.js'
import { type SystemState, SystemWorld } from './system-world.js'

/** One isolated world: its clock, journal, rules and what each vendor remembers. Nothing is shared with another. */
export class World {
  readonly clock: Clock
  readonly journal = new Journal()
  readonly faults = new Faults()
  readonly preferCounts = new Map<string, number>()
  private readonly systems = new Map<string, SystemWorld>()
  /** Of a snapshot: systems that nobody has asked for yet. */
  private dormant: Record<string, SystemState> = {}
  private alarm: { at: number; alarm: Alarm } | undefined
  private running: Promise<void> | undefined
  private jitter = random('latency')
  chaos: Chaos | undefined
  /** Open streams and sockets. */
  private readonly open = new Set<Lifetime>()
  options: WorldOptions

  constructor(readonly name: string, options: WorldOptions, private readonly start: ClockState = { offset: 0, frozen: false }) {
    this.options = options
    this.clock = new Clock({ ...start })
    this.chaos = chaosOf(options)
  }

  /** The part of a vendor, made from its seed (or from the snapshot) when first asked for. */
  system(system: System): SystemWorld {
    let found = this.systems.get(system.name)
    if (!found) {
      found = new SystemWorld(system, this.clock, this.options, () => this.arm())
      const asleep = this.dormant[system.name]
      if (asleep) found.restore(asleep)
      delete this.dormant[system.name]
      this.systems.set(system.name, found)
      this.arm()
    }
    return found
  }

  latency(): number {
    const { latency } = this.options
    return latency === 0 ? 0 : latencyOf(latency, this.jitter)
  }

  /** Does what has fallen due; two callers share one run. */
  run(): Promise<void> {
    this.running ??= this.runAll().finally(() => (this.running = undefined))
    return this.running
  }

  /** Sees to it that the clock wakes this world when something falls due. */
  arm(): void {
    let due = Number.POSITIVE_INFINITY
    for (const system of this.systems.values()) due = Math.min(due, system.nextDue())
    if (this.alarm?.at === due) return
    this.alarm?.alarm.cancel()
    this.alarm = undefined
    if (due === Number.POSITIVE_INFINITY) return
    const alarm = this.clock.at(due, () => {
      this.alarm = undefined
      void this.run()
    }, true)
    this.alarm = { at: due, alarm }
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    await this.run()
  }

  /** Remembers something that goes on after its answer has begun, so that a reset can end it. */
  keep(lifetime: Lifetime): void {
    if (lifetime.closed) return
    this.open.add(lifetime)
    lifetime.onClose(() => this.open.delete(lifetime))
  }

  /** Open streams and sockets. */
  get connections(): number {
    return this.open.size
  }

  /** As at the start: data, ids, clock, limits, jobs, deliveries, rules and journal; open streams and sockets are cut. With a seed, as if it had been started with that one. */
  reset(seed?: string): void {
    for (const lifetime of this.open) lifetime.abort()
    if (seed !== undefined && seed !== this.options.seed) {
      this.options = { ...this.options, seed }
      this.systems.clear()
    }
    this.chaos = chaosOf(this.options)
    this.clock.restore(this.start)
    this.journal.clear()
    this.faults.clear()
    this.preferCounts.clear()
    this.jitter = random('latency')
    this.dormant = {}
    for (const system of this.systems.values()) system.reset()
    this.arm()
  }

  snapshot(): Snapshot {
    const systems: Record<string, SystemState> = { ...this.dormant }
    for (const [name, system] of [...this.systems].toSorted(([a], [b]) => (a < b ? -1 : 1))) systems[name] = system.toJSON()
    return { format: 'orkit-mock', version: SNAPSHOT_VERSION, seed: this.options.seed, clock: this.clock.toJSON(), faults: this.faults.toJSON(), systems }
  }

  /** Puts a snapshot in the place of everything; open streams and sockets are cut. Throws where it is none, and is then as before. */
  restore(snapshot: Snapshot): void {
    checkSnapshot(snapshot)
    const before = this.snapshot()
    for (const lifetime of this.open) lifetime.abort()
    try {
      this.take(snapshot)
    } catch (error) {
      this.take(before)
      throw new Error(`The snapshot cannot be restored: ${(error as Error).message}`, { cause: error })
    }
    this.arm()
  }

  /** Equal for worlds that remember the same. */
  hash(): string {
    const { clock: _, ...rest } = this.snapshot()
    return sha256Hex(stableStringify(rest))
  }

  /** Resolves when no webhook is on the wire. */
  async idle(): Promise<void> {
    for (const system of this.systems.values()) await system.webhooks.idle()
  }

  /** Cuts what is open and stops the clock. */
  dispose(): void {
    for (const lifetime of this.open) lifetime.abort()
    this.clock.dispose()
  }

  private take(snapshot: Snapshot): void {
    // Ids and secrets follow from the seed, so what goes on from a snapshot needs its seed.
    if (snapshot.seed !== this.options.seed) {
      this.options = { ...this.options, seed: snapshot.seed }
      this.systems.clear()
    }
    this.clock.restore(snapshot.clock)
    this.faults.restore(snapshot.faults ?? [])
    this.dormant = { ...snapshot.systems }
    for (const [name, system] of this.systems) {
      const state = this.dormant[name]
      if (state) system.restore(state)
      else system.reset()
      delete this.dormant[name]
    }
    // What is kept for later must not be the caller's own.
    this.dormant = copy(this.dormant)
  }

  private async runAll(): Promise<void> {
    for (const system of this.systems.values()) await system.run()
    this.arm()
  }
}

function chaosOf({ chaos, seed }: WorldOptions): Chaos | undefined {
  return chaos > 0 ? new Chaos(chaos, seed) : undefined
}
