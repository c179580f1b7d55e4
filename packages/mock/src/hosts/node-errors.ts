import { type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Reply } from '../kernel/reply.js'
import type { Gateway } from './gateway.js'

interface ParseError extends Error {
  code?: string
  /** What was read last: mostly the beginning of the request. */
  rawPacket?: Buffer
}

const WORDS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time'],
}

/** What is no HTTP, too much of it, or too slow is answered too: in the vendor's shape, then the connection is closed. */
export function answerClientErrors(server: Server, gateway: Gateway): void {
  server.on('clientError', (error: ParseError, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const [status, message] = WORDS[error.code ?? ''] ?? [400, 'The request is not valid HTTP']
    const path = /^[A-Z-]+ ([^\s?]+)/.exec(error.rawPacket?.toString('latin1', 0, 4096) ?? '')?.[1] ?? ''
    gateway.refuse(path, status, message).then((reply) => writeReply(socket, reply), () => socket.destroy())
  })
}

/** An answer straight to the socket, after which it is closed. */
export function writeReply(socket: Duplex, reply: Reply): void {
  const body = Buffer.from(reply.body === undefined ? '' : reply.raw ? (reply.body as Uint8Array) : JSON.stringify(reply.body))
  const headers = Object.entries({ ...reply.headers, 'content-length': String(body.length), connection: 'close' }).flatMap(([name, value]) => ([] as string[]).concat(value).map((one) => `${name}: ${one}`))
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${headers.join('\r\n')}\r\n\r\n`), body]))
}
