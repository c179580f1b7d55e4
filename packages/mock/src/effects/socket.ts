/** One open WebSocket as a behaviour sees it, whatever carries it. */
export interface Socket {
  readonly closed: boolean
  /** Objects are sent as JSON. */
  send(message: unknown): void
  close(code?: number, reason?: string): void
  onMessage(run: (message: string | Uint8Array) => void): void
  /** Returns a function that forgets the listener. */
  onClose(run: (code: number, reason: string) => void): () => void
}

/** What a host must offer to carry a socket. */
export interface Wire {
  send(data: string): void
  close(code: number, reason: string): void
  /** Breaks it without a goodbye: the client sees 1006. */
  drop(): void
}

/** Bytes of messages that are kept for a behaviour that does not listen yet. */
const EARLY = 64 * 1024

/** The server's end. The host calls `received` and `ended`. */
export class ServerSocket implements Socket {
  closed = false
  private readonly messages: ((message: string | Uint8Array) => void)[] = []
  private readonly closes = new Set<(code: number, reason: string) => void>()
  /** Messages that came before anybody listened, as many as there is room for: some behaviours never listen. */
  private early: (string | Uint8Array)[] = []
  private room = EARLY
  private left = Number.POSITIVE_INFINITY

  constructor(private readonly wire: Wire, private readonly check?: (message: unknown) => void) {}

  send(message: unknown): void {
    if (this.closed) return
    if (typeof message !== 'string') this.check?.(message)
    this.wire.send(typeof message === 'string' ? message : JSON.stringify(message))
    if (--this.left <= 0) this.drop()
  }

  /** Breaks after so many more messages. */
  dropAfter(messages: number): void {
    this.left = messages
    if (messages <= 0) this.drop()
  }

  private drop(): void {
    if (this.closed) return
    this.wire.drop()
    this.ended(1006, '')
  }

  close(code = 1000, reason = ''): void {
    if (this.closed) return
    this.wire.close(code, reason)
    this.ended(code, reason)
  }

  onMessage(run: (message: string | Uint8Array) => void): void {
    this.messages.push(run)
    const early = this.early
    this.early = []
    for (const message of early) run(message)
  }

  onClose(run: (code: number, reason: string) => void): () => void {
    if (this.closed) {
      run(1006, '')
      return () => {}
    }
    this.closes.add(run)
    return () => this.closes.delete(run)
  }

  received(message: string | Uint8Array): void {
    if (this.messages.length === 0 && (this.room -= message.length) >= 0) this.early.push(message)
    for (const run of this.messages) run(message)
  }

  ended(code: number, reason: string): void {
    if (this.closed) return
    this.closed = true
    for (const run of this.closes) run(code, reason)
    this.closes.clear()
  }
}
