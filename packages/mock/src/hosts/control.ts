import { parseJson } from '../kernel/body.js'
import { Reply } from '../kernel/reply.js'
import type { MockRequest } from '../kernel/request.js'
import { parseQuery } from '../kernel/request.js'
import type { Json } from '../kernel/types.js'
import type { World } from '../world/world.js'
import { actions } from './control-actions.js'
import type { Gateway } from './gateway.js'

/** Of changes to a world, these leave nothing to write down. */
const READS = new Set(['POST /verify', 'POST /wait'])

/** The control plane. `trusted` is what the host knows of the caller: loopback, or the right token; pages of other origins never are. */
export async function control(gateway: Gateway, world: World, request: MockRequest, trusted: () => boolean): Promise<Reply | undefined> {
  if (!request.path.startsWith('/__orkit/')) return undefined
  const { origin } = request.headers
  if (!trusted() || (origin !== undefined && origin !== request.origin)) return new Reply(403, { error: 'The control plane answers to loopback or to its token only' })
  const path = request.path.slice('/__orkit'.length)
  const slash = path.indexOf('/', 1)
  const first = slash < 0 ? path : path.slice(0, slash)
  const [name, rest] = `${request.method} ${path}` in actions ? [`${request.method} ${path}`, ''] : [`${request.method} ${first}`, slash < 0 ? '' : decodeURIComponent(path.slice(slash + 1))]
  const action = actions[name]
  if (!action) return new Reply(404, { error: `Control has: ${Object.keys(actions).join(', ')}` })
  try {
    const reply = await action({ world, body: request.method === 'POST' ? await bodyOf(request) : {}, query: Object.fromEntries(parseQuery(request.query)), headers: request.headers, gateway, rest })
    if (request.method !== 'GET' && !READS.has(name)) await gateway.save()
    return reply
  } catch (error) {
    return new Reply(400, { error: (error as Error).message })
  }
}

async function bodyOf(request: MockRequest): Promise<Json> {
  const data = await request.body()
  const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
  if (text === '') return {}
  const body: Json = parseJson(text)
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Error('The body must be a JSON object')
  return body
}
