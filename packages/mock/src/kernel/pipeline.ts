import { describe, type Effect, ruleFor } from '../effects/faults.js'
import type { SystemWorld } from '../world/system-world.js'
import type { World } from '../world/world.js'
import { admit, rateLimited, unrouted } from './admit.js'
import { Context } from './context.js'
import { violation } from './contract.js'
import { Exchange } from './exchange.js'
import { caught, contractViolation, forced, malformed } from './failures.js'
import { chain, type Later } from './later.js'
import { isStream, Reply, type SocketFault } from './reply.js'
import type { MockRequest } from './request.js'
import type { Operation } from './system.js'

/** The answer to a request, always in the vendor's shape. At once where nothing has to be waited for. */
export function handle(world: World, system: SystemWorld, request: MockRequest): Later<Reply> {
  return chain(run(world, system, request, false), (x) => x.reply!)
}

/** A WebSocket handshake: an answer that refuses it, or the context to serve it with. */
export async function upgrade(world: World, system: SystemWorld, request: MockRequest): Promise<{ reply: Reply } | Handshake> {
  const { context, reply, operation, effect } = await run(world, system, request, true)
  return context ? { context, operation: operation!, ...(effect?.fault && { fault: faultOf(effect) }) } : { reply: reply! }
}

/** A handshake that the gates let through. */
export interface Handshake {
  context: Context
  operation: Operation
  /** What the socket will suffer. */
  fault?: SocketFault
}

function run(world: World, system: SystemWorld, request: MockRequest, handshake: boolean): Later<Exchange> {
  if (system.nextDue() <= world.clock.now()) return world.run().then(() => begin(world, system, request, handshake))
  return begin(world, system, request, handshake)
}

function begin(world: World, system: SystemWorld, request: MockRequest, handshake: boolean): Later<Exchange> {
  // In the journal before anything is done about it.
  const entry = world.journal.add({ at: world.clock.now(), system: system.system.name, method: request.method, path: request.query ? `${request.path}?${request.query}` : request.path, headers: request.headers, status: 0 })
  const x = new Exchange(system, request, entry)
  let answer: Later<Reply | Context>
  try {
    answer = answerTo(world, x, handshake)
  } catch (error) {
    answer = caught(x, error)
  }
  if (!(answer instanceof Promise)) return settle(world, x, answer)
  // A reset ends what is under way.
  world.keep(x.lifetime)
  return answer.then((result) => settle(world, x, result), (error: unknown) => settle(world, x, caught(x, error)))
}

function answerTo(world: World, x: Exchange, handshake: boolean): Later<Reply | Context> {
  const { request } = x
  const routed = route(x)
  if (routed instanceof Reply) return late(world, 0, () => routed)
  const operation = x.operation!
  x.entry.operationId = operation.id
  const effect = (x.effect = ruleFor(world, x.world.system.name, operation.id, request))
  return late(world, effect?.delay ?? 0, () => (effect?.status === undefined ? admit(x, routed, handshake) : forced(x, effect)))
}

/** What a rule or the world's latency holds back. */
function late<T>(world: World, delay: number, next: () => Later<T>): Later<T> {
  const ms = delay + (world.clock.frozen ? 0 : world.latency())
  return ms > 0 ? world.clock.sleep(ms).then(next) : next()
}

/** The answer as it leaves: with the headers of every answer, checked, and in the journal. */
function settle(world: World, x: Exchange, result: Reply | Context): Exchange {
  const { entry, effect, world: system } = x
  if (result instanceof Context) {
    entry.status = 101
    world.journal.done(entry)
    world.keep(x.lifetime)
    x.context = result
    return x
  }
  let reply = x.finish(result)
  const wrong = system.options.strict && effect?.status === undefined && x.operation ? violation(x.operation, reply, !x.behaving) : undefined
  if (wrong !== undefined) reply = x.finish(contractViolation(x, wrong, reply))
  // Only a behaviour's answer lives on: it may be a stream.
  if (reply.lifetime !== x.lifetime) x.lifetime.close()
  if (reply.status >= 500 && reply.note !== undefined) entry.note = reply.note
  if (effect) applied(x, effect, reply)
  if (isStream(reply.body)) world.keep(x.lifetime)
  entry.status = reply.status
  // Without the values: they may be secrets, and as large as the body.
  if (x.issues) entry.issues = x.issues.map(({ field, in: place, message, keyword }) => ({ field, in: place, message, keyword }))
  world.journal.done(entry, reply)
  if (system.nextDue() < Number.POSITIVE_INFINITY) world.arm()
  x.reply = reply
  return x
}

function route(x: Exchange): Record<string, string> | Reply {
  const { request, profile } = x
  const { router } = x.world.system
  const found = router.match(request.method, request.path)
  if (found.kind === 'found') {
    x.operation = found.route
    return found.path
  }
  const moved = found.kind === 'missing' ? profile.moved?.(request.path, (path) => router.match(request.method, path).kind !== 'missing') : undefined
  if (moved) return new Reply(moved.status, undefined, { location: `${request.origin}${moved.path}${request.query && `?${request.query}`}` })
  if (!unrouted(x)) return rateLimited(x)
  switch (found.kind) {
    case 'malformed':
      return x.refuse(malformed(x, 'The path has a bad escape'))
    case 'method': {
      if (request.method === 'OPTIONS') return preflight(request, found.allow)
      const reply = x.refuseWith(405, profile.failures.method?.(found.allow), profile.failures.notFound(''), `Method ${request.method} is not allowed`)
      return reply.header('allow', found.allow.join(', '))
    }
    default:
      return x.refuse(profile.failures.notFound(''))
  }
}

function preflight(request: MockRequest, allow: readonly string[]): Reply {
  return new Reply(204, undefined, {
    allow: allow.join(', '),
    ...(request.headers['access-control-request-method'] !== undefined && {
      'access-control-allow-methods': allow.join(', '),
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
      'access-control-max-age': '600',
    }),
  })
}

/** What a rule did to an answer, on the answer and in the journal. */
function applied({ entry }: Exchange, effect: Effect, reply: Reply): void {
  if (effect.fault) reply.fault = faultOf(effect)
  if (effect.preference !== undefined) reply.headers['preference-applied'] = effect.preference
  entry.note ??= `by rule: ${describe(effect)}`
}

function faultOf(effect: Effect): SocketFault {
  return { kind: effect.fault!, ...(effect.after !== undefined && { after: effect.after }) }
}
