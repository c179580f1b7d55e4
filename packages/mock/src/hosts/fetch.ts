import { HEARTBEAT } from '../effects/sse.js'
import { jsonText } from '../kernel/json-text.js'
import type { Later } from '../kernel/later.js'
import { CUTS_STREAM, isStream, type Reply } from '../kernel/reply.js'
import type { MockRequest } from '../kernel/request.js'
import { bodyReader, type FetchInit, headerRecord, once, splitUrl } from './request.js'

export type Respond = (request: MockRequest) => Later<Reply>

/** A `fetch` without a network. Takes plain `(url, init)` without building a Request. */
export function createFetch(respond: Respond): typeof fetch {
  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = toMockRequest(input, init)
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    if (signal?.aborted) throw abortReason(signal)
    const work = respond(request)
    const reply = work instanceof Promise ? await (signal ? raced(work, signal) : work) : work
    if (reply.fault?.kind === 'hang') await never(reply, signal ?? undefined)
    return toResponse(reply, request.method, signal ?? undefined)
  }
}

function toMockRequest(input: RequestInfo | URL, init: FetchInit | undefined): MockRequest {
  const fromRequest = input instanceof Request ? input : undefined
  const { origin, path, query } = splitUrl(fromRequest ? fromRequest.url : typeof input === 'string' ? input : String(input))
  const headers = headerRecord(init?.headers ?? fromRequest?.headers)
  headers['host'] ??= origin.slice(origin.indexOf('://') + 3)
  const body = init?.body === undefined && fromRequest?.body ? requestBody(fromRequest, headers) : bodyReader(init?.body, headers)
  return { method: (init?.method ?? fromRequest?.method ?? 'GET').toUpperCase(), path, query, headers, ip: '127.0.0.1', origin, body }
}

function requestBody(request: Request, headers: Record<string, string>): MockRequest['body'] {
  headers['transfer-encoding'] ??= 'chunked'
  return once(async () => new Uint8Array(await request.arrayBuffer()))
}

/** Statuses whose Response may have no body. */
const EMPTY = new Set([101, 204, 205, 304])

/** Faults before there is an answer, and what undici calls them. */
const BROKEN: Readonly<Record<string, string>> = { reset: 'ECONNRESET', close: 'UND_ERR_SOCKET', 'drop-socket': 'UND_ERR_SOCKET', 'malformed-chunk': 'HPE_INVALID_CHUNK_SIZE', garbage: 'HPE_INVALID_CONSTANT' }

export function toResponse(reply: Reply, method: string, signal?: AbortSignal): Response {
  const fault = reply.fault
  const broke = fault && BROKEN[fault.kind]
  if (broke) {
    reply.lifetime?.close()
    throw connectionError(broke)
  }
  const headers = toHeaders(reply.headers)
  if (isStream(reply.body) && method !== 'HEAD') return new Response(toStream(reply.body, reply, signal), { status: reply.status, headers })
  reply.lifetime?.close()
  const none = method === 'HEAD' || EMPTY.has(reply.status) || reply.body === undefined
  if (none) return emptyResponse(reply.status, headers)
  const content = reply.raw ? (reply.body as string | Uint8Array<ArrayBuffer>) : jsonText(reply.body)
  if (!fault || fault.kind === 'dribble' || fault.kind === 'extra-bytes') return new Response(content, { status: reply.status, headers })
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const keep = fault.after ?? Math.floor(bytes.length / 2)
  if (fault.kind === 'malformed-json') return new Response(bytes.slice(0, keep), { status: reply.status, headers })
  return new Response(broken(bytes.slice(0, keep), fault.kind, signal), { status: reply.status, headers })
}

function emptyResponse(status: number, headers: Headers): Response {
  if (status === 101) throw new TypeError('fetch cannot open a WebSocket')
  headers.delete('content-type')
  return new Response(null, { status, headers })
}

function toHeaders(record: Reply['headers']): Headers {
  const headers = new Headers()
  for (const name in record) {
    const value = record[name]!
    if (typeof value === 'string') headers.set(name, value)
    else for (const one of value) headers.append(name, one)
  }
  return headers
}

/** The body as it would come over a socket: cut where the fault says, ended for good when the reader goes. */
function toStream(body: AsyncIterable<string | Uint8Array>, reply: Reply, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  const { fault } = reply
  const cutAfter = fault && CUTS_STREAM.has(fault.kind) ? (fault.after ?? 1) : Number.POSITIVE_INFINITY
  const stallsAfter = fault?.kind === 'stall' ? (fault.after ?? 1) : Number.POSITIVE_INFINITY
  let sent = 0
  const end = (): void => {
    signal?.removeEventListener('abort', aborted)
    reply.lifetime?.close()
    void iterator.return?.()
  }
  let controllerOf: ReadableStreamDefaultController<Uint8Array> | undefined
  const aborted = (): void => {
    end()
    controllerOf?.error(abortReason(signal!))
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controllerOf = controller
      signal?.addEventListener('abort', aborted, { once: true })
    },
    async pull(controller) {
      if (sent >= cutAfter) {
        end()
        controller.error(connectionError(fault?.kind === 'reset-body' ? 'ECONNRESET' : 'UND_ERR_SOCKET', 'terminated'))
        return
      }
      // Until the reader gives up.
      if (sent >= stallsAfter) return new Promise<void>(() => {})
      try {
        const { done, value } = await iterator.next()
        if (reply.lifetime?.closed && signal?.aborted) return
        if (done) {
          const { lifetime } = reply
          end()
          if (lifetime?.cut) controller.error(connectionError('UND_ERR_SOCKET', 'terminated'))
          else controller.close()
          return
        }
        if (value !== HEARTBEAT) sent++
        controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
      } catch (error) {
        const { lifetime } = reply
        end()
        controller.error(lifetime?.cut ? connectionError('UND_ERR_SOCKET', 'terminated') : error)
      }
    },
    cancel: end,
  }, { highWaterMark: 0 })
}

function broken(part: Uint8Array, kind: string, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let sent = false
  return new ReadableStream<Uint8Array>({
    start(controller) {
      signal?.addEventListener('abort', () => controller.error(abortReason(signal)), { once: true })
    },
    pull(controller) {
      if (!sent) {
        sent = true
        if (part.length > 0) controller.enqueue(part)
        return
      }
      if (kind === 'stall') return new Promise<void>(() => {})
      controller.error(connectionError(kind === 'reset-body' ? 'ECONNRESET' : 'UND_ERR_SOCKET', 'terminated'))
    },
  }, { highWaterMark: 0 })
}

/** Waits for the caller to give up. */
function never(reply: Reply, signal: AbortSignal | undefined): Promise<never> {
  reply.lifetime?.close()
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(abortReason(signal)), { once: true }))
}

function raced(work: Promise<Reply>, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      reject(abortReason(signal))
      void work.then((reply) => reply.lifetime?.close(), () => {})
    }
    signal.addEventListener('abort', aborted, { once: true })
    work.then(
      (reply) => {
        signal.removeEventListener('abort', aborted)
        resolve(reply)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', aborted)
        reject(error as Error)
      },
    )
  })
}

function abortReason(signal: AbortSignal): Error {
  return (signal.reason as Error | undefined) ?? new DOMException('This operation was aborted', 'AbortError')
}

/** Whether a connection that a fault broke is what was thrown. */
export function isBroken(error: unknown): boolean {
  return error instanceof TypeError && error.cause !== undefined
}

/** What undici throws when a connection breaks. */
function connectionError(code: string, message = 'fetch failed'): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error(code === 'ECONNRESET' ? 'read ECONNRESET' : 'other side closed'), { code }) })
}
