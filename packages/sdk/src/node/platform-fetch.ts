import type { Fetch } from '../core/options.js'
import { isFetchUntouched } from './untouched.js'

// The one for Node; `src/core/platform-fetch.ts` is for all others. `imports` in package.json tells which is taken.

let transport: Fetch | undefined
let loading: Promise<Fetch> | undefined

/** One for the process, so that all clients share its connections. Loaded with the first request: importing a client loads no `node:http`. */
const load = () => (loading ??= import('./transport.js').then(({ nodeTransport }) => (transport = nodeTransport())))

/** Requests over node:http; over the global `fetch` where the program has put another one there, or another dispatcher under it. */
export const platformFetch: Fetch = (url, init) => {
  if (!isFetchUntouched()) return replaced(url, init)
  return transport === undefined ? load().then((send) => send(url, init)) : transport(url, init)
}

/** The text of an answer of `platformFetch`, where reading it is known to end with the signal; undefined where that is not known. */
export function platformText(response: Response): Promise<string> | undefined {
  return 'toResponse' in response ? response.text() : undefined
}

/** What stands in for `fetch` in tests may never look at the signal. */
function replaced(url: string, init: Parameters<Fetch>[1]): Promise<Response> {
  const { signal } = init
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    const ask = async () => globalThis.fetch(url, init as RequestInit)
    ask().then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
