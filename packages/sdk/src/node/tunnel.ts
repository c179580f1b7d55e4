import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { bareHost } from './address.js'

/** Milliseconds that a proxy may take to open a way, the handshake with the host behind it included. */
const PATIENCE = 30_000

interface Way {
  readonly proxy: URL
  /** Default: 30 s. */
  readonly patience?: number | undefined
}
interface TunnelOptions extends https.AgentOptions, Way {}

type Connected = (error: Error | null, socket: Duplex) => void

/** Node ignores the socket when there is an error. */
const failed = (done: Connected | undefined, error: Error) => (done as ((error: Error) => void) | undefined)?.(error)

/**
 * An https agent whose connections go through a proxy's CONNECT. They are kept alive like any other. The class is made with the first of them:
 * at the top of the module it would make a build that loads `node:https` lazily load it always.
 */
export const tunnelAgent = (options: TunnelOptions): https.Agent => new (TunnelAgent ??= tunnelAgentClass())(options)

let TunnelAgent: ReturnType<typeof tunnelAgentClass> | undefined

const tunnelAgentClass = () => class extends https.Agent {
  private readonly way: Way
  private readonly tlsOptions: tls.ConnectionOptions

  constructor({ proxy, patience, ...options }: TunnelOptions) {
    super(options)
    this.way = { proxy, patience }
    this.tlsOptions = options.ca === undefined ? {} : { ca: options.ca }
  }

  override createConnection(options: { host?: string | null; port?: number | string | null; servername?: string }, done?: Connected): undefined {
    tunnel(this.way, options, 443, done, (socket, host, ready) => {
      // A certificate may be for an address, but TLS has no way to ask for that.
      const servername = options.servername || (isIP(host) === 0 ? host : '')
      const secure = tls.connect({ ...this.tlsOptions, socket, host, servername })
      return secure.once('secureConnect', () => ready(secure))
    })
    return undefined
  }
}

/** An http agent that uses CONNECT too: what is not a request, a WebSocket, cannot be forwarded. Made late like the other. */
export const plainTunnelAgent = ({ proxy, ...options }: http.AgentOptions & Way): http.Agent => {
  PlainTunnelAgent ??= plainTunnelAgentClass()
  return new PlainTunnelAgent({ proxy }, options)
}

let PlainTunnelAgent: ReturnType<typeof plainTunnelAgentClass> | undefined

const plainTunnelAgentClass = () => class extends http.Agent {
  constructor(private readonly way: Way, options: http.AgentOptions) {
    super(options)
  }

  override createConnection(options: { host?: string | null; port?: number | string | null }, done?: Connected): undefined {
    tunnel(this.way, options, 80, done, (socket, _, ready) => {
      ready(socket)
      return socket
    })
    return undefined
  }
}

/**
 * Asks the proxy for a way to the host, and hands it over; `finish` makes of it what is needed. Who asked may long have given up, which nobody tells an agent:
 * so there is an end to it.
 */
function tunnel({ proxy, patience = PATIENCE }: Way, options: { host?: string | null; port?: number | string | null }, port: number, done: Connected | undefined, finish: (socket: Duplex, host: string, ready: (way: Duplex) => void) => Duplex): void {
  const host = options.host ?? 'localhost'
  const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? port}`
  const request = (proxy.protocol === 'https:' ? https : http).request({
    host: bareHost(proxy.hostname),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
  })
  let pending: { destroy(error: Error): unknown } = request
  const timer = setTimeout(() => pending.destroy(Object.assign(new Error(`the proxy opened no way to ${authority} within ${patience / 1_000} s`), { code: 'ERR_PROXY', syscall: 'connect' })), patience)
  const fail = (error: Error) => {
    clearTimeout(timer)
    failed(done, error)
  }
  request.once('connect', (response, socket) => {
    if (response.statusCode !== 200) {
      socket.destroy()
      return fail(Object.assign(new Error(`the proxy answered ${response.statusCode} to CONNECT`), { code: 'ERR_PROXY', syscall: 'connect' }))
    }
    const made = finish(socket, host, (way) => {
      clearTimeout(timer)
      done?.(null, way)
    })
    pending = made
    made.once('error', fail)
  })
  request.once('error', (error) => fail(Object.assign(error, { syscall: 'connect' })))
  request.end()
}

export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {}
  const pair = [proxy.username, proxy.password].map(plain).join(':')
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** A percent sign that escapes nothing stands for itself. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
