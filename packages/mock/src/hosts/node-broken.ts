import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Reply } from '../kernel/reply.js'

/** Does what strikes before there is an answer, or in its place; says whether something did. */
export function breakBefore(socket: Socket, reply: Reply): boolean {
  switch (reply.fault!.kind) {
    case 'reset':
      socket.resetAndDestroy()
      return true
    case 'close':
    case 'drop-socket':
      socket.end()
      return true
    case 'garbage':
      socket.end('\x00\x01 this is no HTTP \xff\r\n\r\n', 'latin1')
      return true
    // Says nothing until the client gives up.
    case 'hang':
      reply.lifetime?.close()
      return true
    case 'malformed-chunk':
      socket.end(`${head(reply, { 'transfer-encoding': 'chunked' })}not-a-size\r\n{}`)
      return true
    default:
      return false
  }
}

/** Sends a body in the way that its fault says. */
export async function breakBody(response: ServerResponse, reply: Reply, content: Buffer): Promise<void> {
  const fault = reply.fault!
  const { socket } = response
  const part = content.subarray(0, fault.after ?? Math.floor(content.length / 2))
  switch (fault.kind) {
    case 'malformed-json':
      response.writeHead(reply.status, { ...reply.headers, 'content-length': String(part.length) }).end(part)
      return
    case 'extra-bytes':
      socket?.end(Buffer.concat([Buffer.from(head(reply, { 'content-length': String(content.length) })), content, Buffer.from(EXTRA)]))
      return
    case 'cut-chunk':
      // The chunk says it is whole, and is not.
      socket?.end(Buffer.concat([Buffer.from(`${head(reply, { 'transfer-encoding': 'chunked' })}${content.length.toString(16)}\r\n`), part]))
      return
    case 'dribble':
      await dribble(response, reply, content)
      return
    default:
      response.writeHead(reply.status, { ...reply.headers, 'content-length': String(content.length) })
      await new Promise<void>((resolve) => response.write(part, () => resolve()))
      if (fault.kind === 'stall') return
      if (fault.kind === 'reset-body') await resetSoon(socket)
      else socket?.end()
  }
}

/** Sent after the end of an answer, on the connection that the next request would use. */
const EXTRA = 'these bytes belong to no answer\r\n'

/** The head of an answer, for what node:http would refuse to send. */
function head(reply: Reply, framing: Record<string, string>): string {
  const { 'content-length': _, ...headers } = reply.headers
  const lines = Object.entries({ 'content-type': 'application/json', ...headers, ...framing }).flatMap(([name, value]) => ([] as string[]).concat(value).map((one) => `${name}: ${one}\r\n`))
  return `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${lines.join('')}\r\n`
}

/** Milliseconds between two pieces of a dribbled body; real ones, as the connection is real even where the world's clock stands still. */
const DRIP = 15

async function dribble(response: ServerResponse, reply: Reply, content: Buffer): Promise<void> {
  const size = Math.max(1, reply.fault!.after ?? Math.ceil(content.length / 20))
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(content.length) })
  for (let at = 0; at < content.length && !response.destroyed; at += size) {
    response.write(content.subarray(at, at + size))
    await pause(DRIP)
  }
  response.end()
}

/** How long a client gets to read what came before a reset: a reset right behind data reaches some clients as an orderly end. */
const BEFORE_RESET = 20

export async function resetSoon(socket: Socket | null): Promise<void> {
  await pause(BEFORE_RESET)
  if (socket && !socket.destroyed) socket.resetAndDestroy()
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
