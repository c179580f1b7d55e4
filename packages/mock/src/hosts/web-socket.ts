import { ServerSocket } from '../effects/socket.js'
import type { Handshake } from '../kernel/pipeline.js'
import type { SocketFault } from '../kernel/reply.js'
import type { Gateway } from './gateway.js'
import type { SystemName } from '../systems/index.js'
import { splitUrl } from './request.js'

export interface SocketOptions {
  headers?: Record<string, string>
  protocols?: string | readonly string[]
}

type Listener = (event: SocketEvent) => void

export interface SocketEvent {
  type: string
  data?: unknown
  code?: number
  reason?: string
  wasClean?: boolean
  /** Status of an answer that refused the handshake. */
  status?: number
  message?: string
}

/** The client's end of an in-process WebSocket: the standard interface, as far as clients use it. */
export class ClientSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readyState = ClientSocket.CONNECTING
  onopen: Listener | null = null
  onmessage: Listener | null = null
  onerror: Listener | null = null
  onclose: Listener | null = null
  binaryType = 'arraybuffer'
  readonly protocol = ''
  private readonly listeners = new Map<string, Set<Listener>>()
  private server: ServerSocket | undefined

  constructor(readonly url: string) {}

  addEventListener(type: string, listener: Listener): void {
    const set = this.listeners.get(type) ?? new Set()
    set.add(listener)
    this.listeners.set(type, set)
  }

  removeEventListener(type: string, listener: Listener): void {
    this.listeners.get(type)?.delete(listener)
  }

  send(data: string | Uint8Array): void {
    if (this.readyState !== ClientSocket.OPEN) throw new DOMException('The socket is not open', 'InvalidStateError')
    queueMicrotask(() => this.server?.received(data))
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState >= ClientSocket.CLOSING) return
    this.readyState = ClientSocket.CLOSING
    queueMicrotask(() => {
      this.server?.ended(code, reason)
      this.finish(code, reason, true)
    })
  }

  /** @internal */
  open(handshake: Handshake): void {
    const { context, operation } = handshake
    this.server = new ServerSocket({
      send: (data) => queueMicrotask(() => this.readyState === ClientSocket.OPEN && this.emit({ type: 'message', data })),
      close: (code, reason) => queueMicrotask(() => this.finish(code, reason, true)),
      drop: () => queueMicrotask(() => this.finish(1006, '', false)),
    }, (message) => context.world.checkEvent(operation, message))
    this.readyState = ClientSocket.OPEN
    this.emit({ type: 'open' })
    void serveSocket(handshake, this.server)
  }

  /** @internal */
  fail(status: number, message: string): void {
    this.emit({ type: 'error', status, message })
    this.finish(1006, message, false)
  }

  private finish(code: number, reason: string, wasClean: boolean): void {
    if (this.readyState === ClientSocket.CLOSED) return
    this.readyState = ClientSocket.CLOSED
    this.emit({ type: 'close', code, reason, wasClean })
  }

  private emit(event: SocketEvent): void {
    const own = { open: this.onopen, message: this.onmessage, error: this.onerror, close: this.onclose }[event.type]
    own?.(event)
    for (const listener of this.listeners.get(event.type) ?? []) listener(event)
  }
}

/** RFC 6455's registry: the service is restarting. */
const SERVICE_RESTART = 1012
const DROPS = new Set<SocketFault['kind']>(['drop-socket', 'cut-stream', 'truncate', 'reset-body'])

/** Runs the behaviour of a socket to its end. */
export async function serveSocket({ context, operation, fault }: Handshake, socket: ServerSocket): Promise<void> {
  socket.onClose(() => context.lifetime.close())
  context.lifetime.onClose(() => context.lifetime.cut && socket.close(SERVICE_RESTART, 'the world was reset'))
  if (fault && DROPS.has(fault.kind)) socket.dropAfter(fault.after ?? 0)
  try {
    await operation.socket!(context, socket)
    socket.close(1000)
  } catch {
    socket.close(1011, 'internal error')
  }
}

/** A WebSocket without a network. The paths of `single` need no prefix. */
export function connect(gateway: Gateway, url: string | URL, options: SocketOptions = {}, single?: SystemName): ClientSocket {
  const client = new ClientSocket(String(url))
  const { origin, path, query } = splitUrl(client.url)
  const headers: Record<string, string> = { upgrade: 'websocket', connection: 'Upgrade' }
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value
  gateway.upgrade({ method: 'GET', path, query, headers, ip: '127.0.0.1', origin, body: () => undefined }, single).then(
    (result) => {
      if (client.readyState !== ClientSocket.CONNECTING) {
        if ('context' in result) result.context.lifetime.close()
        return
      }
      if ('reply' in result) client.fail(result.reply.status, `Unexpected server response: ${result.reply.status}`)
      else if (result.fault && !DROPS.has(result.fault.kind)) {
        result.context.lifetime.close()
        client.fail(0, 'The connection broke during the handshake')
      } else client.open(result)
    },
    (error: unknown) => client.fail(0, (error as Error).message),
  )
  return client
}
