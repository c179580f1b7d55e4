import { nodeTransport, type NodeTransport } from '@orkit/sdk/node'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Context, Input, Result } from '../app/command.js'
import type { Io } from '../app/io.js'
import { UsageError } from '../app/usage-error.js'
import { cannotListen } from './listening.js'
import { LISTEN_PORT, LOCAL_SECRET } from './webhooks-defaults.js'
import { eventType, secretsOf, signatureHeaders, verified, type WebhookSystem } from './webhooks-scheme.js'

/** One delivery and what became of it. */
interface Delivery {
  readonly time: string
  readonly system: WebhookSystem | null
  readonly event: string
  readonly verified: boolean
  /** Answer of the program that it was forwarded to; null when it was not. */
  readonly forwarded: number | null
  readonly status: number
  readonly error?: string
  readonly payload: unknown
}

/** As much as any vendor sends; more is not held in memory. */
const MAX_BODY = 5 * 1024 * 1024
const FORWARD_TIMEOUT = 30_000
/** Belong to one connection, or are made anew. */
const notForwarded = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect', 'upgrade', 'te'])

export async function runListen(context: Context, input: Input): Promise<Result> {
  const { io, settings } = context
  const { values } = input
  const target = forwardTarget(values['forward-to'] as string | undefined)
  const secrets = secretsOf(input, io, LOCAL_SECRET)
  const wanted = values['events'] as readonly string[] | undefined
  const queue = new Queue<Delivery>()
  // The program is on this machine or near it, not behind the proxy.
  const send = nodeTransport({ env: false })
  const server = createServer((request, response) => {
    void receive(request, { io, secrets, tolerance: (values['tolerance'] as number | undefined) ?? 300, skip: values['skip-verify'] === true, target, send, wanted }).then(({ delivery, body }) => {
      // A sender that is gone gets no answer, but what it sent is told of.
      if (response.destroyed) return queue.push(delivery)
      // The sender has its answer before anything ends here.
      response.once('close', () => queue.push(delivery))
      response.writeHead(delivery.status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(body)
    })
  })
  const port = (values['port'] as number | undefined) ?? LISTEN_PORT
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(port, '127.0.0.1', done)
  }).catch((error: unknown) => cannotListen(error, port))
  context.onClose(() => {
    queue.end()
    send.close()
    server.closeAllConnections()
    server.close()
  })
  io.signal.addEventListener('abort', () => queue.end(), { once: true })
  await context.note(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}${target ? `, forwarding to ${target}` : ''}. Ctrl-C ends it.`)
  // On a terminal a line for each delivery as it comes; a table could only be drawn at the end.
  if (settings.output === 'table') return { kind: 'text', chunks: lines(queue, settings.max) }
  return { kind: 'rows', rows: queue, columns: ['time', 'event', 'verified', 'status', 'error'] }
}

async function* lines(deliveries: AsyncIterable<Delivery>, max = Number.POSITIVE_INFINITY) {
  let count = 0
  for await (const delivery of deliveries) {
    const { time, event, status, forwarded, error } = delivery
    yield { text: `${time.slice(11, 19)}  ${status}  ${event || '(no event)'}${forwarded === null ? '' : '  forwarded'}${delivery.verified ? '' : '  not verified'}${error ? `  ${error}` : ''}\n`, event: delivery }
    if (++count >= max) return
  }
}

interface Reception {
  readonly io: Io
  readonly secrets: readonly string[]
  readonly tolerance: number
  readonly skip: boolean
  readonly target: string | undefined
  readonly send: NodeTransport
  readonly wanted: readonly string[] | undefined
}

async function receive(request: IncomingMessage, { io, secrets, tolerance, skip, target, send, wanted }: Reception): Promise<{ delivery: Delivery; body: string }> {
  const system = (Object.keys(signatureHeaders) as WebhookSystem[]).find((name) => request.headers[signatureHeaders[name]] !== undefined) ?? null
  const facts = { time: new Date(io.now()).toISOString(), system }
  const refused = (status: number, error: string, payload: unknown = null) => ({ delivery: { ...facts, event: eventType(payload), verified: false, forwarded: null, status, error, payload }, body: `${error}\n` })
  if (request.method !== 'POST') return refused(405, 'only POST is received')
  const body = await bodyOf(request)
  if (body === 'too large') return refused(413, 'the body is too large')
  if (body === 'broken off') return refused(400, 'the sender broke off before the end of the body')
  let payload: unknown
  let proved = false
  try {
    if (system === null) throw new Error('there is no X-Klarefi-Signature or X-Flexorch-Signature')
    payload = await verified(system, body, request.headers[signatureHeaders[system]] as string, secrets, tolerance, () => io.now())
    proved = true
  } catch (error) {
    payload = parsed(body)
    if (!skip) return refused(400, (error as Error).message, payload)
  }
  const event = eventType(payload)
  const done = { ...facts, event, verified: proved, payload }
  if (target === undefined || (wanted !== undefined && !wanted.includes(event))) return { delivery: { ...done, forwarded: null, status: 200 }, body: 'ok\n' }
  try {
    const answer = await forward(send, target, request, body)
    return { delivery: { ...done, forwarded: answer.status, status: answer.status }, body: answer.text }
  } catch (error) {
    const message = `${target} cannot be reached: ${(error as Error).message}`
    return { delivery: { ...done, forwarded: null, status: 502, error: message }, body: `${message}\n` }
  }
}

async function forward(send: NodeTransport, target: string, request: IncomingMessage, body: Uint8Array): Promise<{ status: number; text: string }> {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name, value]) => value !== undefined && !notForwarded.has(name)).map(([name, value]) => [name, String(value)]))
  const answer = await send(target, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer>, redirect: 'manual', signal: AbortSignal.timeout(FORWARD_TIMEOUT) })
  return { status: answer.status, text: await answer.text() }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too large' | 'broken off'> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.byteLength
      if (size > MAX_BODY) return 'too large'
      chunks.push(chunk)
    }
  } catch {
    return 'broken off'
  }
  return Buffer.concat(chunks)
}

const parsed = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return null
  }
}

function forwardTarget(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = /^\d+$/.test(text) ? `http://127.0.0.1:${text}` : /^[\w.-]+:\d+/.test(text) ? `http://${text}` : text
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new UsageError(`--forward-to: '${text}' is not an http or https URL`, 'Example: --forward-to http://localhost:3000/webhooks')
  return url
}

/** What was pushed, in order, until it ends. */
class Queue<T> implements AsyncIterable<T> {
  private readonly items: T[] = []
  private ended = false
  private wake: (() => void) | undefined

  push(item: T): void {
    this.items.push(item)
    this.wake?.()
  }

  end(): void {
    this.ended = true
    this.wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.items.shift()
      if (item !== undefined) yield item
      else if (this.ended) return
      else await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }
}
