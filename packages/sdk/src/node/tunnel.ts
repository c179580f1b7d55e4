import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'

interface TunnelOptions extends https.AgentOptions { readonly proxy: URL }

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
  private readonly proxy: URL
  private readonly tlsOptions: tls.ConnectionOptions

  constructor({ proxy, ...options }: TunnelOptions) {
    super(options)
    this.proxy = proxy
    this.tlsOptions = options.ca === undefined ? {} : { ca: options.ca }
  }

  override createConnection(options: { host?: string | null; port?: number | string | null; servername?: string }, done?: Connected): undefined {
    tunnel(this.proxy, options, 443, done, (socket, host) => {
      const secure = tls.connect({ ...this.tlsOptions, socket, servername: options.servername || host })
      secure.once('secureConnect', () => done?.(null, secure))
      secure.once('error', (error) => failed(done, error))
    })
    return undefined
  }
}

/** An http agent that uses CONNECT too: what is not a request, a WebSocket, cannot be forwarded. Made late like the other. */
export const plainTunnelAgent = ({ proxy, ...options }: http.AgentOptions & { readonly proxy: URL }): http.Agent => {
  PlainTunnelAgent ??= plainTunnelAgentClass()
  return new PlainTunnelAgent(proxy, options)
}

let PlainTunnelAgent: ReturnType<typeof plainTunnelAgentClass> | undefined

const plainTunnelAgentClass = () => class extends http.Agent {
  private readonly proxy: URL

  constructor(proxy: URL, options: http.AgentOptions) {
    super(options)
    this.proxy = proxy
  }

  override createConnection(options: { host?: string | null; port?: number | string | null }, done?: Connected): undefined {
    tunnel(this.proxy, options, 80, done, (socket) => done?.(null, socket))
    return undefined
  }
}

/** Asks the proxy for a way to the host, and hands it over. */
function tunnel(proxy: URL, options: { host?: string | null; port?: number | string | null }, port: number, done: Connected | undefined, ready: (socket: Duplex, host: string) => void): void {
  const host = options.host ?? 'localhost'
  const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? port}`
  const request = (proxy.protocol === 'https:' ? https : http).request({
    host: proxy.hostname,
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
  })
  request.once('connect', (response, socket) => {
    if (response.statusCode !== 200) {
      socket.destroy()
      return failed(done, Object.assign(new Error(`the proxy answered ${response.statusCode} to CONNECT`), { code: 'ERR_PROXY', syscall: 'connect' }))
    }
    ready(socket, host)
  })
  request.once('error', (error) => failed(done, Object.assign(error, { syscall: 'connect' })))
  request.end()
}

export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
