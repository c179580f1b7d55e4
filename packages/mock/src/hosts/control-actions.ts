import type { FaultRule } from '../effects/faults.js'
import { Reply } from '../kernel/reply.js'
import type { Json } from '../kernel/types.js'
import { isSystem, type SystemName } from '../systems/index.js'
import type { JournalFilter } from '../world/journal.js'
import { type RequestMatch, verify, VerificationError, verifyOrder } from '../world/verify.js'
import type { World } from '../world/world.js'
import { journalEvents } from './control-events.js'
import type { Gateway } from './gateway.js'
import { inspect } from './inspect.js'
import { plant } from './seed.js'
import { waitFor } from './wait.js'

export interface ControlCall {
  world: World
  /** The JSON body, or an empty object. */
  body: Json
  query: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
  gateway: Gateway
  /** What stands after the action's own path: `/journal/12` -> `12`. */
  rest: string
}

export type Action = (call: ControlCall) => Reply | Promise<Reply>

const ok = (body: unknown = { ok: true }): Reply => new Reply(200, body)
const clockOf = ({ clock }: World) => ({ now: clock.now(), time: new Date(clock.now()).toISOString(), frozen: clock.frozen })

/** `METHOD path` under `/__orkit` -> what it does. What throws is a 400 with its message. */
export const actions: Readonly<Record<string, Action>> = {
  'GET /health': () => ok({ status: 'ok' }),
  'GET /world': ({ world, gateway }) => ok({ name: world.name, seed: world.options.seed, hash: world.hash(), requests: world.journal.total, connections: world.connections, clock: clockOf(world), systems: gateway.options.systems }),
  'GET /hash': ({ world }) => ok({ hash: world.hash() }),
  'POST /reset': ({ world, body }) => {
    world.reset(text(body, 'seed'))
    return ok()
  },
  'POST /seed': async ({ world, body, gateway }) => {
    const seed = text(body, 'seed')
    if (seed !== undefined) world.reset(seed)
    const data = (body.data ?? {}) as Record<string, Record<string, Json[]>>
    const made: Record<string, unknown> = {}
    for (const [name, collections] of Object.entries(data)) made[name] = plant(world.system(await gateway.load(systemOf(gateway, name))), collections)
    return ok({ seed: world.options.seed, made })
  },
  'GET /snapshot': ({ world }) => ok(world.snapshot()),
  'POST /restore': ({ world, body }) => {
    world.restore(body)
    return ok()
  },
  'GET /clock': ({ world }) => ok(clockOf(world)),
  'POST /clock/freeze': ({ world, body }) => {
    const at = typeof body.at === 'string' ? Date.parse(body.at) : body.at
    if (at !== undefined && !Number.isFinite(at)) throw new Error('at must be a time: milliseconds, or as in 2026-03-01T12:00:00Z')
    world.clock.freeze(at)
    return ok(clockOf(world))
  },
  'POST /clock/resume': ({ world }) => {
    world.clock.resume()
    return ok(clockOf(world))
  },
  'POST /clock/advance': async ({ world, body }) => {
    if (typeof body.ms !== 'number' || !(body.ms >= 0)) throw new Error('ms must be a number of milliseconds')
    await world.advance(body.ms)
    return ok(clockOf(world))
  },
  'GET /journal': ({ world, query, rest, gateway }) => {
    if (rest === '') return ok(world.journal.entries(filterOf(query)))
    const found = inspect(world, Number(rest), (name) => (isSystem(name) ? gateway.known(name) : undefined))
    return found ? ok(found) : new Reply(404, { error: `The journal has no request ${rest}` })
  },
  'GET /events': ({ world, query, headers }) => journalEvents(world, Number(headers['last-event-id'] ?? query['since'] ?? 0) || 0),
  'GET /verify': ({ world, query }) => ok(verify(world.journal, matchOf(query), timesOf(query))),
  'POST /verify': async ({ world, body, gateway }) => {
    if (Array.isArray(body.order)) {
      for (const match of body.order) await checkOperation(gateway, match)
      return ok(verifyOrder(world.journal, body.order))
    }
    const { times, atLeast, atMost, ...match } = body
    await checkOperation(gateway, match)
    return ok(verify(world.journal, match, { times, atLeast, atMost }))
  },
  'POST /wait': async ({ world, body, gateway }) => {
    const { timeout, ...match } = body
    await checkOperation(gateway, match)
    try {
      return ok(await waitFor(world, match, timeout))
    } catch (error) {
      if (error instanceof VerificationError) return new Reply(408, { error: error.message, nearest: error.verdict.nearest })
      throw error
    }
  },
  'GET /faults': ({ world }) => ok(world.faults.list()),
  'POST /faults': async ({ world, body, gateway }) => {
    await checkOperation(gateway, body)
    return new Reply(201, { id: world.faults.add(body as FaultRule) })
  },
  'DELETE /faults': ({ world, query, rest }) => {
    const id = rest || query['id']
    if (!id) world.faults.clear()
    else if (!world.faults.remove(id)) return new Reply(404, { error: `There is no rule ${id}` })
    return ok()
  },
  'GET /jobs': async ({ world, query, gateway }) => ok((await jobsOf(gateway, world, query['system'])).list(query['kind'])),
  // Moves a job that goes by hand, or makes a running one fail or end.
  'POST /jobs': async ({ world, body, gateway }) => {
    const jobs = await jobsOf(gateway, world, body.system)
    const { kind = '', id = '', action = 'step', reason = 'Asked for by the control plane' } = body
    if (!jobs.view(kind, id)) return new Reply(404, { error: `There is no job ${kind} ${id}` })
    if (action === 'fail') jobs.fail(kind, id, reason)
    else if (action === 'cancel') jobs.cancel(kind, id)
    else if (action === 'step') jobs.step(kind, id)
    else throw new Error('action must be step, fail or cancel')
    return ok(jobs.view(kind, id))
  },
  // Signs a webhook as the vendor does and sends it once, registered or not.
  'POST /webhooks': async ({ world, body, gateway }) => {
    const { url, event, payload, secret } = body
    const system = await gateway.load(systemOf(gateway, body.system))
    if (!system.definition.webhooks) throw new Error(`${system.name} sends no webhooks`)
    if (typeof url !== 'string' || typeof event !== 'string' || typeof secret !== 'string' || payload === undefined) throw new Error('url, event, secret and payload are needed')
    return ok(await world.system(system).webhooks.once(url, event, payload, secret))
  },
}

