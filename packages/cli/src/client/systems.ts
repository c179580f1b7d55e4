import type { ApiClient, ClientOptions } from '@orkit/sdk/core'

export type SystemName = 'orca' | 'orckai' | 'flexorch' | 'klarefi' | 'orbiter'

/** Only the asked-for system's code is loaded. */
const clients: Readonly<Record<SystemName, (options: ClientOptions) => Promise<ApiClient>>> = {
  orca: async (options) => new (await import('@orkit/sdk/orca')).Orca(options),
  orckai: async (options) => new (await import('@orkit/sdk/orckai')).Orckai(options),
  flexorch: async (options) => new (await import('@orkit/sdk/flexorch')).FlexOrch(options),
  klarefi: async (options) => new (await import('@orkit/sdk/klarefi')).Klarefi(options),
  orbiter: async (options) => new (await import('@orkit/sdk/orbiter')).Orbiter(options),
}

export const createClient = (system: SystemName, options: ClientOptions): Promise<ApiClient> => clients[system](options)
