import http from 'node:http'
import https from 'node:https'
import { pipeline, Readable } from 'node:stream'
import tls from 'node:tls'
import type { Fetch, FetchInit } from '../core/options.js'
import { parseAddress } from './address.js'
import { giveBack } from './pieces.js'
import { proxyAuthorization, tunnelAgent } from './tunnel.js'
import { proxyFor, type Env } from './proxy.js'
import { NodeResponse } from './response.js'

export interface NodeTransportOptions {
  /** Connections to each host at a time. Default 64. */
  maxSockets?: number
  /** Certificates trusted besides the usual ones, as PEM. (`NODE_EXTRA_CA_CERTS` works too.) */
  ca?: string | string[]
  /** Where the proxy variables are read; `false` for no proxy. Default: the process's environment. */
  env?: Env | false
}

const MAX_ROUTES = 100

interface Route {
  readonly secure: boolean
  readonly agent: http.Agent
  readonly host: string
  readonly port: string | number
  /** A proxy is asked for the whole address. */
  readonly prefix: string
  readonly headers: Readonly<Record<string, string>>
}

export type NodeTransport = Fetch & {
  /** Closes idle connections. They keep no process alive. */
  close(): void
}

/**
 * `fetch` over node:http and node:https: the same for the SDK's purposes, several times cheaper than the platform's, with no time-out of its own,
 * with keep-alive, the proxy variables and extra certificates. It follows no redirect.
 */
export function nodeTransport(options: NodeTransportOptions = {}): NodeTransport {
  const settings = { keepAlive: true, maxSockets: options.maxSockets ?? 64, scheduling: 'lifo' as const }
  const ca = options.ca === undefined ? {} : { ca: [...tls.rootCertificates, ...[options.ca].flat()] }
  const env: Env = options.env === false ? {} : options.env ?? process.env
  const agents = new Map<string, http.Agent>()
  const agentFor = (secure: boolean, proxy: URL | undefined): http.Agent => {
    const key = secure ? `https|${proxy?.href ?? ''}` : 'http'
    let agent = agents.get(key)
    if (agent === undefined) {
      agent = !secure ? new http.Agent(settings) : proxy === undefined ? new https.Agent({ ...settings, ...ca }) : tunnelAgent({ ...settings, ...ca, proxy })
      agents.set(key, agent)
    }
    return agent
  }

  const routes = new Map<string, Route>()
  /** How a host is reached: worked out once, so a proxy variable that changes later is not noticed. */
  const routeTo = (url: URL): Route => {
    const secure = url.protocol === 'https:'
    const proxy = proxyFor(url, env)
    const agent = agentFor(secure, proxy)
    const direct = { secure, agent, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || (secure ? 443 : 80), prefix: '', headers: {} }
    if (proxy === undefined || secure) return direct
    return { ...direct, host: proxy.hostname, port: proxy.port || 80, prefix: url.origin, headers: { host: url.host, ...proxyAuthorization(proxy) } }
  }

  const transport: Fetch = (address, init) => new Promise((resolve, reject) => {
    const { origin, path } = parseAddress(address)
    let route = routes.get(origin)
    if (route === undefined) {
      route = routeTo(new URL(origin))
      if (routes.size < MAX_ROUTES) routes.set(origin, route)
    }
    const headers: Record<string, string> = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', ...init.headers, ...route.headers }
    if (init.signal.aborted) return reject(init.signal.reason)
    const request = (route.secure ? https : http).request({ method: init.method, headers, agent: route.agent, host: route.host, port: route.port, path: route.prefix + path })
    let answered = false
    const onAbort = () => request.destroy(asError(init.signal.reason))
    init.signal.addEventListener('abort', onAbort, { once: true })
    request.once('close', () => init.signal.removeEventListener('abort', onAbort))
    request.once('response', (message) => {
      answered = true
      // What arrives before the body was sent ends the sending: the answer is what counts.
      message.once('close', () => { if (!request.writableFinished) request.destroy() })
      const status = message.statusCode ?? 0
      if (status >= 300 && status < 400 && init.redirect === 'error' && message.headers.location !== undefined) {
        request.destroy()
        return reject(new TypeError('unexpected redirect'))
      }
      resolve(new NodeResponse(message, address, init.method) as unknown as Response)
    })
    request.on('error', (error) => { if (!answered) reject(init.signal.aborted ? init.signal.reason : error) })
    writeBody(request, init.body, headers, reject)
  })
  return Object.assign(transport, { close: () => agents.forEach((agent) => agent.destroy()) })
}

function writeBody(request: http.ClientRequest, body: FetchInit['body'], headers: Record<string, string>, reject: (reason: unknown) => void): void {
  if (body === undefined || body === null) {
    if (request.method !== 'GET' && request.method !== 'HEAD' && headers['content-length'] === undefined) request.setHeader('content-length', 0)
    request.end()
  } else if (typeof body === 'string') {
    request.setHeader('content-length', Buffer.byteLength(body))
    request.end(body)
  } else if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) {
    const bytes = ArrayBuffer.isView(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : Buffer.from(body)
    request.setHeader('content-length', bytes.byteLength)
    request.end(bytes)
  } else if (typeof (body as Blob).stream === 'function') {
    request.setHeader('content-length', (body as Blob).size)
    if ((body as Blob).type !== '' && headers['content-type'] === undefined) request.setHeader('content-type', (body as Blob).type)
    send(request, (body as Blob).stream(), reject)
  } else if (Symbol.asyncIterator in body) {
    send(request, body as ReadableStream<Uint8Array>, reject)
  } else {
    reject(new TypeError('this transport sends text, bytes, blobs and streams'))
    request.destroy()
  }
}

/** With back-pressure; a source that fails fails the call and closes the connection. */
function send(request: http.ClientRequest, stream: ReadableStream<Uint8Array>, reject: (reason: unknown) => void): void {
  returnPieces(request)
  pipeline(Readable.from(stream as unknown as AsyncIterable<Uint8Array>, { objectMode: false }), request, (error) => {
    // A server that has answered and closed is no failure of the source; the request's own handler tells the rest.
    if (error && !isConnection(error)) reject(error)
  })
}

/** What has left for the network is nobody's any more: pieces of files are read into again. */
function returnPieces(request: http.ClientRequest): void {
  type Done = (error?: Error | null) => void
  const write = request.write.bind(request) as (chunk: string | Uint8Array, done: Done) => boolean
  request.write = ((chunk: string | Uint8Array, encoding?: BufferEncoding | Done, callback?: Done) => write(chunk, (error) => {
    if (!error && ArrayBuffer.isView(chunk)) giveBack(chunk)
    const done = typeof encoding === 'function' ? encoding : callback
    done?.(error)
  })) as typeof request.write
}

function isConnection(error: NodeJS.ErrnoException): boolean {
  return /^(ERR_STREAM_|EPIPE|ECONN)/.test(error.code ?? '')
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}
