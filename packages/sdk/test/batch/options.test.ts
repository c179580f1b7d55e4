import { createMock, type SystemName } from '@orkit/mock'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Klarefi } from '../../src/systems/klarefi/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'
import { ConnectionError } from '../../src/core/errors/network.js'
import { cancelBatch } from '../../src/batch/cancel.js'
import { uploadBatch } from '../../src/batch/batch.js'
import { readJournal } from '../../src/batch/journal.js'
import { encodeLine } from '../../src/batch/records.js'
import { reportRows } from '../../src/batch/report.js'
import type { BatchClient } from '../../src/batch/types.js'

let folder: string
const open: { close(): Promise<void> }[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orkit-options-'))
})
afterEach(async () => {
  for (const mock of open.splice(0)) await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

async function connect<C>(Client: new (options: never) => C, system: SystemName): Promise<C & BatchClient> {
  const mock = createMock({ systems: [system], rateLimits: 'off' })
  open.push(mock)
  return new Client({ ...(await mock.credentials(system) as object), baseUrl: mock.baseUrl(system), fetch: mock.fetch, allowInsecureHttp: true } as never) as C & BatchClient
}

const file = (name: string, text = `${name} `.repeat(9)) => ({ name, data: new TextEncoder().encode(text) })
const many = (count: number) => Array.from({ length: count }, (_, index) => file(`f${index}.txt`))

describe('options of a batch', () => {
  it('stops at the ceiling of credits, and goes on with a new one', async () => {
    const client = await connect(FlexOrch, 'flexorch')
    const used = async () => (await client.usage.get()).usage!.credits!.used as number
    const before = await used()
    const first = await uploadBatch(client, many(30), { maxCredits: 12, rate: 'off' }).summary()
    expect(first).toMatchObject({ complete: false, stopped: { kind: 'credits' } })
    expect((await used()) - before).toBe(12)
    expect(first.states.accepted).toBe(12)
    await expect(async () => uploadBatch(await connect(Klarefi, 'klarefi'), [], { maxCredits: 1 })).rejects.toThrow('no meter')
  })

  it('does not wait for ever for the ceiling when the journal cannot be written', async () => {
    const client = await connect(FlexOrch, 'flexorch')
    const journal = {
      name: 'full', open: async <H>(header: H) => header, close: async () => {},
      append: async (record: { readonly t: string }) => {
        if (record.t === 'sending') throw new Error('no room')
      },
    }
    expect(await uploadBatch(client, many(10), { maxCredits: 12, rate: 'off', journal }).summary()).toMatchObject({ complete: false, stopped: { kind: 'error', error: { message: 'no room' } }, states: { planned: 10 } })
  })

  it('has no end of its time that comes at once because it is far away', async () => {
    const client = await connect(FlexOrch, 'flexorch')
    expect(await uploadBatch(client, many(3), { rate: 'off', maxDurationMs: 1e10 }).summary()).toMatchObject({ complete: true, stopped: undefined })
  })

  it('skips what the server lists, when asked to', async () => {
    const client = await connect(Orckai, 'orckai')
    const base = await client.knowledgeBases.create({ name: 'Options' })
    const path = { id: base.id }
    await uploadBatch(client, many(3), { path, rate: 'off' }).summary()
    const batch = uploadBatch(client, [...many(4), { ...file('f0.txt', 'another size'), path: 'other/f0.txt' }], { path, rate: 'off', skipExisting: true })
    expect(await batch.summary()).toMatchObject({ complete: true, states: { skipped: 3 } })
    expect(reportRows(batch).map((row) => row.code ?? row.status)).toEqual(['EXISTS', 'EXISTS', 'EXISTS', expect.not.stringMatching('EXISTS'), expect.not.stringMatching('EXISTS')])
    expect(await client.knowledgeBases.documents.list(base.id).toArray()).toHaveLength(5)
  })

  it('shows no signature of an address, and the server gets it whole', async () => {
    const sent: string[] = []
    const request = (_: string, { params }: { params: { document_url: string } }) => {
      sent.push(params.document_url)
      return Promise.resolve({ case_id: 'c1', doc_id: 'd1' })
    }
    const client = Object.create(await connect(Klarefi, 'klarefi'), { request: { value: request } }) as BatchClient
    const urls = ['https://files.example.com/c.pdf?X-Amz-Signature=s3cr3t&id=7', 'ftp://user:s3cr3t@files.example.com/d.pdf?sig=s3cr3t']
    const batch = uploadBatch(client, urls, { params: { case_type_id: 'ct' }, rate: 'off' })
    expect(await batch.summary()).toMatchObject({ states: { accepted: 1, failed: 1 } })
    expect(sent).toEqual([urls[0]])
    expect(JSON.stringify(reportRows(batch))).not.toContain('s3cr3t')
    expect(reportRows(batch)[0]!.path).toBe('https://files.example.com/c.pdf?X-Amz-Signature=[redacted]&id=7')
  })

  it('a job that failed is tried anew with a key of its own, which stays the same over all attempts', async () => {
    const keys: string[] = []
    const request = (operation: string, _: object, { idempotencyKey }: { idempotencyKey?: string }) => {
      if (operation === 'me.get') return Promise.resolve({ org_id: 'o1' })
      if (operation === 'cases.get') return Promise.resolve({ status: new Set(keys).size === 1 ? 'failed' : 'completed' })
      keys.push(idempotencyKey!)
      return keys.length === 2 ? Promise.reject(new ConnectionError('cut', { sent: true })) : Promise.resolve({ case_id: `c${keys.length}`, doc_id: 'd' })
    }
    const client = Object.create(await connect(Klarefi, 'klarefi'), { request: { value: request } }) as BatchClient
    const options = { journal: join(folder, 'j.journal'), params: { case_type_id: 'ct' }, rate: 'off', wait: true, pollIntervalMs: 10, clock: { random: () => 0 } } as const
    expect(await uploadBatch(client, ['https://files.example.com/c.pdf'], options).summary()).toMatchObject({ states: { failed: 1 } })
    const batch = uploadBatch(client, undefined, { ...options, retry: 'failed' })
    expect(await batch.summary()).toMatchObject({ complete: true, states: { done: 1 } })
    expect(batch.items()[0]!.job).toBe('c3')
    expect(keys[1]).toBe(keys[2])
    expect(keys[0]).not.toBe(keys[1])
  })

  it('what was cancelled is not sent, until it is planned anew', async () => {
    const client = await connect(FlexOrch, 'flexorch')
    const journal = join(folder, 'j.journal')
    const names = many(6).map(({ name, data }) => (writeFileSync(join(folder, name), data), name))
    await uploadBatch(client, names, { root: folder, journal, maxCredits: 2, concurrency: 1 }).summary()
    const header = await readJournal(journal, () => {})
    expect(await cancelBatch(journal, header)).toMatchObject({ cancelled: 4 })
    expect(await uploadBatch(client, undefined, { journal }).summary()).toMatchObject({ complete: true, states: { accepted: 2, skipped: 4 } })
    expect(await uploadBatch(client, undefined, { journal, retry: 'all' }).summary()).toMatchObject({ complete: true, states: { accepted: 6 } })
  })

  it.each([['that is listed is found, not sent again', 1, 1], ['that cannot be told apart is sent, as asked for', 2, 3]])('planned anew, an unknown outcome %s', async (_, there, then) => {
    const client = await connect(Orckai, 'orckai')
    const base = await client.knowledgeBases.create({ name: 'Retried' })
    const journal = join(folder, 'j.journal')
    const [{ name, data }] = many(1) as [ReturnType<typeof file>]
    writeFileSync(join(folder, name), data)
    const path = { id: base.id }
    await uploadBatch(client, [name], { root: folder, journal, path, signal: AbortSignal.abort() }).summary()
    const at = Date.now()
    for (let n = 0; n < there; n++) await client.knowledgeBases.documents.upload(base.id, { file: { name, data } })
    for (const record of [{ t: 'listed', items: 1 }, { t: 'sending', n: 0, id: 'a'.repeat(64), sha: 'b', try: 5, at }, { t: 'unknown', n: 0, at, code: 'TIMEOUT', message: 'no answer' }]) appendFileSync(journal, encodeLine(record))
    if (there === 2) expect(await uploadBatch(client, undefined, { journal, path, settleMs: 100 }).summary()).toMatchObject({ states: { unknown: 1 } })
    expect(await uploadBatch(client, undefined, { journal, path, settleMs: 100, retry: 'all' }).summary()).toMatchObject({ complete: true, states: { accepted: 1 } })
    expect(await client.knowledgeBases.documents.list(base.id).toArray()).toHaveLength(then)
  })

  it('what workers of a queue have in hand is not cancelled behind their backs', async () => {
    const client = await connect(FlexOrch, 'flexorch')
    const journal = join(folder, 'j.journal')
    const names = many(2).map(({ name, data }) => (writeFileSync(join(folder, name), data), name))
    await uploadBatch(client, names, { root: folder, journal, maxCredits: 0 }).summary()
    appendFileSync(journal, encodeLine({ t: 'queued', id: 'q', queue: 'redis://queue:6379', at: 1 }))
    const header = await readJournal(journal, () => {})
    await expect(cancelBatch(journal, header)).rejects.toMatchObject({ name: 'JournalError', reason: 'queued' })
    expect(readFileSync(journal, 'utf8')).not.toContain('CANCELLED')
  })
})
