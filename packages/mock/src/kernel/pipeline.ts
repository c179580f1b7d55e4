import { describe, ruleFor, type Effect } from '../effects/faults.js'
import { prove } from '../gates/auth.js'
import { csrfFault } from '../gates/csrf.js'
import { categoryOf, limitKey } from '../gates/rate-limit.js'
import { checkBody, readParameters } from '../gates/validate.js'
import type { JournalEntry } from '../world/journal.js'
import type { World } from '../world/world.js'
import type { SystemWorld } from '../world/system-world.js'
import { checkMediaType, type ParsedBody, readBody } from './body.js'
import { ANONYMOUS, Context } from './context.js'
import { violation } from './contract.js'
import { Exchange } from './exchange.js'
import { accepted } from './negotiate.js'
import { CursorError } from './paging.js'
import type { Actor } from './profile.js'
import { isStream, Reply, ReplyError, type SocketFault } from './reply.js'
import { type MockRequest, RequestError } from './request.js'
import type { Operation } from './system.js'
import { SystemContext } from './system-context.js'

const NO_BODY: ParsedBody = { value: undefined, files: {}, subject: undefined, textual: false, present: false }

/** The answer to a request, always in the vendor's shape. */
export async function handle(world: World, system: SystemWorld, request: MockRequest): Promise<Reply> {
  const { reply } = await run(world, system, request, false)
  return reply!
}

/** A WebSocket handshake: an answer that refuses it, or the context to serve it with. */
export async function upgrade(world: World, system: SystemWorld, request: MockRequest): Promise<{ reply: Reply } | Handshake> {
  const { reply, context, operation, fault } = await run(world, system, request, true)
  return context ? { context, operation: operation!, ...(fault && { fault }) } : { reply: reply! }
}

/** A handshake that the gates let through. */
export interface Handshake {
  context: Context
  operation: Operation
  /** What the socket will suffer. */
  fault?: SocketFault
}

interface Outcome {
  reply?: Reply
  context?: Context
  operation?: Operation
  fault?: SocketFault
}

async function run(world: World, system: SystemWorld, request: MockRequest, handshake: boolean): Promise<Outcome> {
  if (system.nextDue() <= world.clock.now()) await world.run()
  const x = new Exchange(system, request)
  const entry = world.journal.add({ at: world.clock.now(), system: system.system.name, method: request.method, path: request.query ? `${request.path}?${request.query}` : request.path, headers: request.headers, status: 0 })
  let effect: Effect | undefined
  let reply: Reply
  try {
    const routed = route(x)
    if (x.operation) entry.operationId = x.operation.id
    if (!(routed instanceof Reply)) effect = ruleFor(world, { system: x.world.system.name, operation: x.operation!.id, method: request.method, path: request.path }, request.headers['prefer'])
    const delay = (effect?.delay ?? 0) + (world.clock.frozen ? 0 : world.latency())
    if (delay > 0) await world.clock.sleep(delay)
    const result = routed instanceof Reply ? routed : effect?.status !== undefined ? forced(x, effect) : await admit(x, routed, handshake, (text) => (entry.body = text))
    if (result instanceof Context) {
      entry.status = 101
      world.journal.done(entry)
      world.keep(x.lifetime)
      return { context: result, operation: x.operation!, ...(effect?.fault && { fault: faultOf(effect) }) }
    }
    reply = result
  } catch (error) {
    reply = caught(x, error)
  }
  reply = x.finish(reply)
  const wrong = system.options.strict && effect?.status === undefined && x.operation ? violation(x.operation, reply, !x.behaving) : undefined
  if (wrong !== undefined) reply = x.finish(contractViolation(x, wrong, reply))
  // Only a behaviour's answer lives on: it may be a stream.
  if (reply.lifetime !== x.lifetime) x.lifetime.close()
  if (reply.status >= 500 && reply.note !== undefined) entry.note = reply.note
  if (effect) applied(effect, reply, entry)
  if (isStream(reply.body)) world.keep(x.lifetime)
  entry.status = reply.status
  if (x.issues) entry.issues = x.issues
  world.journal.done(entry, reply)
  if (system.nextDue() < Number.POSITIVE_INFINITY) world.arm()
  return { reply }
}

