import { parseJson } from '../../kernel/body.js'
import { Reply } from '../../kernel/reply.js'
import type { MockRequest } from '../../kernel/request.js'
import { parseQuery } from '../../kernel/request.js'
import type { Json } from '../../kernel/types.js'
import type { World } from '../../world/world.js'
import type { Gateway } from '../gateway.js'
import { missing } from './action.js'
import { actions, router } from './table.js'

const ROOT = '/__orkit'

/** The control plane. `trusted` is what the host knows of the caller: loopback, or the right token; pages of other origins never are. */
export async function control(gateway: Gateway, world: World, request: MockRequest, trusted: () => boolean): Promise<Reply | undefined> {
  if (!request.path.startsWith(`${ROOT}/`)) return undefined
  const { origin } = request.headers
  if (!trusted() || (origin !== undefined && origin !== request.origin)) return new Reply(403, { error: 'The control plane answers to loopback or to its token only' })
  const found = router.match(request.method, request.path.slice(ROOT.length))
  if (found.kind === 'method') return new Reply(405, { error: `Use ${found.allow.join(' or ')}` }, { allow: found.allow.join(', ') })
  if (found.kind === 'malformed') return new Reply(400, { error: 'The path has a bad escape' })
  if (found.kind !== 'found') return missing(`Control has: ${actions.map(({ method, path }) => `${method} ${path}`).join(', ')}`)
  const { route: action, path } = found
  try {
    const body = request.method === 'POST' ? await bodyOf(request) : {}
    const reply = await action.run({ world, body, query: Object.fromEntries(parseQuery(request.query)), path, headers: request.headers, gateway })
    if (!action.reads) await gateway.save()
    return reply
  } catch (error) {
    return new Reply(400, { error: (error as Error).message })
  }
}

async function bodyOf(request: MockRequest): Promise<Json> {
  const data = await request.body()
  const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
  if (text === '') return {}
  // A snapshot may be large, and whoever restores it is trusted.
  const body: Json = parseJson(text, Number.POSITIVE_INFINITY)
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Error('The body must be a JSON object')
  return body
}
