import { isLoopback } from '../effects/addresses.js'
import type { WorldOptions } from '../world/options.js'

type Send = NonNullable<WorldOptions['send']>

/** Over the network. A redirect is an answer like any other and is not followed: it could lead anywhere. */
export const send: Send = async (url, init) => {
  // Where names can be looked up, one that leads to a private network is found out before anything is sent.
  if (!isLoopback(new URL(url).hostname) && globalThis.process?.versions?.node) {
    const { sendGuarded } = await import('./node-send.js')
    return sendGuarded(url, init)
  }
  const { status, body } = await globalThis.fetch(url, { ...init, redirect: 'manual' })
  await body?.cancel()
  return { status }
}
