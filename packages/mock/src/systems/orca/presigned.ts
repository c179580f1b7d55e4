import type { AuthResult } from '../../kernel/definition.js'
import { type MockRequest, parseQuery } from '../../kernel/request.js'
import type { SystemContext } from '../../kernel/system-context.js'
import { equalSecrets, hmacHex } from '../../world/hash.js'

const SECONDS = 300

/**
 * An address that gives a file to whoever has it, for five minutes. The vendor's lead to object storage; here the same operation
 * serves them, with `Expires` and `Signature` in the query as the only proof.
 */
export function presign(c: SystemContext, request: MockRequest): string {
  const expires = Math.floor(c.ms() / 1000) + SECONDS
  return `${request.origin}${request.path}?Expires=${expires}&Signature=${signature(c, request.path, String(expires))}`
}

/** The proof in the address: `undefined` where there is none. */
export function proveSigned(c: SystemContext, request: MockRequest): AuthResult | undefined {
  const query = new Map(parseQuery(request.query))
  const given = query.get('Signature')
  const expires = query.get('Expires')
  if (given === undefined || expires === undefined) return undefined
  if (!equalSecrets(signature(c, request.path, expires), given)) return 'invalid'
  if (Number(expires) * 1000 <= c.ms()) return 'expired'
  const report = c.everyone('reports').get(decodeURIComponent(request.path.split('/').at(-2) ?? ''))
  if (!report) return 'invalid'
  return { scheme: 'jwt', credential: `presigned:${report.id}`, org: report['_org'] ?? 'main', scopes: [], claims: { presigned: true } }
}

function signature(c: SystemContext, path: string, expires: string): string {
  return hmacHex(`${c.world.secret}/presigned`, `${path}\n${expires}`)
}
