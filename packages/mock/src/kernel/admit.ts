import { prove, type Proof } from '../gates/auth.js'
import { csrfFault } from '../gates/csrf.js'
import { categoryOf, limitKey } from '../gates/rate-limit.js'
import { checkBody, type Input, readParameters } from '../gates/validate.js'
import { checkMediaType, type ParsedBody, readBody } from './body.js'
import { ANONYMOUS, Context } from './context.js'
import type { Exchange } from './exchange.js'
import { challenge, malformed } from './failures.js'
import { chain, type Later } from './later.js'
import { accepted } from './negotiate.js'
import type { Actor } from './profile.js'
import { Reply } from './reply.js'
import type { MockRequest } from './request.js'
import { SystemContext } from './system-context.js'

const NO_BODY: ParsedBody = { value: undefined, files: {}, subject: undefined, textual: false, present: false }

type Path = Record<string, string>

/** The gates in their fixed order, then the behaviour: its answer, or what refuses it. Of a handshake that passes, the context to serve it with. */
export function admit(x: Exchange, path: Path, handshake: boolean): Later<Reply | Context> {
  const { profile } = x
  x.lifetime.hold()
  if (profile.counting?.first && !limitFirst(x, profile.counting.first)) return rateLimited(x)
  return chain(prove(x.world, x.operation!, x.request), (proof) => (proof.ok ? enter(x, path, handshake, proof.actor) : unproved(x, proof)))
}

function unproved(x: Exchange, proof: Exclude<Proof, { ok: true }>): Reply {
  const { failures } = x.profile
  limit(x, ANONYMOUS, false)
  if (proof.kind === 'scope') return x.refuse(failures.scope(proof.required, proof.actor))
  return x.refuse(failures.unauthorized(proof.reason, proof.scheme)).header('www-authenticate', challenge(x, proof.scheme, proof.reason))
}

/** What somebody who is proved still has to pass. */
function enter(x: Exchange, path: Path, handshake: boolean, actor: Actor): Later<Reply | Context> {
  const { world, request, profile } = x
  const { definition } = world.system
  const operation = x.operation!
  x.actor = actor
  const fault = csrfFault(definition.document, operation, request, actor)
  if (fault !== undefined) {
    limit(x, actor, false)
    const failure = profile.failures.csrf?.(fault, actor)
    return failure === undefined ? x.refuse(profile.failures.scope(['csrf'], actor)) : 'body' in failure ? new Reply(failure.status, failure.body) : x.refuse(failure)
  }
  const owner = profile.ownerFor?.(actor) ?? actor.org
  const barred = definition.guard?.(new SystemContext(world, owner), operation, actor, path)
  if (barred) {
    limit(x, actor, false)
    return x.refuse(barred)
  }
  if (!limit(x, actor, true)) return rateLimited(x)
  if (operation.stream?.kind === 'websocket' && !handshake) {
    return x.refuseWith(426, undefined, malformed(x, ''), 'This address is for WebSocket connections').header('upgrade', 'websocket')
  }
  const media = operation.body && checkMediaType(request, operation.body)
  const { offered } = operation
  if (accepted(request.headers['accept'], offered) === undefined) {
    return x.refuseWith(406, profile.failures.notAcceptable?.(), profile.failures.internal(''), `This answers with ${offered.join(' or ')}`)
  }
  const input = readParameters(operation, path, request)
  if (!operation.body) return validated(x, input, handshake, owner, NO_BODY)
  return chain(readBody(request, operation.body, media), (body) => validated(x, input, handshake, owner, body))
}

function validated(x: Exchange, input: Input, handshake: boolean, owner: string, body: ParsedBody): Later<Reply | Context> {
  const operation = x.operation!
  if (body.text !== undefined) x.entry.body = body.text
  const issues = operation.body ? input.issues.concat(checkBody(operation, body)) : input.issues
  if (issues.length > 0) {
    x.issues = issues
    return x.refuse(x.profile.failures.validation(issues))
  }
  x.lifetime.hold()
  const context = new Context(x.world, operation, x.request, x.actor!, owner, x.lifetime, input.path, input.query, body.value, body.files)
  if (handshake) return openSocket(x, context)
  x.behaving = true
  const answer: unknown = operation.behave!(context)
  return answer instanceof Promise ? answer.then((result: unknown) => finished(x, context, result)) : finished(x, context, answer)
}

/** A behaviour beside a socket speaks before the upgrade: what it throws, or a reply it returns, refuses the handshake. */
function openSocket(x: Exchange, context: Context): Later<Reply | Context> {
  const { behave } = x.operation!
  return behave ? chain(behave(context) as Later<unknown>, (refusal) => (refusal instanceof Reply ? refusal : context)) : context
}

function finished(x: Exchange, context: Context, result: unknown): Reply {
  const reply = result instanceof Reply ? result : context.ok(result)
  reply.lifetime = x.lifetime
  return reply
}

export function rateLimited(x: Exchange): Reply {
  return x.refuse(x.profile.failures.rateLimited(x.operation?.category ?? x.world.system.definition.document.rateLimits.default, x.allowance!.wait))
}

/** Counts a request before anybody looks at its credentials. */
function limitFirst(x: Exchange, { caller }: { caller(request: MockRequest): { session?: string; ip: string } }): boolean {
  const { session, ip } = caller(x.request)
  return counted(x, session === undefined ? ANONYMOUS : { ...ANONYMOUS, session }, ip, true)
}

/** What is asked of no operation shows the allowance of everything else. It counts only where all requests do; says whether it may go on. */
export function unrouted(x: Exchange): boolean {
  const first = x.profile.counting?.first
  return first ? limitFirst(x, first) : limit(x, ANONYMOUS, false)
}

/** Counts the request where it counts; says whether it may go on. Without `count` it only looks. */
function limit(x: Exchange, actor: Actor, count: boolean): boolean {
  return x.profile.counting?.first ? true : counted(x, actor, undefined, count)
}

function counted(x: Exchange, actor: Actor, ip: string | undefined, count: boolean): boolean {
  const { world, profile } = x
  const { document } = world.system.definition
  const name = x.operation ? x.operation.category : document.rateLimits.default
  if (name === undefined) return true
  const category = categoryOf(document, name, world.options.rateLimits, profile.windows?.(name, actor), profile.counting?.sliding)
  if (!category) return true
  const key = limitKey(category.key, actor, ip ?? x.request.ip)
  if (!count || world.options.rateLimits === 'off') {
    x.allowance = world.limits.look(name, category, key, world.now())
    return true
  }
  x.allowance = world.limits.take(name, category, key, world.now())
  if (x.allowance.allowed && category.concurrent !== undefined) x.lifetime.onClose(world.limits.begin(name, key))
  return x.allowance.allowed
}
