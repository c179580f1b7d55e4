import { createMock, type SystemName } from '@orkit/mock'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adapterFor } from '../../src/batch/adapters.js'
import { uploadBatch } from '../../src/batch/batch.js'
import { ownerOf } from '../../src/batch/owner.js'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Klarefi } from '../../src/systems/klarefi/index.js'
import { Orbiter } from '../../src/systems/orbiter/index.js'
import { Orca } from '../../src/systems/orca/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'
import type { BatchClient } from '../../src/batch/types.js'

/** A journal is gone on with for the account that it was begun for. */

let folder: string
let journal: string
const open: { close(): Promise<void> }[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orkit-owner-'))
  journal = join(folder, 'j.journal')
})
afterEach(async () => {
  for (const mock of open.splice(0)) await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

const clients = { orca: Orca, orckai: Orckai, flexorch: FlexOrch, klarefi: Klarefi, orbiter: Orbiter }

async function serve(system: SystemName) {
  const mock = createMock({ systems: [system], rateLimits: 'off' })
  open.push(mock)
  const credentials = (await mock.credentials(system)) as Record<string, string>
  const Client = clients[system] as unknown as new (options: object) => BatchClient
  return { credentials, client: (given: object = credentials) => new Client({ ...given, baseUrl: mock.baseUrl(system), fetch: mock.fetch, allowInsecureHttp: true }) }
}

const files = (count: number, from = 0) => Array.from({ length: count }, (_, index) => ({ name: `f${from + index}.txt`, data: Buffer.from(`file ${from + index}`) }))

describe('whose account it is', () => {
  it.each([
    ['orckai', 'documents', { id: 'organization 0a1b2c3d-0000-4000-8000-000000000001', name: 'Northwind Analytics' }],
    ['klarefi', 'process', { id: 'organization org_abc123, live' }],
    ['orbiter', 'documents', { id: 'user a0000000-0000-4000-8000-000000000001', name: 'ada@example.com' }],
    ['orca', 'files', { id: 'user usr_ada of main' }],
    ['flexorch', 'documents', { id: expect.stringMatching(/^credential [0-9a-f]{24}$/) }],
  ] as const)('%s tells it, or its token or its key does', async (system, adapter, owner) => {
    const { client } = await serve(system)
    const mine = client()
    const first = await ownerOf(mine, adapterFor(system, adapter)!)
    expect(first).toEqual(owner)
    // Another client of the same account signs in anew, and is the same.
    expect(await ownerOf(client(), adapterFor(system, adapter)!)).toEqual(first)
  })

  it('a key that may not look at its account is told by its digest', async () => {
    const { client } = await serve('klarefi')
    expect(await ownerOf(client({ apiKey: 'sk_test_no_scope_0000000000000000000' }), adapterFor('klarefi')!)).toEqual({ id: expect.stringMatching(/^credential /) as string })
  })

  it('a digest holds nothing of the key, and is another one at another address', async () => {
    const key = 'dfx_test_full_access_0000000000000000'
    const at = (baseUrl: string) => ownerOf(new FlexOrch({ apiKey: key, baseUrl }) as unknown as BatchClient, adapterFor('flexorch')!)
    const [here, there] = [await at('https://here.example'), await at('https://there.example')]
    expect(here!.id).not.toBe(there!.id)
    expect(JSON.stringify(here)).not.toContain(key.slice(4, 12))
  })

  it('a token without a user stands for who signed in, and survives its renewal', async () => {
    const token = (jti: string) => `e30.${Buffer.from(JSON.stringify({ jti })).toString('base64url')}.x`
    const at = (jti: string, email: string) => ownerOf({ ...new FlexOrch({ email, password: 'p', baseUrl: 'https://here.example' }) as object, profile: new FlexOrch({ apiKey: 'k' }).profile, operations: {}, baseUrl: 'https://here.example', _options: { email }, _authorize: async () => ({ authorization: `Bearer ${token(jti)}` }), request: () => undefined } as never, adapterFor('flexorch')!)
    expect(await at('1', 'ada@example.com')).toEqual(await at('2', 'ada@example.com'))
    expect(await at('1', 'ada@example.com')).not.toEqual(await at('1', 'bob@example.com'))
  })
})

describe('a journal', () => {
  it('is refused to another account, both being named; nothing is sent, and nothing is listed', async () => {
    const { client } = await serve('klarefi')
    const options = { journal, params: { case_type_id: 'ct_claim' } }
    await uploadBatch(client(), ['https://files.example.com/a.pdf'], options).summary()
    const before = readFileSync(journal, 'utf8')
    const other = client({ apiKey: 'sk_live_other_org_000000000000000000' })
    await expect(uploadBatch(other, ['https://files.example.com/a.pdf', 'https://files.example.com/b.pdf'], options).summary())
      .rejects.toMatchObject({ name: 'JournalError', reason: 'account', message: expect.stringMatching(/begun for organization org_abc123, live; .* that of organization \S+, live/) as string })
    await expect(uploadBatch(other, undefined, { journal, wait: true }).summary()).rejects.toThrow(/belongs to another account/)
    expect(readFileSync(journal, 'utf8')).toBe(before)
    expect(before).not.toContain('sk_live')
  })

  it('is gone on with under a new key when the caller says that it is the same account', async () => {
    const { client } = await serve('flexorch')
    const [old, fresh] = [client({ apiKey: 'dfx_test_full_access_0000000000000000' }), client({ apiKey: 'dfx_test_pro_000000000000000000000000' })]
    await uploadBatch(old, files(2), { journal }).summary()
    await expect(uploadBatch(fresh, files(3), { journal }).summary()).rejects.toThrow(/begun for credential \w+; the credential now is that of credential/)
    expect(await uploadBatch(fresh, files(3), { journal, acceptAccount: true }).summary()).toMatchObject({ complete: true, states: { accepted: 3 } })
    // From now on the new one is the journal's.
    expect(await uploadBatch(fresh, files(4), { journal }).summary()).toMatchObject({ complete: true, states: { accepted: 4 } })
    await expect(uploadBatch(old, files(4), { journal }).summary()).rejects.toThrow(/another account/)
  })

  it('asks nobody when nothing is left to do', async () => {
    const { client } = await serve('orckai')
    const [base] = await (client() as unknown as Orckai).knowledgeBases.list().toArray()
    const path = { id: String(base!.id) }
    await uploadBatch(client(), files(1), { journal, path, wait: true, pollIntervalMs: 20 }).summary()
    const gone = new Orckai({ apiKey: 'oak_x', baseUrl: client().baseUrl, fetch: async () => { throw new Error('asked') }, allowInsecureHttp: true }) as unknown as BatchClient
    expect(await uploadBatch(gone, undefined, { journal, path, wait: true }).summary()).toMatchObject({ complete: true, states: { done: 1 } })
  })

  it('keeps its items when the credential is refused before the first of them', async () => {
    const { client } = await serve('orckai')
    const path = { id: 'kb' }
    const summary = await uploadBatch(client({ apiKey: 'oak_wrong' }), files(3), { journal, path }).summary()
    expect(summary).toMatchObject({ complete: false, stopped: { kind: 'error', error: { name: 'AuthenticationError' } }, states: { planned: 3 } })
  })

  it('can be told by the caller', async () => {
    const { client } = await serve('flexorch')
    await uploadBatch(client(), files(1), { journal, account: 'work' }).summary()
    await expect(uploadBatch(client(), files(2), { journal, account: 'home' }).summary()).rejects.toThrow(/begun for work; .* of home/)
  })
})
