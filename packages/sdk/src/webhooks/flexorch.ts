import { WebhookVerificationError } from '../core/errors/outcome.js'
import { equal } from './hex.js'
import { hmacHex, toBytes, type RawBody } from './hmac.js'
import { parseEvent } from './klarefi.js'

/** FlexOrch's scheme: `X-Flexorch-Signature` is the hex HMAC-SHA256 of the raw body. It carries no time, so a delivery can be replayed. */

export const FLEXORCH_SIGNATURE_HEADER = 'x-flexorch-signature'

/** The event in a delivery, once its signature is right. */
export async function constructFlexOrchEvent<E = unknown>(rawBody: RawBody, signatureHeader: string | null | undefined, secret: string | readonly string[]): Promise<E> {
  const body = toBytes(rawBody)
  const given = signatureHeader?.trim().toLowerCase()
  if (!given) throw new WebhookVerificationError('the header X-Flexorch-Signature is missing', 'header')
  if (!/^[0-9a-f]{64}$/.test(given)) throw new WebhookVerificationError('X-Flexorch-Signature is not a hex SHA-256', 'header')
  let matches = false
  for (const each of typeof secret === 'string' ? [secret] : secret) matches = equal(given, await hmacHex(each, body)) || matches
  if (!matches) throw new WebhookVerificationError('the signature does not fit the body: is the secret that of this webhook, and the body exactly as it came?', 'signature')
  return parseEvent<E>(body)
}

/** The header of a delivery. */
export function signFlexOrchPayload(rawBody: RawBody, secret: string): Promise<string> {
  return hmacHex(secret, toBytes(rawBody))
}
