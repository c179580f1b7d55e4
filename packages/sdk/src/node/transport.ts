import http from 'node:http'
import https from 'node:https'
import type { Fetch } from '../core/options.js'
import { parseAddress } from './address.js'
import { writeBody } from './body.js'
import type { Env } from './proxy.js'
import { NodeResponse } from './response.js'
import { createRests } from './rest.js'
import { createRoutes } from './routes.js'

/** How `nodeTransport` connects. */
export interface NodeTransportOptions {
  /** Connections to each host at a time. Default: no limit, as with the platform's fetch. */
  maxSockets?: number
  /** Certificates trusted besides the usual ones, as PEM. (`NODE_EXTRA_CA_CERTS` works too.) */
  ca?: string | string[]
  /** Where the proxy variables are read; `false` for no proxy. Default: the process's environment. */
  env?: Env | false
}

/** A `fetch` for the option of that name, with connections of its own that are kept for the next request. */
export type NodeTransport = Fetch & {
  /** Closes idle connections. They keep no process alive. */
  close(): void
}

/**
 * `fetch` over node:http and node:https: the same for the SDK's purposes, several times cheaper than the platform's, with no time-out of its own,
 * with keep-alive, the proxy variables and extra certificates. It follows no redirect. Clients on Node use one by default; this is for another one, with settings.
 */
export function nodeTransport(options: NodeTransportOptions = {}): NodeTransport {
  const rests = createRests()
  const routes = createRoutes({ maxSockets: options.maxSockets ?? Infinity, ca: options.ca, env: options.env === false ? {} : options.env ?? process.env, rests })
  const send: Fetch = (address, init) => new Promise((resolve, reject) => {
    const { signal } = init
    const { origin, path } = parseAddress(address)
    const route = routes.to(origin)
    const headers: Record<string, string> = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', ...init.headers, ...route.headers }
    if (signal.aborted) return reject(signal.reason)
    const request = (route.secure ? https : http).request({ method: init.method, headers, agent: route.agent, host: route.host, port: route.port, path: route.prefix + path })
    let answered = false
    const onAbort = () => request.destroy(asError(signal.reason))
    signal.addEventListener('abort', onAbort, { once: true })
    request.once('close', () => signal.removeEventListener('abort', onAbort))
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
    request.on('error', (error) => { if (!answered) reject(signal.aborted ? signal.reason : error) })
    writeBody(request, init.body, headers, reject)
  })
  const transport: Fetch = (address, init) => rests.wait()?.then(() => send(address, init)) ?? send(address, init)
  return Object.assign(transport, { close: routes.close })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}
