import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { Reply } from '../../kernel/reply.js'
import { toMockRequest } from '../node.js'
import { writeReply } from '../node-errors.js'
import { headersOn, HOP } from './forward.js'
import type { ContractProxy, Sent } from './proxy.js'

const MAX_MESSAGE = 16 * 1024 * 1024
/** Bytes that wait for a slow reader before the other side is made to wait too. */
const HIGH_WATER = 1024 * 1024
/** Milliseconds for the target's handshake. */
const HANDSHAKE = 30_000

/** Carries WebSockets to the target and back; what the target says is held against the document. Returns what handles an upgrade, and what cuts all of them. */
export function socketProxy(proxy: ContractProxy) {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE })
  const targets = new Set<WebSocket>()

  const upgrade = async (request: IncomingMessage, duplex: Duplex, head: Buffer): Promise<void> => {
    duplex.on('error', () => duplex.destroy())
    const asked = toMockRequest(request)
    const sent = await proxy.enter(asked)
    const protocols = request.headers['sec-websocket-protocol']?.split(',').map((one) => one.trim()) ?? []
    const target = new WebSocket(sent.url.replace(/^http/, 'ws'), protocols, { headers: headersOn(asked, OF_HANDSHAKE), followRedirects: false, maxPayload: MAX_MESSAGE, handshakeTimeout: HANDSHAKE })
    targets.add(target)
    target.once('close', () => targets.delete(target))
    duplex.once('close', () => target.readyState === WebSocket.CONNECTING && target.terminate())
    target.once('unexpected-response', (_, response) => void refused(proxy, sent, response).then((reply) => writeReply(duplex, reply)).finally(() => target.terminate()))
    target.once('error', (error: NodeJS.ErrnoException) => duplex.writable && target.readyState !== WebSocket.OPEN && writeReply(duplex, new Reply(502, { error: `The target cannot be reached: ${error.code ?? error.message}` })))
    // What it says at once must not be lost while the client's side opens.
    target.once('open', () => {
      target.pause()
      proxy.opened(sent)
      server.handleUpgrade(request, duplex, head, (client) => {
        carry(target, client, (data) => proxy.event(sent, 101, data))
        carry(client, target)
        target.resume()
      })
    })
  }
  return {
    upgrade: (request: IncomingMessage, duplex: Duplex, head: Buffer) => void upgrade(request, duplex, head).catch(() => duplex.destroy()),
    close: () => {
      for (const socket of [...targets, ...server.clients]) socket.terminate()
      server.close()
    },
  }
}

/** Headers that the client of the target makes itself. */
const OF_HANDSHAKE = new Set([...HOP, 'sec-websocket-key', 'sec-websocket-version', 'sec-websocket-extensions', 'sec-websocket-protocol'])

function carry(from: WebSocket, to: WebSocket, look?: (data: string) => void): void {
  from.on('message', (data: RawData, binary: boolean) => {
    if (!binary) look?.(String(data as Buffer))
    if (to.readyState !== WebSocket.OPEN) return
    to.send(data as Buffer, { binary }, () => to.bufferedAmount < HIGH_WATER && from.isPaused && from.resume())
    if (to.bufferedAmount >= HIGH_WATER) from.pause()
  })
  from.on('error', () => to.terminate())
  from.on('close', (code, reason) => {
    // 1005: closed without a code. 1006 and 1015: it broke, and that is no code to be sent; the other side breaks too.
    if (code === 1005) to.close()
    else if (code === 1006 || code === 1015) to.terminate()
    else to.close(code, reason)
  })
}

/** The answer of a target that opened no socket. */
async function refused(proxy: ContractProxy, sent: Sent, response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= HIGH_WATER) chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  proxy.answered(sent, response.statusCode!, response.headers['content-type'] ?? '', body)
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined && !HOP.has(name)) headers[name] = value
  return Reply.raw(response.statusCode!, body, headers)
}
