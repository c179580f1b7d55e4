/** The part of a WebSocket that is used: the platform's own and `ws` both have it. */
export interface WebSocketLike {
  /** Set by the SDK; to be called when the connection stands. */
  onopen: ((event: never) => void) | null
  /** Set by the SDK; to be called with each message as `data`: text, or bytes of UTF-8. */
  onmessage: ((event: never) => void) | null
  /** Set by the SDK; a close is expected to follow. The status of a refusal is read from the message as `ws` words it. */
  onerror: ((event: never) => void) | null
  /** Set by the SDK; to be called with the close `code`. Without one it counts as 1006. */
  onclose: ((event: never) => void) | null
  /** Set to `arraybuffer`: a `Blob` could only be read by waiting. */
  binaryType?: string
  /** Closes the connection; it may not be open yet. */
  close(code?: number, reason?: string): void
}

/** Opens a socket. `headers` carry the credential; a factory that cannot send them says so, and the token goes into the URL instead. */
export interface WebSocketFactory {
  (url: string, init: { readonly headers: Readonly<Record<string, string>> }): WebSocketLike | Promise<WebSocketLike>
  /** Default true. `false`: the token goes into the URL's query as `token`. */
  readonly sendsHeaders?: boolean
}

/** The platform's own, where there is one. */
export function platformWebSocket(): WebSocketFactory | undefined {
  const Platform = (globalThis as { WebSocket?: new (url: string) => unknown }).WebSocket
  if (Platform === undefined) return undefined
  return Object.assign((url: string) => new Platform(url) as WebSocketLike, { sendsHeaders: false })
}
