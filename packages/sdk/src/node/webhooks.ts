import { createHmac } from 'node:crypto'
import { constructEventWith, type VerifyOptions } from '../webhooks/klarefi.js'
import type { RawBody } from '../webhooks/hmac.js'

/** Klarefi's `constructEvent` without a promise. */
export function constructEventSync<E = unknown>(rawBody: RawBody, signatureHeader: string | null | undefined, secret: string | readonly string[], options?: VerifyOptions): E {
  return constructEventWith<E>((key, message) => createHmac('sha256', key).update(message).digest('hex'), rawBody, signatureHeader, secret, options)
}
