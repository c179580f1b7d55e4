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
    const host = options.host ?? 'localhost'
    const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? 443}`
    const request = (this.proxy.protocol === 'https:' ? https : http).request({
      host: this.proxy.hostname,
      port: this.proxy.port || (this.proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(this.proxy) },
      agent: false,
    })
    request.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy()
        return failed(done, Object.assign(new Error(`the proxy answered ${response.statusCode} to CONNECT`), { code: 'ERR_PROXY', syscall: 'connect' }))
      }
      const secure = tls.connect({ ...this.tlsOptions, socket, servername: options.servername || host })
      secure.once('secureConnect', () => done?.(null, secure))
      secure.once('error', (error) => failed(done, error))
    })
    request.once('error', (error) => failed(done, Object.assign(error, { syscall: 'connect' })))
    request.end()
    return undefined
  }
}

export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
