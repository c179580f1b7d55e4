import { FlexOrch } from '@orkit/sdk/flexorch'
import { Klarefi } from '@orkit/sdk/klarefi'
import { Orbiter } from '@orkit/sdk/orbiter'
import { Orca } from '@orkit/sdk/orca'
import { Orckai } from '@orkit/sdk/orckai'
import type { SystemUnderTest } from './ledger.js'

export interface WorkerConfig {
  readonly system: SystemUnderTest
  readonly adapter: string
  readonly baseUrl: string
  readonly credentials: Readonly<Record<string, unknown>>
  readonly path: Readonly<Record<string, string>>
  readonly folder: string
  readonly files: number
  readonly journal: string
  readonly results: string
  readonly settleMs: number
  /** Milliseconds for an attempt. Default 8 000. */
  readonly timeout?: number
}

const clients = { orca: Orca, orckai: Orckai, flexorch: FlexOrch, klarefi: Klarefi, orbiter: Orbiter }

export async function connect({ system, baseUrl, credentials, timeout = 8_000 }: Pick<WorkerConfig, 'system' | 'baseUrl' | 'credentials' | 'timeout'>): Promise<InstanceType<(typeof clients)[SystemUnderTest]>> {
  const Client = clients[system] as unknown as new (options: object) => InstanceType<(typeof clients)[SystemUnderTest]>
  return new Client({ ...credentials, baseUrl, timeout, retryBudget: false, allowInsecureHttp: true })
}

/** Where the documents go, made on the server if need be. */
export async function target(config: Pick<WorkerConfig, 'system' | 'baseUrl' | 'credentials'>): Promise<Readonly<Record<string, string>>> {
  const client = await connect(config)
  if (client instanceof Orckai) return { id: String((await client.knowledgeBases.create({ name: 'Soak' })).id) }
  if (client instanceof Orbiter) return { knowledge_base_id: String((await client.knowledgeBases.create({ name: 'Soak' })).id) }
  return {}
}
