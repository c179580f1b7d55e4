import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MockRequest } from '../kernel/request.js'
import { equalSecrets } from '../world/hash.js'
import type { Gateway } from './gateway.js'
import { readBody } from './node-body.js'
import { answerClientErrors } from './node-errors.js'
import { serveUpgrades } from './node-socket.js'
import { write, writePlain } from './node-write.js'
import { splitUrl } from './request.js'

export interface ListenOptions {
  /** Default: a free one. */
  port?: number
  /** Default: 127.0.0.1. */
  host?: string
  /** What `/__orkit` asks of callers that do not come over loopback. */
  token?: string
  /** Milliseconds that a client has for its headers (default 15,000) and for its whole request (default 120,000). */
  timeouts?: { headers?: number; request?: number }
}

const GRACE = 500

/** The server on a port. Answers are written to node:http directly; faults act on the socket. */
export async function listen(gateway: Gateway, { port = 0, host = '127.0.0.1', token, timeouts = {} }: ListenOptions = {}) {
  // Before a port is taken: a kept state may turn out to be unreadable.
  await gateway.ready()
  const { headers: headersTimeout = 15_000, request: requestTimeout = 120_000 } = timeouts
  const server = createServer({ headersTimeout, requestTimeout, keepAliveTimeout: 30_000, connectionsCheckingInterval: Math.min(5_000, Math.ceil(headersTimeout / 3)) })
  answerClientErrors(server, gateway)
  server.on('request', (request, response) => serve(gateway, token, request, response))
  const closeSockets = serveUpgrades(server, gateway, toMockRequest)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = (server.address() as AddressInfo).port
  let closing: Promise<void> | undefined
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${bound}`,
    close: () => (closing ??= close(server, closeSockets)),
  }
}

function serve(gateway: Gateway, token: string | undefined, request: IncomingMessage, response: ServerResponse): void {
  try {
    const reply = gateway.respond(new NodeRequest(request), () => trusted(request, token))
    if (!(reply instanceof Promise) && writePlain(request, response, reply)) return
    Promise.resolve(reply)
      .then((answer) => (writePlain(request, response, answer) ? undefined : write(request, response, answer)))
      .catch((error: unknown) => broken(response, error))
  } catch (error) {
    broken(response, error)
  }
}

function broken(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy()
  else response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: (error as Error).message }))
}

/** What the kernel wants to know of a request, read when it is asked for. */
class NodeRequest implements MockRequest {
  readonly method: string
  path: string
  readonly query: string
  readonly headers: Record<string, string>
  origin: string
  private reading: Promise<Uint8Array> | undefined

  constructor(private readonly request: IncomingMessage) {
    const { path, query } = splitUrl(request.url ?? '/')
    this.method = request.method ?? 'GET'
    this.path = path
    this.query = query
    this.headers = request.headers as Record<string, string>
    this.origin = `http://${this.headers['host'] ?? 'localhost'}`
  }

  get ip(): string {
    return this.headers['x-forwarded-for']?.split(',')[0]!.trim() ?? remote(this.request)
  }

  body(cap?: number): Promise<Uint8Array> {
    return (this.reading ??= readBody(this.request, cap))
  }
}

export function toMockRequest(request: IncomingMessage): MockRequest {
  return new NodeRequest(request)
}

/** Loopback callers that also call it a loopback name (no rebinding of somebody's domain), and bearers of the token. */
function trusted(request: IncomingMessage, token: string | undefined): boolean {
  const given = /^bearer\s+(.+)$/i.exec(request.headers['authorization'] ?? '')?.[1] ?? request.headers['x-mock-token']
  if (token !== undefined) return typeof given === 'string' && equalSecrets(given, token)
  const name = (request.headers['host'] ?? '').replace(/:\d+$/, '')
  return /^(?:127\.\d+\.\d+\.\d+|::1)$/.test(remote(request)) && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(name)
}

function remote(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? ''
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

async function close(server: Server, closeSockets: () => void): Promise<void> {
  closeSockets()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const force = setTimeout(() => server.closeAllConnections(), GRACE)
  await closed
  clearTimeout(force)
}
