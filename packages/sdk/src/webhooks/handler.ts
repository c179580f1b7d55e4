import { joinBytes } from '../core/bytes.js'
import { WebhookVerificationError } from '../core/errors/outcome.js'
import { memoryDeliveryStore, once, type DeliveryStore } from './deduplicate.js'
import { constructEvent, KLAREFI_SIGNATURE_HEADER, type VerifyOptions } from './klarefi.js'
import type { RawBody } from './hmac.js'

/** What the handlers need of an event: Klarefi's have both. */
export interface DeliveredEvent {
  /** What happened, such as `v1.case.completed`: chooses the handler in `on`. */
  readonly event_type: string
  /** The same for every try of one delivery: makes it count once. */
  readonly delivery_id: string
}

/** How deliveries are verified and handled. */
export interface WebhookHandlerOptions<E extends DeliveredEvent> extends VerifyOptions {
  /** The endpoint's secret; the old and the new one during a rotation; or a function that gets them. */
  secret: string | readonly string[] | (() => string | readonly string[] | Promise<string | readonly string[]>)
  /** Is called for every event once, after `on`. When it throws the vendor is told 500 and sends the delivery again. */
  onEvent?: (event: E) => unknown
  /** By event type, each with its own event. Types without a member are accepted and ignored. */
  on?: { readonly [T in E['event_type']]?: (event: Extract<E, { event_type: T }>) => unknown }
  /** Which deliveries were worked off. Default: remembered in this process; `false`: every delivery counts. */
  deliveries?: DeliveryStore | false
  /** Is told what went wrong. The answer to the vendor never says more than it must. */
  onError?: (error: unknown) => void
  /** The largest body, in bytes. Default 1 MiB. */
  maxBytes?: number
}

/** A delivery as whatever server received it. */
export interface Delivery {
  readonly method: string
  readonly signature: string | null | undefined
  /** Gets the raw body; throws a `WebhookVerificationError` when it cannot. `undefined`: it is larger than `maxBytes`. */
  readonly body: (maxBytes: number) => Promise<RawBody | undefined>
}

export interface DeliveryAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const MAX_BYTES = 1024 * 1024

/** What every adapter does: verify, deduplicate by `delivery_id`, run, answer. */
export function receiver<E extends DeliveredEvent>(options: WebhookHandlerOptions<E>): (delivery: Delivery) => Promise<DeliveryAnswer> {
  const deliveries = options.deliveries ?? memoryDeliveryStore()
  const answer = (status: number, body: Record<string, unknown>, headers: Record<string, string> = {}): DeliveryAnswer => ({ status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  return async ({ method, signature, body }) => {
    if (method !== 'POST') return answer(405, { error: 'use POST' }, { allow: 'POST' })
    let event: E
    try {
      const raw = await body(options.maxBytes ?? MAX_BYTES)
      if (raw === undefined) return answer(413, { error: 'the body is too large' })
      const { secret } = options
      event = await constructEvent<E>(raw, signature, typeof secret === 'function' ? await secret() : secret, options)
    } catch (error) {
      options.onError?.(error)
      if (!(error instanceof WebhookVerificationError)) return answer(500, { error: 'the delivery could not be read' })
      // A secret that is missing here is our fault, not the sender's.
      return error.reason === 'secret' ? answer(500, { error: 'the endpoint is not set up' }) : answer(400, { error: 'the signature could not be verified', reason: error.reason })
    }
    try {
      const work = async () => {
        await (options.on?.[event.event_type as E['event_type']] as ((event: E) => unknown) | undefined)?.(event)
        await options.onEvent?.(event)
      }
      if (deliveries === false || typeof event.delivery_id !== 'string') {
        await work()
        return answer(200, { received: true })
      }
      const outcome = await once(deliveries, event.delivery_id, work)
      return outcome === 'running' ? answer(503, { error: 'the delivery is being worked on' }, { 'retry-after': '5' }) : answer(200, { received: true, ...(outcome === 'duplicate' ? { duplicate: true } : {}) })
    } catch (error) {
      options.onError?.(error)
      return answer(500, { error: 'the event could not be handled' })
    }
  }
}

/**
 * A Fetch-style handler (Workers, Deno, Bun, Next.js, Hono) for Klarefi's deliveries:
 * `export const POST = webhookHandler<KlarefiWebhookEvent>({ secret, on: { 'v1.case.completed': async (event) => { ... } } })`.
 */
export function webhookHandler<E extends DeliveredEvent>(options: WebhookHandlerOptions<E>): (request: Request) => Promise<Response> {
  const receive = receiver(options)
  return async (request) => {
    const { status, headers, body } = await receive({
      method: request.method,
      signature: request.headers.get(KLAREFI_SIGNATURE_HEADER),
      body: async (maxBytes) => {
        if (request.bodyUsed) throw new WebhookVerificationError('the body was read before: verify it before anything parses it', 'body')
        return limited(request.body, maxBytes)
      },
    })
    return new Response(body, { status, headers })
  }
}

async function limited(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = stream?.getReader()
  for (let next = await reader?.read(); next?.done === false; next = await reader!.read()) {
    size += next.value.byteLength
    if (size > maxBytes) {
      await reader!.cancel()
      return undefined
    }
    chunks.push(next.value)
  }
  return joinBytes(chunks, size)
}
