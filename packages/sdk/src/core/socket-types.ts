/** The part of a WebSocket that is used: the platform's own and `ws` both have it. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  /** Set to `arraybuffer`: a `Blob` could only be read by waiting. */
  binaryType?: string
  close(code?: number, reason?: string): void
}

/** Opens a socket. `headers` carry the credential; a factory that cannot send them says so, and the token goes into the URL instead. */
export interface WebSocketFactory {
  (url: string, init: { readonly headers: Readonly<Record<string, string>> }): WebSocketLike | Promise<WebSocketLike>
  readonly sendsHeaders?: boolean
}

/** The platform's own, where there is one. */
export function platformWebSocket(): WebSocketFactory | undefined {
  const Platform = (globalThis as { WebSocket?: new (url: string) => unknown }).WebSocket
  if (Platform === undefined) return undefined
  return Object.assign((url: string) => new Platform(url) as WebSocketLike, { sendsHeaders: false })
}
