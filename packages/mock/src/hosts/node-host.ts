import { isLoopback } from '../effects/addresses.js'
import type { Host } from './host.js'
import { send } from './send.js'

/** Node, and what is like it. Each part is loaded when first asked for. */
export const nodeHost: Host = {
  listen: async (gateway, options) => (await import('./node.js')).listen(gateway, options),
  asset: async (name, acceptEncoding) => (await import('./docs/assets.js')).asset(name, acceptEncoding),
  // A name that leads to a private network is found out before anything is sent.
  send: async (url, init) => (isLoopback(new URL(url).hostname) ? send(url, init) : (await import('./node-send.js')).sendGuarded(url, init)),
}
