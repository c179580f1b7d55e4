import type { Operation } from './operation.js'

/** 128 bits that cannot be guessed, as a UUID. */
export function randomId(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The key of a call: the caller's wherever it was given, else a fresh one; undefined for operations that take none. */
export function idempotencyKey(op: Operation, params: Record<string, unknown>, headers: Record<string, string>, chosen: string | undefined): string | undefined {
  if (typeof op.retry !== 'object') return undefined
  const { in: place, name } = op.retry
  const given = place === 'header' ? headers[name.toLowerCase()] ?? params[name] : params[name] ?? headers['idempotency-key']
  if (typeof given === 'string' && given !== '') return given
  return chosen ?? randomId()
}
