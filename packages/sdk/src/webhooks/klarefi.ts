import { WebhookVerificationError } from '../core/errors/outcome.js'
import { equal } from './hex.js'
import { checkSecret, concat, hmacHex, toBytes, type RawBody } from './hmac.js'

/** Klarefi's scheme: `X-Klarefi-Signature: t=<unix seconds>,v1=<hex>`, an HMAC-SHA256 over the time, a dot and the raw body. */

export const KLAREFI_SIGNATURE_HEADER = 'x-klarefi-signature'

/** How the age of a signature is judged. */
export interface VerifyOptions {
  /** Seconds that the signature may lie in the past or the future. Default 300. */
  tolerance?: number
  /** Milliseconds since the epoch; default: the clock. */
  now?: () => number
}

const TOLERANCE = 300
/** More signatures than a rotation needs are somebody else's idea. */
const MAX_SIGNATURES = 16

/** The event in a delivery, once its signature and age are right. Several secrets: the old and the new one of a rotation. */
export async function constructEvent<E = unknown>(rawBody: RawBody, signatureHeader: string | null | undefined, secret: string | readonly string[], options: VerifyOptions = {}): Promise<E> {
  const body = toBytes(rawBody)
  const { timestamp, signatures } = parse(signatureHeader)
  const message = concat(`${timestamp}.`, body)
  const expected = await Promise.all(secrets(secret).map((each) => hmacHex(each, message)))
  return verified<E>(body, timestamp, signatures, expected, options)
}

/** The same with an HMAC that needs no promise: `constructEventSync` of `@orkit/sdk/node` has one. */
export function constructEventWith<E = unknown>(hmac: (secret: string, message: Uint8Array) => string, rawBody: RawBody, signatureHeader: string | null | undefined, secret: string | readonly string[], options: VerifyOptions = {}): E {
  const body = toBytes(rawBody)
  const { timestamp, signatures } = parse(signatureHeader)
  const message = concat(`${timestamp}.`, body)
  return verified<E>(body, timestamp, signatures, secrets(secret).map((each) => hmac(checkSecret(each), message)), options)
}

/** The header of a delivery, for tests and for servers that send them. */
export async function signPayload(rawBody: RawBody, secret: string | readonly string[], { timestamp = Math.floor(Date.now() / 1000) }: { timestamp?: number } = {}): Promise<string> {
  const message = concat(`${timestamp}.`, toBytes(rawBody))
  const signatures = await Promise.all(secrets(secret).map((each) => hmacHex(each, message)))
  return [`t=${timestamp}`, ...signatures.map((signature) => `v1=${signature}`)].join(',')
}

function parse(header: string | null | undefined): { timestamp: string; signatures: string[] } {
  if (typeof header !== 'string' || header.trim() === '') throw new WebhookVerificationError('the header X-Klarefi-Signature is missing', 'header')
  let timestamp: string | undefined
  const signatures: string[] = []
  for (const part of header.split(',')) {
    const [name, value = ''] = part.trim().split('=', 2)
    if (name === 't') {
      if (timestamp !== undefined && timestamp !== value) throw new WebhookVerificationError('X-Klarefi-Signature names two times', 'header')
      timestamp = value
    } else if (name === 'v1') signatures.push(value.toLowerCase())
  }
  if (timestamp === undefined || !/^\d{1,15}$/.test(timestamp)) throw new WebhookVerificationError('X-Klarefi-Signature has no time (t=)', 'header')
  if (signatures.length === 0) throw new WebhookVerificationError('X-Klarefi-Signature has no signature (v1=)', 'header')
  if (signatures.length > MAX_SIGNATURES) throw new WebhookVerificationError('X-Klarefi-Signature has too many signatures', 'header')
  return { timestamp, signatures }
}

function verified<E>(body: Uint8Array, timestamp: string, signatures: readonly string[], expected: readonly string[], { tolerance = TOLERANCE, now = Date.now }: VerifyOptions): E {
  let matches = false
  for (const signature of signatures) for (const each of expected) matches = equal(signature, each) || matches
  if (!matches) throw new WebhookVerificationError('the signature does not fit the body: is the secret that of this endpoint, and the body exactly as it came?', 'signature')
  const age = now() / 1000 - Number(timestamp)
  // Not `>`: of what is no number nothing is known to be recent.
  if (!(Math.abs(age) <= tolerance)) throw new WebhookVerificationError(`the signature is ${Math.round(Math.abs(age))} s ${age > 0 ? 'old' : 'in the future'}; ${tolerance} s are allowed`, 'timestamp')
  return parseEvent<E>(body)
}

export function parseEvent<E>(body: Uint8Array): E {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new WebhookVerificationError('the signature is right, but the body is not JSON', 'body')
  }
}

function secrets(secret: string | readonly string[]): readonly string[] {
  const list = typeof secret === 'string' ? [secret] : secret
  if (!Array.isArray(list) || list.length === 0) throw new WebhookVerificationError('no webhook secret was given', 'secret')
  return list
}
