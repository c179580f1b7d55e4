import { createMockOn, type Mock, type MockOptions } from './create.js'
import { browserHost, needsNode } from './hosts/browser-host.js'
import type { Proxy, ProxyOptions } from './proxy.js'

/** The entry for browsers and workers: the names of the other one, without a Node built-in behind any of them. */
export * from './common.js'

export function createMock(options: MockOptions = {}): Mock {
  return createMockOn(browserHost, options)
}

export async function createProxy(_options: ProxyOptions): Promise<Proxy> {
  throw needsNode('createProxy()', 'run `orkit mock proxy`')
}