/** A rule or a match for an operation that does not exist would silently never fit. */
async function checkOperation(gateway: Gateway, { system, operation }: { system?: string; operation?: string }): Promise<void> {
  if (system !== undefined) systemOf(gateway, system)
  if (operation === undefined) return
  const names = system === undefined ? gateway.options.systems : [system as SystemName]
  for (const name of names) if ((await gateway.load(name)).operations.has(operation)) return
  throw new Error(`There is no operation ${operation} in ${names.join(', ')}`)
}

function systemOf(gateway: Gateway, name: unknown): SystemName {
  if (typeof name === 'string' && isSystem(name) && gateway.options.systems.includes(name)) return name
  throw new Error(`system must name one that is served: ${gateway.options.systems.join(', ')}`)
}

async function jobsOf(gateway: Gateway, world: World, system: unknown) {
  return world.system(await gateway.load(systemOf(gateway, system))).jobs
}

function text(body: Json, name: string): string | undefined {
  if (body[name] === undefined || typeof body[name] === 'string') return body[name]
  throw new Error(`${name} must be a text`)
}

function filterOf(query: Readonly<Record<string, string>>): JournalFilter {
  return {
    ...(query['system'] !== undefined && { system: query['system'] }),
    ...(query['operation'] !== undefined && { operationId: query['operation'] }),
    ...(query['status'] !== undefined && { status: Number(query['status']) }),
    ...(query['since'] !== undefined && { since: Number(query['since']) }),
  }
}

function matchOf(query: Readonly<Record<string, string>>): RequestMatch {
  const { operationId: operation, ...rest } = filterOf(query)
  return { ...rest, ...(operation !== undefined && { operation }) }
}

function timesOf(query: Readonly<Record<string, string>>) {
  return Object.fromEntries((['times', 'atLeast', 'atMost'] as const).flatMap((name) => (query[name] === undefined ? [] : [[name, Number(query[name])]])))
}
