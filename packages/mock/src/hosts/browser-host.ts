import { Reply } from '../kernel/reply.js'
import type { Host } from './host.js'
import { send } from './send.js'

/** Browsers and workers: no ports and no files. What needs them says so. */
export const browserHost: Host = {
  listen: async () => {
    throw needsNode('mock.listen()', 'here, use mock.fetch, mock.webSocket or mock.handlers()')
  },
  asset: async () => new Reply(501, { error: 'The pages come from files, which need Node: they are served by `orkit mock` and mock.listen()' }),
  send,
}

export function needsNode(what: string, instead: string): Error {
  return new Error(`${what} needs Node: ${instead}`)
}
