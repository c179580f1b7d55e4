import { parseJson } from '../kernel/body.js'
import { Reply } from '../kernel/reply.js'
import type { MockRequest } from '../kernel/request.js'
import { parseQuery } from '../kernel/request.js'
import type { Json } from '../kernel/types.js'
import { isSystem } from '../systems/index.js'
import type { World } from '../world/world.js'
import type { Gateway } from './gateway.js'

type Action = (world: World, body: Json, query: Record<string, string>, gateway: Gateway) => Reply | Promise<Reply>

const unknownSystem = new Reply(400, { error: 'system must name one that is served' })

const ok = (body: unknown = { ok: true }): Reply => new Reply(200, body)

/** `METHOD path` under `/__orkit` -> what it does. */
const actions: Readonly<Record<string, Action>> = {
  'GET /health': () => ok({ status: 'ok' }),
  'POST /reset': (world) => {
    world.reset()
    return ok()
  },
  'GET /clock': (world) => ok({ now: world.clock.now(), frozen: world.clock.frozen }),
  'POST /clock/freeze': (world, body) => {
    world.clock.freeze(typeof body?.at === 'string' ? Date.parse(body.at) : (body?.at ?? undefined))
    return ok({ now: world.clock.now(), frozen: true })
  },
  'POST /clock/resume': (world) => {
    world.clock.resume()
    return ok({ now: world.clock.now(), frozen: false })
  },
  'POST /clock/advance': async (world, body) => {
    if (typeof body?.ms !== 'number' || body.ms < 0) return new Reply(400, { error: 'ms must be a number of milliseconds' })
    await world.advance(body.ms)
    return ok({ now: world.clock.now(), frozen: world.clock.frozen })
  },
  'GET /journal': (world, _, query) => ok(world.journal.entries(matchOf(query))),
  'GET /verify': (world, _, query) => {
    const count = world.journal.entries(matchOf(query)).length
    const times = query['times'] === undefined ? undefined : Number(query['times'])
    return ok({ count, verified: times === undefined ? count > 0 : count === times })
  },
  'GET /faults': (world) => ok(world.faults.list()),
  'POST /faults': (world, body) => {
    try {
      return new Reply(201, { id: world.faults.add(body ?? {}) })
    } catch (error) {
      return new Reply(400, { error: (error as Error).message })
    }
  },
  'DELETE /faults': (world, _, query) => {
    if (query['id']) world.faults.remove(query['id'])
    else world.faults.clear()
    return ok()
  },
  'GET /snapshot': (world) => ok(world.snapshot()),
  'POST /restore': (world, body) => {
    try {
      world.restore(body)
      return ok()
    } catch (error) {
      return new Reply(400, { error: (error as Error).message })
    }
  },
  'GET /jobs': async (world, _, query, gateway) => {
    const jobs = await jobsOf(gateway, world, query['system'])
    return jobs ? ok(jobs.list(query['kind'])) : unknownSystem
  },
  // Moves a job that goes by hand, or makes a running one fail or end.
  'POST /jobs': async (world, body, _, gateway) => {
    const jobs = await jobsOf(gateway, world, body?.system)
    if (!jobs) return unknownSystem
    const { kind = '', id = '', action = 'step', reason = 'Asked for by the control plane' } = body
    if (!jobs.view(kind, id)) return new Reply(404, { error: `There is no job ${kind} ${id}` })
    if (action === 'fail') jobs.fail(kind, id, reason)
    else if (action === 'cancel') jobs.cancel(kind, id)
    else jobs.step(kind, id)
    return ok(jobs.view(kind, id))
  },
  'GET /hash': (world) => ok({ hash: world.hash() }),
}

/** The control plane. `trusted` is what the host knows of the caller: loopback, or the right token; pages of other origins never are. */
export async function control(gateway: Gateway, world: World, request: MockRequest, trusted: boolean): Promise<Reply | undefined> {
  if (!request.path.startsWith('/__orkit/')) return undefined
  const { origin } = request.headers
  if (!trusted || (origin !== undefined && origin !== request.origin)) return new Reply(403, { error: 'The control plane answers to loopback or to its token only' })
  const action = actions[`${request.method} ${request.path.slice('/__orkit'.length)}`]
  if (!action) return new Reply(404, { error: `Control has: ${Object.keys(actions).join(', ')}` })
  let body: Json
  if (request.method === 'POST') {
    try {
      const data = await request.body()
      const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
      body = text === '' ? undefined : parseJson(text)
    } catch (error) {
      return new Reply(400, { error: (error as Error).message })
    }
  }
  const reply = await action(world, body, Object.fromEntries(parseQuery(request.query)), gateway)
  if (request.method !== 'GET') await gateway.save()
  return reply
}

async function jobsOf(gateway: Gateway, world: World, system: unknown) {
  if (typeof system !== 'string' || !isSystem(system) || !gateway.options.systems.includes(system)) return undefined
  return world.system(await gateway.load(system)).jobs
}

function matchOf(query: Record<string, string>) {
  return {
    ...(query['system'] !== undefined && { system: query['system'] }),
    ...(query['operation'] !== undefined && { operationId: query['operation'] }),
    ...(query['status'] !== undefined && { status: Number(query['status']) }),
    ...(query['since'] !== undefined && { since: Number(query['since']) }),
  }
}
