import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HEARTBEAT } from '../effects/sse.js'
import { jsonText } from '../kernel/json-text.js'
import { CUTS_STREAM, isStream, type Reply } from '../kernel/reply.js'
import { breakBefore, breakBody, resetSoon } from './node-broken.js'

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
export async function write(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { lifetime } = reply
  if (lifetime) response.once('close', () => lifetime.close())
  if (response.destroyed) {
    lifetime?.close()
    return
  }
  if (reply.fault && (await breakBefore(request.socket, reply))) return
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
    await breakBody(response, reply, Buffer.from(content as string))
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
  const cut = fault !== undefined && CUTS_STREAM.has(fault.kind)
  const pieces = cut || fault?.kind === 'stall' ? (fault?.after ?? 1) : Number.POSITIVE_INFINITY
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
  // Open, and silent, until the client gives up.
  if (sent >= pieces && fault?.kind === 'stall') return
  if (reply.lifetime?.cut) response.destroy()
  else if (!cut) response.end()
  else if (fault.kind === 'reset-body') await resetSoon(response.socket)
  else response.destroy()
}
