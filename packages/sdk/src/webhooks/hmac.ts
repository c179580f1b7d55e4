import { WebhookVerificationError } from '../core/errors/outcome.js'
import { toHex } from './hex.js'

/** A body exactly as it came: bytes, or text, which is taken as UTF-8. */
export type RawBody = string | Uint8Array | ArrayBuffer

const encoder = /* @__PURE__ */ new TextEncoder()

/** Hex HMAC-SHA256 by WebCrypto. */
export async function hmacHex(secret: string, message: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto
  const key = await subtle.importKey('raw', encoder.encode(checkSecret(secret)), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return toHex(new Uint8Array(await subtle.sign('HMAC', key, message as Uint8Array<ArrayBuffer>)))
}

export function toBytes(body: unknown): Uint8Array {
  if (typeof body === 'string') return encoder.encode(body)
  if (body instanceof ArrayBuffer || Object.prototype.toString.call(body) === '[object ArrayBuffer]') return new Uint8Array(body as ArrayBuffer)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  throw new WebhookVerificationError('the raw body is needed, as text or bytes: a parsed body cannot be verified. Read it before any JSON middleware does', 'body')
}

export function concat(head: string, body: Uint8Array): Uint8Array {
  const before = encoder.encode(head)
  const whole = new Uint8Array(before.byteLength + body.byteLength)
  whole.set(before)
  whole.set(body, before.byteLength)
  return whole
}

export function checkSecret(secret: string): string {
  if (typeof secret !== 'string' || secret === '') throw new WebhookVerificationError('no webhook secret was given', 'secret')
  if (secret !== secret.trim()) throw new WebhookVerificationError('the webhook secret begins or ends with white space: it was probably read from a file with a line end', 'secret')
  return secret
}
