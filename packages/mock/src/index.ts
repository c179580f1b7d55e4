export * from './common.js'
export { createMock } from './mock.js'
export { createProxy, type Proxy, type ProxyOptions } from './proxy.js'
export type { DriftKind, DriftReport, Finding } from './hosts/proxy/drift.js'
