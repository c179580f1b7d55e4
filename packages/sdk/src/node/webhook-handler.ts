import type { IncomingMessage, ServerResponse } from 'node:http'
import { WebhookVerificationError } from '../core/errors/outcome.js'
import { joinBytes } from '../core/bytes.js'
import { receiver, type DeliveredEvent, type WebhookHandlerOptions } from '../webhooks/handler.js'
import { KLAREFI_SIGNATURE_HEADER } from '../webhooks/klarefi.js'

/**
 * Klarefi's deliveries in a `node:http` server or Express: `http.createServer(nodeWebhookHandler<KlarefiWebhookEvent>({ secret, onEvent }))`. Mount it before
 * any middleware that parses bodies, or behind one that keeps the raw bytes in `request.body` (`express.raw`).
 */
export function nodeWebhookHandler<E extends DeliveredEvent>(options: WebhookHandlerOptions<E>): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const receive = receiver(options)
  return async (request, response) => {
    const signature = request.headers[KLAREFI_SIGNATURE_HEADER]
    const { status, headers, body } = await receive({ method: request.method ?? 'GET', signature: typeof signature === 'string' ? signature : undefined, body: (maxBytes) => rawBody(request, maxBytes) })
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...(status === 413 ? { connection: 'close' } : {}) }).end(body)
  }
}

async function rawBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const { body: given } = request as { body?: unknown }
  if (given instanceof Uint8Array) return given.byteLength > maxBytes ? undefined : given
  if (request.readableEnded || (typeof given === 'object' && given !== null && Object.keys(given).length > 0)) {
    throw new WebhookVerificationError('the raw body is needed, and a middleware has parsed it: mount the handler before it, or use express.raw({ type: \'*/*\' })', 'body')
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return joinBytes(chunks, size)
}
