import type { JobMode } from './effects/jobs.js'
import type { Attempt } from './effects/webhooks.js'
import type { FaultRule, Faults } from './effects/faults.js'
import { createFetch } from './hosts/fetch.js'
import { Gateway } from './hosts/gateway.js'
import type { Host } from './hosts/host.js'
import type { ListenOptions } from './hosts/node.js'
import { inspect, type Inspection } from './hosts/control/inspect.js'
import { plant } from './hosts/control/seed.js'
import { worldInfo, type WorldInfo } from './hosts/control/state.js'
import { waitFor } from './hosts/control/wait.js'
import { jobsOf, moveJob, sendWebhook } from './hosts/control/work.js'
import { connect, type ClientSocket, type SocketOptions } from './hosts/web-socket.js'
import type { JobView } from './kernel/definition.js'
import type { Members } from './kernel/types.js'
import { isSystem, SYSTEMS, SYSTEM_NAMES, type SystemName } from './systems/index.js'
import type { OperationIds } from './systems/operations.js'
import type { Clock } from './world/clock.js'
import type { Journal, JournalEntry } from './world/journal.js'
import { DEFAULTS, type RateLimits, type WorldOptions } from './world/options.js'
import { type RequestMatch, type Times, type Verdict, verify, VerificationError, verifyOrder } from './world/verify.js'
import type { Snapshot } from './world/snapshot.js'
import type { World } from './world/world.js'

/** What a server is like. All of it is optional. */
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
  /** Share of the requests, from 0 to 1, that a misfortune befalls: an error status, a delay, a broken connection. The same ones in every run of a seed. Default: 0. */
  chaos?: number
  /** Milliseconds from the start of a job to its end (default 1,200), `immediate`, after so many polls, or by hand. */
  jobDuration?: number | 'immediate' | 'manual' | { polls: number }
  /** Milliseconds between the pieces of a text stream. Default: 8. */
  streamDelay?: number
  /** Real time, or time that stands still at an instant until it is advanced. Default: real. */
  clock?: 'real' | 'virtual' | { at: number | string }
  /** Keeps the state between processes: loaded before the first request, saved after each. */
  state?: { load(): Promise<string | undefined> | string | undefined; save(state: string): Promise<void> | void }
  /** Called with each answered request of any world, secrets taken out. */
  onRequest?: (entry: JournalEntry, world: string) => void
  /** Sends webhooks. Default: over the network, without following redirects; names that lead to private addresses are refused. */
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
  /** The server as a function: give it to a client in place of `fetch`. No port, no network. */
  fetch: typeof fetch
  /** A WebSocket client for the same state. */
  webSocket(url: string | URL, options?: SocketOptions): ClientSocket
  /** Serves on a port. Needs Node: in a browser it rejects. */
  listen(options?: ListenOptions): Promise<Listening>
  /**
   * For msw, in Node (`setupServer`) and in a browser (`setupWorker`): two catch-all handlers, for requests and for sockets, for everything under an address (an
   * origin, or an origin and the beginning of its paths such as `/api`), or such two for each system under the address of its vendor. Default: where `baseUrl()`
   * leads. Rejects with a `TypeError` where a system is not served.
   */
  handlers(address?: string | Partial<Record<SystemName, string>>): Promise<(import('msw').RequestHandler | import('msw').WebSocketHandler)[]>
  /** Where a client of that system sends its requests, in process. */
  baseUrl(system: SystemName): string
  /** What a client needs to sign in. */
  credentials(system: SystemName): Promise<Members>
  /** Another isolated world: send its name in the header `X-Mock-World`. */
  world(name?: string): World
  /** As at the start; open streams and sockets are cut, and requests under way end with a 500 and change nothing. With another seed, as if started with that one. */
  reset(seed?: string): Promise<void>
  /** Puts objects into collections as if they had been made before, and returns them as the API shows them. */
  seed(system: SystemName, collections: Readonly<Record<string, readonly Members[]>>): Promise<Record<string, Members[]>>
  /** The whole world as JSON, to be kept and restored. */
  snapshot(): Promise<Snapshot>
  /** Puts the world back as it was; rejects where the snapshot is not whole or of another version. */
  restore(snapshot: Snapshot): Promise<void>
  /** The world in short: seed, hash, clock, counts. */
  info(): Promise<WorldInfo>
  /** Equal for worlds that remember the same. */
  hash(): Promise<string>
  /** Moves time on; what falls due on the way happens. */
  advance(ms: number): Promise<void>
  /** Throws a `VerificationError` unless the operation was called like that, so often (default: at least once). Its message shows the nearest three requests and where they differ. Returns those that fit. */
  verify<S extends SystemName>(system: S, operation: OperationIds[S], expected?: OperationMatch & Times): JournalEntry[]
  /** The same for calls that must have come one after the other; others may stand in between. */
  verifyOrder(steps: readonly OrderedStep[]): JournalEntry[]
  /** Resolves with the first call that fits, made already or to come; rejects after `timeout` real milliseconds (default 5,000). */
  waitFor<S extends SystemName>(system: S, operation: OperationIds[S], match?: OperationMatch, timeout?: number): Promise<JournalEntry>
  /** One request of the journal with its answer, and what the document says of both. */
  inspect(n: number): Inspection | undefined
  /** The next call (or the next `times` calls) fails like that, then it succeeds again. Returns the id of the rule. */
  fail<S extends SystemName>(system: S, operation: OperationIds[S], rule: Omit<FaultRule, 'system' | 'operation'>): string
  /** The jobs of a system, of one kind or all. */
  jobs(system: SystemName, kind?: string): Promise<JobView[]>
  /** Moves a job that goes by hand a step on (the default), or makes a running one fail or end. `undefined` where there is none. */
  moveJob(system: SystemName, kind: string, id: string, action?: 'step' | 'fail' | 'cancel', reason?: string): Promise<JobView | undefined>
  /** Signs a webhook as the vendor does and sends it once, registered or not. */
  sendWebhook(system: SystemName, webhook: { url: string; event: string; payload: unknown; secret: string }): Promise<Attempt>
  /** The last 1,000 requests, secrets taken out. */
  readonly journal: Journal
  /** The world's time: freeze, advance, go on. */
  readonly clock: Clock
  /** The rules that make calls fail; `fail` adds one. */
  readonly faults: Faults
  /** Closes ports, streams and sockets, and saves the state where there is somewhere to save it. */
  close(): Promise<void>
}

