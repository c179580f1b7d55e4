import type { WebSocketFactory, WebSocketLike } from '../core/socket-types.js'

/** Sockets by the `ws` package, which is loaded when the first one is opened. Credentials travel in headers, and no redirect is followed. */
export function nodeWebSocket(options: { ca?: string | Buffer | (string | Buffer)[] } = {}): WebSocketFactory {
  return async (url, { headers }) => {
    const { WebSocket } = await import('ws')
    return new WebSocket(url, { headers, followRedirects: false, maxPayload: 16 * 1024 * 1024, ...options }) as unknown as WebSocketLike
  }
}
