import type { System } from '../kernel/system.js'

export type SystemName = 'orca' | 'orckai' | 'flexorch' | 'klarefi' | 'orbiter'

/** Where each vendor's API is, and how it is loaded when first asked for. */
export const SYSTEMS: Readonly<Record<SystemName, { readonly basePath: string; load(): Promise<System> }>> = {
  orca: { basePath: '/api/v1', load: async () => (await import('./orca/index.js')).orca },
  orckai: { basePath: '/api/v1', load: async () => (await import('./orckai/index.js')).orckai },
  flexorch: { basePath: '/v1', load: async () => (await import('./flexorch/index.js')).flexorch },
  klarefi: { basePath: '', load: async () => (await import('./klarefi/index.js')).klarefi },
  orbiter: { basePath: '', load: async () => (await import('./orbiter/index.js')).orbiter },
}

export const SYSTEM_NAMES = Object.keys(SYSTEMS) as SystemName[]

/** The bundled OpenAPI documents, for `/<system>/openapi.json`. */
export const DOCUMENTS: Readonly<Record<SystemName, () => Promise<{ default: unknown }>>> = {
  orca: () => import('@orkit/spec/orca.json'),
  orckai: () => import('@orkit/spec/orckai.json'),
  flexorch: () => import('@orkit/spec/flexorch.json'),
  klarefi: () => import('@orkit/spec/klarefi.json'),
  orbiter: () => import('@orkit/spec/orbiter.json'),
}

export function isSystem(name: string): name is SystemName {
  return Object.hasOwn(SYSTEMS, name)
}
