import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { ServerSocket } from '../effects/socket.js'
import type { Reply } from '../kernel/reply.js'
import type { MockRequest } from '../kernel/request.js'
import type { Gateway } from './gateway.js'
import { writeReply } from './node-errors.js'
import { serveSocket } from './web-socket.js'

const PING_EVERY = 30_000

/** WebSocket upgrades: the gates answer with real HTTP before anything is upgraded. Returns what closes all of them. */
export function serveUpgrades(server: Server, gateway: Gateway, toMockRequest: (request: IncomingMessage) => MockRequest): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 })
  const alive = new WeakSet<WebSocket>()
  const ping = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, PING_EVERY)
  ping.unref()
  server.on('upgrade', (request, duplex, head) => {
    duplex.on('error', () => duplex.destroy())
    gateway.upgrade(toMockRequest(request)).then(
      (result) => {
        if ('reply' in result) {
          refuse(duplex, result.reply)
          return
        }
        if (duplex.destroyed || (result.fault && REFUSES.has(result.fault.kind))) {
          duplex.destroy()
          result.context.lifetime.close()
          return
        }
        // A handshake that `ws` refuses never becomes a socket.
        duplex.once('close', () => result.context.lifetime.close())
        sockets.handleUpgrade(request, duplex, head, (socket) => {
          alive.add(socket)
          const end = new ServerSocket({ send: (data) => socket.send(data), close: (code, reason) => socket.close(code, reason), drop: () => drop(socket) }, (message) => result.context.world.checkEvent(result.operation, message))
          socket.on('pong', () => alive.add(socket))
          socket.on('message', (data, binary) => end.received(binary ? new Uint8Array(data as Buffer) : String(data as Buffer)))
          socket.on('close', (code, reason) => end.ended(code, String(reason)))
          socket.on('error', () => end.ended(1006, ''))
          void serveSocket(result, end)
        })
      },
      () => duplex.destroy(),
    )
  })
  return () => {
    clearInterval(ping)
    for (const socket of sockets.clients) socket.close(1001, 'going away')
    sockets.close()
  }
}

/** Faults that strike before there is a socket. */
const REFUSES = new Set(['reset', 'close', 'garbage', 'hang', 'malformed-chunk', 'stall'])

/** What was sent gets through first, then the connection is gone without a close frame. */
function drop(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), BEFORE_DROP)
}

const BEFORE_DROP = 20

function refuse(duplex: Duplex, reply: Reply): void {
  if (reply.fault?.kind === 'reset') {
    duplex.destroy()
    return
  }
  writeReply(duplex, reply)
}
