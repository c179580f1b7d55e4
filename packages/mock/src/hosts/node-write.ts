import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HEARTBEAT } from '../effects/sse.js'
import { jsonText } from '../kernel/json-text.js'
import { isStream, type Reply } from '../kernel/reply.js'
import type { Clock } from '../world/clock.js'

/** Writes an answer that is a whole and that nothing befalls, in one go; says whether it was one. */
export function writePlain(request: IncomingMessage, response: ServerResponse, reply: Reply): boolean {
  const { body, lifetime, headers, status } = reply
  if (reply.fault !== undefined || response.destroyed || status === 204 || status === 304 || body === undefined || isStream(body) || request.method === 'HEAD') return false
  const content = reply.raw ? (body as string | Uint8Array) : jsonText(body)
  if (typeof content === 'string') {
    const bytes = Buffer.byteLength(content)
    headers['content-length'] = String(bytes)
    response.writeHead(status, headers)
    // Plain ASCII needs no encoder.
    response.end(content, bytes === content.length ? 'latin1' : 'utf8')
  } else {
    headers['content-length'] = String(content.byteLength)
    response.writeHead(status, headers)
    response.end(content)
  }
  lifetime?.close()
  return true
}

/** Writes an answer, or does to the socket what its fault says. */
export async function write(request: IncomingMessage, response: ServerResponse, reply: Reply, clock: Clock): Promise<void> {
  const { lifetime } = reply
  if (lifetime) response.once('close', () => lifetime.close())
  if (response.destroyed) {
    lifetime?.close()
    return
  }
  const { socket } = request
  switch (reply.fault?.kind) {
    case 'reset':
      socket.resetAndDestroy()
      return
    case 'close':
    case 'drop-socket':
      socket.end()
      return
    case 'garbage':
      socket.end('\x00\x01 this is no HTTP \xff\r\n\r\n', 'latin1')
      return
    // Says nothing until the client gives up.
    case 'hang':
      lifetime?.close()
      return
    case 'malformed-chunk':
      socket.end(`HTTP/1.1 ${reply.status} OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nnot-a-size\r\n{}`)
      return
  }
  if (request.method !== 'HEAD' && isStream(reply.body)) {
    await writeStream(response, reply.body, reply)
    return
  }
  if (reply.body === undefined || reply.status === 204 || reply.status === 304) {
    delete reply.headers['content-type']
    if (reply.status !== 204 && reply.status !== 304 && reply.body === undefined) reply.headers['content-length'] = '0'
    response.writeHead(reply.status, reply.headers).end()
    return
  }
  if (isStream(reply.body)) {
    lifetime?.close()
    response.writeHead(reply.status, reply.headers).end()
    return
  }
  const content = reply.raw ? (reply.body as string | Uint8Array) : jsonText(reply.body)
  if (reply.fault) {
    await writeBroken(response, reply, Buffer.from(content as string), clock)
    return
  }
  reply.headers['content-length'] = String(typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength)
  response.writeHead(reply.status, reply.headers)
  if (request.method === 'HEAD') response.end()
  else response.end(content)
}

/** Piece by piece, no faster than the client reads; everything is let go of when it stops reading. */
async function writeStream(response: ServerResponse, body: AsyncIterable<string | Uint8Array>, reply: Reply): Promise<void> {
  const { fault } = reply
  const cut = fault?.kind === 'cut-stream' || fault?.kind === 'reset-body' || fault?.kind === 'truncate'
  const pieces = cut ? (fault.after ?? 1) : Number.POSITIVE_INFINITY
  response.writeHead(reply.status, reply.headers)
  response.flushHeaders()
  let sent = 0
  try {
    for await (const piece of body) {
      if (response.destroyed) return
      if (sent >= pieces) break
      if (piece !== HEARTBEAT) sent++
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
  } catch {
    response.destroy()
    return
  }
  if (reply.lifetime?.cut) response.destroy()
  else if (!cut) response.end()
  else if (fault.kind === 'reset-body') await resetSoon(response.socket)
  else response.destroy()
}

async function writeBroken(response: ServerResponse, reply: Reply, content: Buffer, clock: Clock): Promise<void> {
  const fault = reply.fault!
  const part = content.subarray(0, fault.after ?? Math.floor(content.length / 2))
  if (fault.kind === 'malformed-json') {
    response.writeHead(reply.status, { ...reply.headers, 'content-length': String(part.length) }).end(part)
    return
  }
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(content.length) })
  if (fault.kind === 'dribble') {
    const size = Math.max(1, fault.after ?? Math.ceil(content.length / 20))
    for (let at = 0; at < content.length && !response.destroyed; at += size) {
      response.write(content.subarray(at, at + size))
      await clock.sleep(15)
    }
    response.end()
    return
  }
  await new Promise<void>((resolve) => response.write(part, () => resolve()))
  if (fault.kind === 'stall') return
  if (fault.kind === 'reset-body') await resetSoon(response.socket)
  else response.socket?.end()
}

/** How long a client gets to read what came before a reset: a reset right behind data reaches some clients as an orderly end. */
const BEFORE_RESET = 20

async function resetSoon(socket: Socket | null): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, BEFORE_RESET))
  if (socket && !socket.destroyed) socket.resetAndDestroy()
}
