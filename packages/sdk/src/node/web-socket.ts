import type { Agent } from 'node:http'
import type { WebSocketFactory, WebSocketLike } from '../core/socket-types.js'
import { proxyFor, type Env } from './proxy.js'
import { plainTunnelAgent, tunnelAgent } from './tunnel.js'

export interface NodeWebSocketOptions {
  /** More certificate authorities, PEM. */
  ca?: string | Buffer | (string | Buffer)[]
  /** Where the proxy variables are read. Default: the process's. */
  env?: Env
  /** Milliseconds between pings; a connection that leaves one unanswered is given up, and opened again by who reads it. Default 30 000; `Infinity` for none. */
  heartbeat?: number
}

/** Sockets by the `ws` package, which is loaded when the first one is opened. Credentials travel in headers, no redirect is followed, and the proxy variables hold. */
export function nodeWebSocket({ ca, env = process.env, heartbeat = 30_000 }: NodeWebSocketOptions = {}): WebSocketFactory {
  return async (url, { headers }) => {
    const { WebSocket } = await import('ws')
    const agent = agentFor(url, env, ca)
    const socket = new WebSocket(url, { headers, followRedirects: false, maxPayload: 16 * 1024 * 1024, ...(ca === undefined ? {} : { ca }), ...(agent === undefined ? {} : { agent }) })
    if (heartbeat !== Infinity) {
      let alive = true
      const note = () => { alive = true }
      const timer = setInterval(() => {
        if (socket.readyState !== WebSocket.OPEN) return
        if (!alive) return socket.terminate()
        alive = false
        socket.ping()
      }, heartbeat)
      timer.unref()
      for (const sign of ['open', 'pong', 'ping', 'message']) socket.on(sign, note)
      socket.once('close', () => clearInterval(timer))
    }
    // The tunnel is this socket's alone.
    if (agent !== undefined) socket.once('close', () => agent.destroy())
    return socket as unknown as WebSocketLike
  }
}

function agentFor(address: string, env: Env, ca: NodeWebSocketOptions['ca']): Agent | undefined {
  const url = new URL(address.replace(/^ws/, 'http'))
  const proxy = proxyFor(url, env)
  if (proxy === undefined) return undefined
  return url.protocol === 'https:' ? tunnelAgent({ proxy, ...(ca === undefined ? {} : { ca }) }) : plainTunnelAgent({ proxy })
}
