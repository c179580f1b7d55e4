import type { DriftReport } from './hosts/proxy/drift.js'
import type { Listening } from './mock.js'
import { DOCUMENTS, SYSTEMS, type SystemName } from './systems/index.js'

export interface ProxyOptions {
  system: SystemName
  /** The real service's base URL, as a client would be given it (`https://api.example.com/v1`). */
  target: string
  /** Default: a free one. */
  port?: number
  /** Default: 127.0.0.1. */
  host?: string
  /** Called with the whole report when something was found that was not known before. */
  onDrift?: (report: DriftReport) => void
}

export interface Proxy extends Listening {
  /** What a client is given instead of the target. */
  baseUrl: string
  report(): DriftReport
}

/** Forwards to a real service and holds both directions against the document. Rejects when the port is in use. */
export async function createProxy({ system: name, target, port, host, onDrift }: ProxyOptions): Promise<Proxy> {
  const { protocol } = new URL(target)
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('target must be an http or https address')
  const [{ ContractProxy }, { listenProxy }, system, { default: document }] = await Promise.all([import('./hosts/proxy/proxy.js'), import('./hosts/proxy/listen.js'), SYSTEMS[name].load(), DOCUMENTS[name]()])
  const proxy = new ContractProxy(system, document, SYSTEMS[name].basePath, { target, onFinding: () => onDrift?.(proxy.report()) })
  const server = await listenProxy(proxy, { ...(port !== undefined && { port }), ...(host !== undefined && { host }) })
  return { ...server, baseUrl: server.url + SYSTEMS[name].basePath, report: () => proxy.report() }
}
