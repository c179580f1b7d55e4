import type { Attempt } from './deadline.js'
import { ConnectionError } from './errors/network.js'
import type { Call } from './pipeline.js'
import { isLoopback } from './url.js'

const MAX_REDIRECTS = 3

/** What part of the file is wanted: the only headers of the first request that say nothing about who asks. */
function rangeOf({ sending }: Call): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of ['range', 'if-range']) if (sending[name] !== undefined) headers[name] = sending[name]
  return headers
}

/** Follows to another host, where the document has a redirect, with nothing of ours in the request but the range: no credential, no header of the caller's. Others are refused. */
export async function followRedirect(call: Call, attempt: Attempt, first: Response): Promise<Response> {
  let response = first
  let base = call.url
  for (let hop = 0; call.op.redirect === true && hop < MAX_REDIRECTS; hop++) {
    const location = response.headers.get('location')
    await discard(response)
    if (location === null) break
    const target = new URL(location, base)
    const safe = target.protocol === 'https:' || (target.protocol === 'http:' && isLoopback(target.hostname) && isLoopback(new URL(call.url).hostname))
    if (!safe) break
    base = target.href
    response = await attempt.run(call.fetch(base, { method: 'GET', headers: rangeOf(call), signal: attempt.signal, redirect: 'manual' }))
    if (response.status < 300 || response.status > 399) return response
  }
  await discard(response)
  throw new ConnectionError(`${call.profile.name} ${call.op.id}: the server answered with a redirect, which is not followed`, { system: call.profile.name, operation: call.op.id, attempts: call.attempt, code: 'redirect_refused', retryable: false })
}

async function discard(response: Response): Promise<void> {
  // A body that is locked or gone already has nothing left to give up.
  if (response.bodyUsed !== true) await response.body?.cancel().catch(() => undefined)
}
