import type { AuthResult } from '../../kernel/definition.js'
import { type MockRequest, parseQuery } from '../../kernel/request.js'
import { Reply } from '../../kernel/reply.js'
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

/** A stored file as object storage serves it: with a version, and in the one range that is asked for while that version holds. */
export function serveStored(reply: Reply, request: MockRequest): Reply {
  const bytes = typeof reply.body === 'string' ? new TextEncoder().encode(reply.body) : reply.body as Uint8Array
  const etag = `"${hmacHex('etag', typeof reply.body === 'string' ? reply.body : new TextDecoder('latin1').decode(bytes)).slice(0, 32)}"`
  reply.header('accept-ranges', 'bytes').header('etag', etag)
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers['range'] ?? '') ?? []
  const condition = request.headers['if-range']
  if (first === undefined || (condition !== undefined && condition !== etag)) return reply
  const from = Number(first)
  const to = Math.min(last === undefined || last === '' ? Infinity : Number(last), bytes.length - 1)
  // A part that is not there: the range is passed over, as a server may.
  return to < from ? reply : Reply.raw(206, bytes.subarray(from, to + 1), { ...reply.headers, 'content-range': `bytes ${from}-${to}/${bytes.length}` })
}

function signature(c: SystemContext, path: string, expires: string): string {
  return hmacHex(`${c.world.secret}/presigned`, `${path}\n${expires}`)
}
