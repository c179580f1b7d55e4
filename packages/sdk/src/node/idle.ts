import type { Agent, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** Milliseconds for which a connection is kept of which the server has not said how long it keeps it: as undici has it, and less than Node's own servers do. */
const UNTOLD = 4_000
/** No longer than this whatever the server says: what is on the way forgets connections too. */
const LONGEST = 60_000
/** Given up so much before the server does, so that no request is under way to a connection that is just being closed. */
const MARGIN = 1_000

/**
 * Lets an agent give up idle connections before the other side does: after what `Keep-Alive: timeout=` says less a second, after 4 s without it. Node does it only as far as
 * the agent has a time-out of its own, which would count for connections in use as well.
 */
export function limitIdle<A extends Agent>(agent: A): A {
  agent.keepSocketAlive = (stream) => {
    const socket = stream as Socket & { _httpMessage?: { res?: IncomingMessage } }
    const ms = idleTime(socket._httpMessage?.res?.headers['keep-alive'])
    if (ms <= 0) return false
    socket.setKeepAlive(true, 1_000)
    socket.unref()
    // The agent closes a socket that times out while it is idle. In use, nobody listens to it; but it may have run out then, so it is started again each time.
    socket.setTimeout(ms)
    return true
  }
  return agent
}

/** Milliseconds for which an idle connection may be used again. */
export function idleTime(keepAlive: string | string[] | undefined): number {
  const seconds = /(?:^|[,;\s])timeout\s*=\s*(\d+)/i.exec(String(keepAlive ?? ''))?.[1]
  return seconds === undefined ? UNTOLD : Math.min(Number(seconds) * 1_000 - MARGIN, LONGEST)
}
