import http from 'node:http'
import https from 'node:https'
import tls from 'node:tls'
import { bareHost } from './address.js'
import { limitIdle } from './idle.js'
import { proxyFor, type Env } from './proxy.js'
import type { Rests } from './rest.js'
import { proxyAuthorization, tunnelAgent } from './tunnel.js'

const MAX_ROUTES = 100

/** How a host is reached. */
export interface Route {
  readonly secure: boolean
  readonly agent: http.Agent
  readonly host: string
  readonly port: string | number
  /** A proxy is asked for the whole address. */
  readonly prefix: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Routes {
  /** Worked out once for each origin, so a proxy variable that changes later is not noticed. */
  to(origin: string): Route
  /** Closes idle connections. */
  close(): void
}

export function createRoutes({ maxSockets, ca, env, rests }: { maxSockets: number; ca: string | string[] | undefined; env: Env; rests: Rests }): Routes {
  const settings = { keepAlive: true, maxSockets, scheduling: 'lifo' as const }
  const trusted = ca === undefined ? {} : { ca: [...usualCertificates(), ...[ca].flat()] }
  const agents = new Map<string, http.Agent>()
  const make = (secure: boolean, proxy: URL | undefined): http.Agent => {
    if (!secure) return new http.Agent(settings)
    return proxy === undefined ? new https.Agent({ ...settings, ...trusted }) : tunnelAgent({ ...settings, ...trusted, proxy })
  }
  const agentFor = (secure: boolean, proxy: URL | undefined): http.Agent => {
    const key = secure ? `https|${proxy?.href ?? ''}` : 'http'
    const agent = agents.get(key) ?? rests.watch(limitIdle(make(secure, proxy)))
    agents.set(key, agent)
    return agent
  }
  const find = (url: URL): Route => {
    const secure = url.protocol === 'https:'
    const proxy = proxyFor(url, env)
    const direct = { secure, agent: agentFor(secure, proxy), host: bareHost(url.hostname), port: url.port || (secure ? 443 : 80), prefix: '', headers: {} }
    if (proxy === undefined || secure) return direct
    return { ...direct, host: bareHost(proxy.hostname), port: proxy.port || 80, prefix: url.origin, headers: { host: url.host, ...proxyAuthorization(proxy) } }
  }

  const routes = new Map<string, Route>()
  return {
    to(origin) {
      let route = routes.get(origin)
      if (route === undefined) {
        route = find(new URL(origin))
        if (routes.size < MAX_ROUTES) routes.set(origin, route)
      }
      return route
    },
    close: () => agents.forEach((agent) => agent.destroy()),
  }
}

/** Those of NODE_EXTRA_CA_CERTS and of the system included, where Node tells them (22.15, 23.10 and newer). */
function usualCertificates(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?(type: 'default'): string[] }
  return getCACertificates?.('default') ?? tls.rootCertificates
}
