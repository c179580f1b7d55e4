import type { Mock } from '../../src/mock.js'
import type { SystemName } from '../../src/systems/index.js'
import { PASSWORD, signIn } from '../orbiter.js'
import type { Json } from './documents.js'

export type Headers = Record<string, string>
/** What signs a request in, by security scheme of the document. */
export type Credentials = Readonly<Record<string, Headers>>
/** The first organisation and the second, both seeded in every system. */
export type Who = 'main' | 'other'

/** Signs in at a system, as the organisation asked for, with every scheme that it has. */
export const accounts: Readonly<Record<SystemName, (mock: Mock, who: Who) => Promise<Credentials>>> = {
  orca: async (mock, who) => ({
    jwt: bearer(await orcaToken(mock, who === 'main' ? 'ada@example.com' : 'olga@other.example')),
    apiKey: bearer(`orca_live_test_${who === 'main' ? 'admin' : 'other'}_0000000000000000`),
  }),
  orckai: async (_, who) => ({ apiKey: { 'x-api-key': who === 'main' ? 'oak_test_full_access_0000000000000000' : 'oak_test_other_org_00000000000000000' } }),
  flexorch: async (mock, who) => ({
    apiKey: { 'x-api-key': who === 'main' ? 'dfx_test_full_access_0000000000000000' : 'dfx_test_other_0000000000000000000000' },
    jwt: bearer(await flexorchToken(mock, who === 'main' ? 'ada@example.com' : 'olga@other.example')),
  }),
  klarefi: async (_, who) => ({ bearerKey: bearer(who === 'main' ? 'sk_live_full_access_0000000000000000' : 'sk_live_other_org_000000000000000000') }),
  orbiter: async (mock, who) => ({
    session: (await signIn(mock, who === 'main' ? 'ada' : 'mallory')).headers,
    ciKey: { 'x-api-key': who === 'main' ? 'orb_ci_test_full_000000000000000000000000000000000' : 'orb_ci_test_other_00000000000000000000000000000000' },
    deploymentKey: bearer('orb_test_agent_00000000000000000000000000000000'),
  }),
}

export async function orcaToken(mock: Mock, email: string): Promise<string> {
  return (await post(mock, `${mock.baseUrl('orca')}/auth/login`, { email, password: PASSWORD })).data.access_token
}

export async function flexorchToken(mock: Mock, email: string): Promise<string> {
  return (await post(mock, `${mock.baseUrl('flexorch')}/auth/login`, { email, password: PASSWORD })).data.access_token
}

export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` }
}

async function post(mock: Mock, url: string, body: Json): Promise<Json> {
  const response = await mock.fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return response.json()
}
