import type { SystemWorld } from '../world/system-world.js'
import { Exchange } from './exchange.js'
import type { Failure } from './profile.js'
import type { Reply } from './reply.js'
import type { MockRequest } from './request.js'

/** The answer to what could not even be read as a request, in the vendor's shape. */
export function refusal(system: SystemWorld, request: MockRequest, status: number, message: string): Reply {
  const x = new Exchange(system, request, { n: 0, at: 0, system: system.system.name, method: request.method, path: request.path, headers: request.headers, status })
  const { failures } = x.profile
  const kindred: Failure = failures.malformed?.(message) ?? failures.validation([{ field: '', in: 'header', message, keyword: 'http' }])
  return x.finish(x.refuseWith(status, undefined, kindred, message))
}