function route(x: Exchange): Record<string, string> | Reply {
  const { request, profile } = x
  const found = x.world.system.router.match(request.method, request.path)
  switch (found.kind) {
    case 'found':
      x.operation = found.route
      return found.path
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
function applied(effect: Effect, reply: Reply, entry: JournalEntry): void {
  if (effect.fault) reply.fault = faultOf(effect)
  if (effect.preference !== undefined) reply.headers['preference-applied'] = effect.preference
  entry.note ??= `by rule: ${describe(effect)}`
}

function faultOf(effect: Effect): SocketFault {
  return { kind: effect.fault!, ...(effect.after !== undefined && { after: effect.after }) }
}

/** The gates in their fixed order, then the behaviour. */
async function admit(x: Exchange, path: Record<string, string>, handshake: boolean, note: (text: string) => void): Promise<Reply | Context> {
  const { world, request, profile } = x
  const operation = x.operation!
  if (profile.counting?.first && !limitFirst(x, profile.counting.first)) return x.refuse(profile.failures.rateLimited(operation.category!, x.allowance!.wait))
  const proving = prove(world, operation, request)
  const proof = proving instanceof Promise ? await proving : proving
  if (!proof.ok) {
    limit(x, ANONYMOUS, false)
    if (proof.kind === 'scope') return x.refuse(profile.failures.scope(proof.required, proof.actor))
    return x.refuse(profile.failures.unauthorized(proof.reason, proof.scheme)).header('www-authenticate', challenge(x, proof.scheme, proof.reason))
  }
  const { actor } = proof
  x.actor = actor
  const fault = csrfFault(world.system.definition.document, operation, request, actor)
  if (fault !== undefined) {
    limit(x, actor, false)
    const failure = profile.failures.csrf?.(fault, actor)
    return failure === undefined ? x.refuse(profile.failures.scope(['csrf'], actor)) : 'body' in failure ? new Reply(failure.status, failure.body) : x.refuse(failure)
  }
  const owner = profile.ownerFor?.(actor) ?? actor.org
  const barred = world.system.definition.guard?.(new SystemContext(world, owner), operation, actor, path)
  if (barred) {
    limit(x, actor, false)
    return x.refuse(barred)
  }
  if (!limit(x, actor, true)) return x.refuse(profile.failures.rateLimited(operation.category!, x.allowance!.wait))
  if (operation.stream?.kind === 'websocket' && !handshake) {
    return x.refuseWith(426, undefined, malformed(x, ''), 'This address is for WebSocket connections').header('upgrade', 'websocket')
  }
  const media = operation.body && checkMediaType(request, operation.body)
  const offered = Object.keys(operation.responses[operation.success]?.content ?? {})
  if (accepted(request.headers['accept'], offered) === undefined) {
    return x.refuseWith(406, profile.failures.notAcceptable?.(), profile.failures.internal(''), `This answers with ${offered.join(' or ')}`)
  }
  const input = readParameters(operation, path, request)
  const body = operation.body ? await readBody(request, operation.body, media) : NO_BODY
  if (body.text !== undefined) note(body.text)
  const issues = input.issues.concat(operation.body ? checkBody(operation, body) : [])
  if (issues.length > 0) {
    x.issues = issues
    return x.refuse(profile.failures.validation(issues))
  }
  const context = new Context(world, operation, request, actor, owner, x.lifetime, { path, query: input.query, body: body.value, files: body.files })
  if (handshake) {
    // A behaviour beside a socket speaks before the upgrade: what it throws, or a reply it returns, refuses the handshake.
    const refusal: unknown = await operation.behave?.(context)
    return refusal instanceof Reply ? refusal : context
  }
  x.behaving = true
  const pending = operation.behave!(context)
  const result = pending instanceof Promise ? await pending : pending
  const reply = result instanceof Reply ? result : context.ok(result)
  reply.lifetime = x.lifetime
  return reply
}

/** Counts a request before anybody looks at its credentials. */
function limitFirst(x: Exchange, { caller }: { caller(request: MockRequest): { session?: string; ip: string } }): boolean {
  const { session, ip } = caller(x.request)
  return counted(x, session === undefined ? ANONYMOUS : { ...ANONYMOUS, session }, ip, true)
}

/** Counts the request where it counts; says whether it may go on. Without `count` it only looks. */
function limit(x: Exchange, actor: Actor, count: boolean): boolean {
  return x.profile.counting?.first ? true : counted(x, actor, x.request.ip, count)
}

function counted(x: Exchange, actor: Actor, ip: string, count: boolean): boolean {
  const operation = x.operation!
  const { world } = x
  const category = categoryOf(world.system.definition.document, operation.category, world.options.rateLimits, operation.category === undefined ? undefined : x.profile.windows?.(operation.category, actor), x.profile.counting?.sliding)
  if (!category) return true
  const key = limitKey(category.key, actor, ip)
  if (!count || world.options.rateLimits === 'off') {
    x.allowance = world.limits.look(operation.category!, category, key, world.now())
    return true
  }
  x.allowance = world.limits.take(operation.category!, category, key, world.now())
  if (x.allowance.allowed && category.concurrent !== undefined) x.lifetime.onClose(world.limits.begin(operation.category!, key))
  return x.allowance.allowed
}

function challenge(x: Exchange, scheme: string, reason: string): string {
  const found = x.world.system.definition.document.schemes[scheme]
  if (found?.strategy === 'jwt' || found?.strategy === 'bearer') return reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"'
  return found?.strategy === 'session' ? `Cookie cookie-name="${found.name}"` : `ApiKey header="${found?.name ?? ''}"`
}

function malformed(x: Exchange, message: string) {
  const { failures } = x.profile
  return failures.malformed?.(message) ?? failures.validation([{ field: '', in: 'body', message, keyword: 'json' }])
}

function forced(x: Exchange, effect: Effect): Reply {
  const { failures, codes } = x.profile
  const status = effect.status!
  const kindred = status === 401 ? failures.unauthorized('invalid', Object.keys(x.operation?.security[0] ?? {})[0] ?? '')
    : status === 403 ? failures.scope(Object.values(x.operation?.security[0] ?? {})[0] ?? [], ANONYMOUS)
    : status === 404 ? failures.notFound('')
    : status === 429 ? failures.rateLimited(x.operation?.category ?? '', 1)
    : status < 500 ? malformed(x, 'Asked for by a rule')
    : failures.internal('Asked for by a rule')
  const code = effect.code ?? (codes[kindred.code] === status ? kindred.code : (Object.entries(codes).find(([, value]) => value === status)?.[0] ?? kindred.code))
  if (status < 400) return new Reply(status)
  const reply = x.refuse({ ...kindred, code, status })
  if (status === 429) x.allowance = { allowed: false, limit: 1, remaining: 0, reset: x.world.now() + 1000, wait: 1 }
  return reply
}

function caught(x: Exchange, error: unknown): Reply {
  const { failures } = x.profile
  if (error instanceof ReplyError) return error.reply
  if (error instanceof CursorError) return x.refuse(failures.validation([{ field: error.parameter, in: 'query', message: error.message, keyword: 'cursor' }]))
  if (error instanceof RequestError) {
    const kindred = malformed(x, error.message)
    if (error.kind === 'malformed') return x.refuse(kindred)
    if (error.kind === 'tooLarge') return x.refuseWith(413, failures.tooLarge?.(), kindred, error.message)
    return x.refuseWith(415, failures.unsupportedMediaType?.(error.message), kindred, error.message)
  }
  const text = error instanceof Error ? error.message : String(error)
  const reply = x.refuse({ ...failures.internal(x.world.options.strict ? text : 'Internal server error'), status: 500 })
  reply.note = error instanceof Error ? (error.stack ?? text) : text
  return reply
}

function contractViolation(x: Exchange, wrong: string, was: Reply): Reply {
  was.lifetime?.close()
  const message = `mock_contract_violation: ${x.operation!.id}: ${wrong}`
  const reply = x.refuse({ ...x.profile.failures.internal(message), message, status: 500 })
  reply.note = `${message}\nanswer: ${JSON.stringify(was.body)?.slice(0, 2000)}${was.note ? `\n${was.note}` : ''}`
  return reply.header('x-mock-contract-violation', message.replaceAll(/[^\x20-\x7e]/g, '?'))
}
