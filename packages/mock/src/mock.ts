import type { JobMode } from './effects/jobs.js'
import type { Faults } from './effects/faults.js'
import { createFetch } from './hosts/fetch.js'
import { Gateway } from './hosts/gateway.js'
import { connect, type ClientSocket, type SocketOptions } from './hosts/web-socket.js'
import type { Members } from './kernel/types.js'
import { SYSTEMS, SYSTEM_NAMES, type SystemName } from './systems/index.js'
import type { Clock } from './world/clock.js'
import type { Journal } from './world/journal.js'
import { DEFAULTS, type RateLimits, type WorldOptions } from './world/options.js'
import type { Snapshot, World } from './world/world.js'

export interface MockOptions {
  /** Systems to serve. Default: all five. Each is loaded when first asked for. */
  systems?: readonly SystemName[]
  /** Serves this one alone, on the vendor's own paths (and on `/<system>/...` too). */
  system?: SystemName
  /** Ids, secrets and random numbers follow from it. */
  seed?: string
  /** Checks every answer against the document; a mismatch is a 500 that says where. */
  strict?: boolean
  /** `off`, `documented`, or that many requests a minute everywhere. Default: documented. */
  rateLimits?: RateLimits
  /** Milliseconds before each answer, or bounds. Default: 0. */
  latency?: number | readonly [number, number]
  /** Milliseconds from the start of a job to its end (default 1,200), `immediate`, after so many polls, or by hand. */
  jobDuration?: number | 'immediate' | 'manual' | { polls: number }
  /** Milliseconds between the pieces of a text stream. Default: 8. */
  streamDelay?: number
  /** Real time, or time that stands still at an instant until it is advanced. Default: real. */
  clock?: 'real' | 'virtual' | { at: number | string }
  /** Keeps the state between processes: loaded before the first request, saved after each. */
  state?: { load(): Promise<string | undefined> | string | undefined; save(state: string): Promise<void> | void }
  /** Sends webhooks. Default: the global `fetch`. */
  send?: WorldOptions['send'] | false
  /** Who may receive webhooks. Default: loopback addresses only. */
  webhookTargets?: 'loopback' | 'any'
}

export interface Listening {
  /** `http://127.0.0.1:4010` */
  url: string
  port: number
  close(): Promise<void>
}

/** The reference server: as a `fetch`, as msw handlers, or on a port; all on the same state. */
export interface Mock extends AsyncDisposable {
  fetch: typeof fetch
  /** A WebSocket client for the same state. */
  webSocket(url: string | URL, options?: SocketOptions): ClientSocket
  listen(options?: { port?: number; host?: string; token?: string }): Promise<Listening>
  /** One catch-all handler for msw. */
  handlers(origin?: string): Promise<import('msw').RequestHandler[]>
  /** Where a client of that system sends its requests, in process. */
  baseUrl(system: SystemName): string
  /** What a client needs to sign in. */
  credentials(system: SystemName): Promise<Members>
  /** Another isolated world: send its name in the header `X-Mock-World`. */
  world(name?: string): World
  reset(): Promise<void>
  snapshot(): Promise<Snapshot>
  restore(snapshot: Snapshot): Promise<void>
  /** Moves time on; what falls due on the way happens. */
  advance(ms: number): Promise<void>
  readonly journal: Journal
  readonly clock: Clock
  readonly faults: Faults
  close(): Promise<void>
}

export const ORIGIN = 'http://mock.orkit.local'

/** 1 March 2026, noon: where a virtual clock starts. */
const VIRTUAL_START = 1_772_366_400_000

export function createMock(options: MockOptions = {}): Mock {
  const gateway = new Gateway({
    systems: options.system ? [options.system] : (options.systems ?? SYSTEM_NAMES),
    single: options.system,
    worldOptions: worldOptions(options),
    start: startOf(options.clock ?? 'real'),
    state: options.state,
  })
  const servers = new Set<Listening>()
  const close = async (): Promise<void> => {
    await Promise.all([...servers].map((server) => server.close()))
    gateway.dispose()
  }
  return {
    fetch: createFetch((request) => gateway.respond(request)),
    webSocket: (url, socketOptions) => connect(gateway, url, socketOptions),
    async listen(where) {
      const { listen } = await import('./hosts/node.js')
      const server = await listen(gateway, where)
      servers.add(server)
      return { ...server, close: () => (servers.delete(server), server.close()) }
    },
    async handlers(origin = ORIGIN) {
      const { mswHandlers } = await import('./hosts/msw.js')
      return mswHandlers((request) => gateway.respond(request), origin)
    },
    baseUrl: (system) => `${ORIGIN}/${system}${SYSTEMS[system].basePath}`,
    credentials: (system) => gateway.credentials(system),
    world: (name) => gateway.world(name),
    async reset() {
      await gateway.ready()
      gateway.world().reset()
      await gateway.save()
    },
    async snapshot() {
      await gateway.ready()
      return gateway.world().snapshot()
    },
    async restore(snapshot) {
      await gateway.ready()
      gateway.world().restore(snapshot)
      await gateway.save()
    },
    advance: (ms) => gateway.world().advance(ms),
    get journal() {
      return gateway.world().journal
    },
    get clock() {
      return gateway.world().clock
    },
    get faults() {
      return gateway.world().faults
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function worldOptions(options: MockOptions): WorldOptions {
  const { seed, strict, rateLimits, latency, streamDelay, webhookTargets } = options
  return {
    seed: seed ?? DEFAULTS.seed,
    strict: strict ?? DEFAULTS.strict,
    rateLimits: rateLimits ?? DEFAULTS.rateLimits,
    latency: latency ?? DEFAULTS.latency,
    streamDelay: streamDelay ?? DEFAULTS.streamDelay,
    webhookTargets: webhookTargets ?? DEFAULTS.webhookTargets,
    jobs: jobMode(options.jobDuration),
    send: options.send === false ? undefined : (options.send ?? ((url, init) => globalThis.fetch(url, { ...init, redirect: 'error' }))),
  }
}

export function jobMode(duration: MockOptions['jobDuration']): JobMode {
  if (duration === undefined) return DEFAULTS.jobs
  if (duration === 'immediate') return { by: 'clock', duration: 0 }
  if (duration === 'manual') return { by: 'hand' }
  return typeof duration === 'number' ? { by: 'clock', duration } : { by: 'polls', polls: duration.polls }
}

function startOf(clock: NonNullable<MockOptions['clock']>): { offset: number; frozen: boolean } {
  if (clock === 'real') return { offset: 0, frozen: false }
  if (clock === 'virtual') return { offset: VIRTUAL_START, frozen: true }
  return { offset: typeof clock.at === 'number' ? clock.at : Date.parse(clock.at), frozen: true }
}
