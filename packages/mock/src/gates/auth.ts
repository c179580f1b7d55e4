import { ANONYMOUS } from '../kernel/context.js'
import type { AuthResult } from '../kernel/definition.js'
import type { RouteDocument, RouteOperation } from '../kernel/document.js'
import { chain, type Later } from '../kernel/later.js'
import type { Actor, UnauthorizedReason } from '../kernel/profile.js'
import { type MockRequest, parseCookies } from '../kernel/request.js'
import { SystemContext } from '../kernel/system-context.js'
import type { SystemWorld } from '../world/system-world.js'
import { type Claims, readJwt } from './jwt.js'
import { proveKey } from './keys.js'
import { lacking } from './scopes.js'
import { proveSession } from './sessions.js'

export type Proof =
  | { ok: true; actor: Actor }
  | { ok: false; kind: 'unauthorized'; reason: UnauthorizedReason; scheme: string }
  | { ok: false; kind: 'scope'; required: readonly string[]; actor: Actor }

type Scheme = RouteDocument['schemes'][string]

/** Tries the alternatives in order. What comes closest to passing is what is told. */
export function prove(world: SystemWorld, operation: RouteOperation, request: MockRequest): Later<Proof> {
  if (operation.security.length === 0) return { ok: true, actor: ANONYMOUS }
  return tryFrom(world, operation, request, 0, undefined)
}

function tryFrom(world: SystemWorld, operation: RouteOperation, request: MockRequest, from: number, worst: Proof | undefined): Later<Proof> {
  let best = worst
  for (let i = from; i < operation.security.length; i++) {
    const proof = alternative(world, operation, request, operation.security[i]!)
    if (proof instanceof Promise) return proof.then((settled) => (settled.ok ? settled : tryFrom(world, operation, request, i + 1, nearer(best, settled))))
    if (proof.ok) return proof
    best = nearer(best, proof)
  }
  return best!
}

/** Every scheme of an alternative has to hold; the actor is the first one's. */
function alternative(world: SystemWorld, operation: RouteOperation, request: MockRequest, schemes: Readonly<Record<string, readonly string[]>>): Later<Proof> {
  const names = Object.keys(schemes)
  if (names.length === 0) return { ok: true, actor: ANONYMOUS }
  if (names.length === 1) return chain(proveScheme(world, operation, request, names[0]!), (result) => judged(world, names[0]!, schemes[names[0]!]!, result))
  const results = names.map((name) => proveScheme(world, operation, request, name))
  const judge = (settled: readonly AuthResult[]): Proof => {
    const proofs = settled.map((result, i) => judged(world, names[i]!, schemes[names[i]!]!, result))
    return proofs.find((proof) => !proof.ok && proof.kind === 'unauthorized') ?? proofs.find((proof) => !proof.ok) ?? proofs[0]!
  }
  return results.some((result) => result instanceof Promise) ? Promise.all(results).then(judge) : judge(results as AuthResult[])
}

function judged(world: SystemWorld, scheme: string, required: readonly string[], result: AuthResult): Proof {
  if (typeof result === 'string') return { ok: false, kind: 'unauthorized', reason: result, scheme }
  return lacking(result, required, world.system.definition.profile).length > 0 ? { ok: false, kind: 'scope', required, actor: result } : { ok: true, actor: result }
}

function proveScheme(world: SystemWorld, operation: RouteOperation, request: MockRequest, name: string): Later<AuthResult> {
  const { document, authenticate, profile } = world.system.definition
  const own = authenticate?.[name]
  if (own) return own(new SystemContext(world, 'main'), request, operation)
  const scheme = document.schemes[name]
  if (!scheme) throw new Error(`${document.name} has no security scheme ${name}`)
  const credential = profile.credential?.(request, name) ?? carried(request, scheme)
  if (credential === undefined || credential === '') return 'missing'
  switch (scheme.strategy) {
    case 'session':
      return proveSession(world, name, credential)
    case 'jwt':
      return proveJwt(world, name, credential)
    default:
      return proveKey(world, name, credential)
  }
}

/** An access token: signed here, not run out, of a family that was not revoked, for a user who still exists. */
export function proveJwt(world: SystemWorld, scheme: string, token: string): Later<AuthResult> {
  return chain(readJwt(world, token, 'access'), (claims) => (typeof claims === 'string' ? claims : userOf(world, scheme, claims)))
}

function userOf(world: SystemWorld, scheme: string, claims: Claims): AuthResult {
  // All tokens of a family are revoked together.
  if (claims['fam'] !== undefined && world.store.collection('_refresh').peekBy('family', claims['fam'])?.row['revoked'] === true) return 'revoked'
  const user = world.store.collection('_users').get(claims.sub)
  if (!user) return 'invalid'
  return { scheme, credential: `user:${user.id}`, user: String(user.id), org: user['_org'] ?? 'main', role: user['role'], scopes: claims['scopes'] ?? [], row: user, claims }
}

/** The credential where the document says it is. */
export function carried(request: MockRequest, scheme: Scheme): string | undefined {
  if (scheme.in === 'cookie') return parseCookies(request.headers['cookie'])[scheme.name]
  const value = request.headers[scheme.name.toLowerCase()]
  if (value === undefined || scheme.strategy === 'apiKey') return value
  return /^bearer\s+(\S+)\s*$/i.exec(value)?.[1]
}

const RANK: Readonly<Record<UnauthorizedReason, number>> = { missing: 0, invalid: 1, revoked: 2, expired: 3 }

function nearer(a: Proof | undefined, b: Proof): Proof {
  return a === undefined || rank(b) > rank(a) ? b : a
}

function rank(proof: Proof): number {
  return proof.ok ? 5 : proof.kind === 'scope' ? 4 : RANK[proof.reason]
}