/** What a call must look like beside its operation. */
export type OperationMatch = Omit<RequestMatch, 'system' | 'operation' | 'method' | 'path'>
export type OrderedStep = { [S in SystemName]: readonly [system: S, operation: OperationIds[S], match?: OperationMatch] }[SystemName]

/** A name of this machine (RFC 6761): clients refuse plain http to any other. */
export const ORIGIN = 'http://orkit.localhost'

/** 1 March 2026, noon: where a virtual clock starts. */
const VIRTUAL_START = 1_772_366_400_000

/** The server on a platform. */
export function createMockOn(host: Host, options: MockOptions): Mock {
  const gateway = new Gateway({
    systems: options.system ? [options.system] : (options.systems ?? SYSTEM_NAMES),
    single: options.system,
    worldOptions: worldOptions(options, host.send),
    start: startOf(options.clock ?? 'real'),
    state: options.state,
    onRequest: options.onRequest,
    asset: host.asset,
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
      const server = await host.listen(gateway, where)
      servers.add(server)
      return { ...server, close: () => (servers.delete(server), server.close()) }
    },
    async handlers(address = ORIGIN) {
      const { mswHandlers } = await import('./hosts/msw.js')
      if (typeof address === 'string') return mswHandlers(gateway, address)
      return Object.entries(address).flatMap(([system, where]) => {
        if (!isSystem(system) || !gateway.options.systems.includes(system)) throw new TypeError(`handlers: ${system} is not served by this mock`)
        return mswHandlers(gateway, where, system)
      })
    },
    baseUrl: (system) => `${ORIGIN}/${system}${SYSTEMS[system].basePath}`,
    credentials: (system) => gateway.credentials(system),
    world: (name) => gateway.world(name),
    async reset(seed) {
      await gateway.ready()
      gateway.world().reset(seed)
      await gateway.save()
    },
    async seed(system, collections) {
      await gateway.ready()
      const made = plant(gateway.world().system(await gateway.load(system)), collections)
      await gateway.save()
      return made
    },
    verify(system, operation, { times, atLeast, atMost, ...match } = {}) {
      return matchedBy(gateway, verify(gateway.world().journal, { ...match, system, operation }, { ...(times !== undefined && { times }), ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) }))
    },
    verifyOrder: (steps) => matchedBy(gateway, verifyOrder(gateway.world().journal, steps.map(([system, operation, match]) => ({ ...match, system, operation })))),
    waitFor: (system, operation, match, timeout) => waitFor(gateway.world(), { ...match, system, operation }, timeout),
    fail: (system, operation, rule) => gateway.world().faults.add({ ...rule, system, operation }),
    async snapshot() {
      await gateway.ready()
      return gateway.world().snapshot()
    },
    async restore(snapshot) {
      await gateway.ready()
      gateway.world().restore(snapshot)
      await gateway.save()
    },
    async info() {
      await gateway.ready()
      return worldInfo(gateway.world(), gateway)
    },
    async hash() {
      await gateway.ready()
      return gateway.world().hash()
    },
    inspect: (n) => inspect(gateway.world(), n, (name) => (isSystem(name) ? gateway.known(name) : undefined)),
    jobs: async (system, kind) => (await jobsOf(gateway, gateway.world(), system)).list(kind),
    moveJob: async (system, kind, id, action, reason) => moveJob(await jobsOf(gateway, gateway.world(), system), kind, id, action, reason),
    sendWebhook: (system, webhook) => sendWebhook(gateway, gateway.world(), { ...webhook, system }),
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

function matchedBy(gateway: Gateway, verdict: Verdict): JournalEntry[] {
  if (!verdict.verified) throw new VerificationError(verdict)
  const numbers = new Set(verdict.matched)
  return gateway.world().journal.entries().filter(({ n }) => numbers.has(n))
}

function worldOptions(options: MockOptions, send: Host['send']): WorldOptions {
  const { seed, strict, rateLimits, latency, chaos, streamDelay, webhookTargets } = options
  if (chaos !== undefined && !(chaos >= 0 && chaos <= 1)) throw new RangeError('chaos is a share from 0 to 1')
  return {
    seed: seed ?? DEFAULTS.seed,
    strict: strict ?? DEFAULTS.strict,
    rateLimits: rateLimits ?? DEFAULTS.rateLimits,
    latency: latency ?? DEFAULTS.latency,
    chaos: chaos ?? DEFAULTS.chaos,
    streamDelay: streamDelay ?? DEFAULTS.streamDelay,
    webhookTargets: webhookTargets ?? DEFAULTS.webhookTargets,
    jobs: jobMode(options.jobDuration),
    send: options.send === false ? undefined : (options.send ?? send),
  }
}

function jobMode(duration: MockOptions['jobDuration']): JobMode {
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
