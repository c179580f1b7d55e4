import { createMock, type SystemName } from '@orkit/mock'
import { afterEach, describe, expect, it } from 'vitest'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Klarefi } from '../../src/systems/klarefi/index.js'
import { Orbiter } from '../../src/systems/orbiter/index.js'
import { Orca } from '../../src/systems/orca/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'
import { adapterFor } from '../../src/batch/adapters.js'
import { uploadBatch } from '../../src/batch/batch.js'
import { reportRows } from '../../src/batch/report.js'
import type { BatchClient, BatchOptions, Source } from '../../src/batch/types.js'

/** Each adapter against the reference server. */

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const mock of open.splice(0)) await mock.close()
})

async function connect<C>(Client: new (options: never) => C, system: SystemName): Promise<C & BatchClient> {
  const mock = createMock({ systems: [system] })
  open.push(mock)
  return new Client({ ...(await mock.credentials(system) as object), baseUrl: mock.baseUrl(system), fetch: mock.fetch, allowInsecureHttp: true } as never) as C & BatchClient
}

const file = (name: string, text: string) => ({ name, data: new TextEncoder().encode(text) })

async function upload(client: BatchClient, source: Source, options: BatchOptions) {
  const batch = uploadBatch(client, source, { pollIntervalMs: 50, rate: 'off', ...options })
  const summary = await batch.summary()
  return { summary, rows: reportRows(batch) }
}

describe('adapters', () => {
  it('FlexOrch: follows jobs, reports what is rejected, knows content that was there', async () => {
    const client = await connect(FlexOrch, 'flexorch')
    const source = [file('a.txt', 'Invoice 1\nTotal: 12 EUR'), file('rates.csv', 'a,b\n1,2\n'), file('b.md', '# Notes\n\nSome text.'), file('copy.txt', 'Invoice 1\nTotal: 12 EUR')]
    const { summary, rows } = await upload(client, source, { wait: true })
    expect(rows.map(({ path, status, code, same_as }) => ({ path, status, code, same_as }))).toEqual([
      { path: 'a.txt', status: 'done', code: undefined, same_as: undefined },
      { path: 'rates.csv', status: 'rejected', code: expect.stringMatching(/UNSUPPORTED/), same_as: undefined },
      { path: 'b.md', status: 'done', code: undefined, same_as: undefined },
      { path: 'copy.txt', status: 'done', code: undefined, same_as: 'a.txt' },
    ])
    expect(summary).toMatchObject({ total: 4, same: 1, complete: true })
    const second = await upload(client, [file('again.txt', 'Invoice 1\nTotal: 12 EUR')], { wait: true })
    expect(second.rows[0]).toMatchObject({ status: 'done', duplicate: true })
    expect(second.rows[0]!.job).toBe(rows[0]!.job)
  })

  it('FlexOrch: asks for the limit of the plan before it keeps to the smallest', async () => {
    const client = await connect(FlexOrch, 'flexorch')
    const source = Array.from({ length: 70 }, (_, index) => file(`n${index}.txt`, `Number ${index}`))
    const { summary } = await upload(client, source, { rate: 'documented' })
    expect(summary).toMatchObject({ complete: true, states: { accepted: 70 } })
  })

  it('Orckai: documents of a knowledge base', async () => {
    const client = await connect(Orckai, 'orckai')
    const [base] = await client.knowledgeBases.list().toArray()
    const { summary, rows } = await upload(client, [file('one.md', '# One'), file('two.md', '# Two')], { path: { id: base!.id }, wait: true })
    expect(summary).toMatchObject({ complete: true, states: { done: 2 } })
    const listed = await client.knowledgeBases.documents.list(base!.id).toArray()
    expect(rows.every((row) => listed.some((each) => each.id === row.document))).toBe(true)
  })

  it('Orckai: needs to know the knowledge base', async () => {
    const client = await connect(Orckai, 'orckai')
    expect(() => uploadBatch(client, [])).toThrow('a knowledge base is needed')
  })

  it('Orbiter: documents of a knowledge base', async () => {
    const client = await connect(Orbiter, 'orbiter')
    const base = await client.knowledgeBases.create({ name: 'Batch' })
    const { summary } = await upload(client, [file('one.md', '# One\n\ntext'), file('bad.exe', 'MZ')], { path: { knowledge_base_id: base.id }, wait: true })
    expect(summary).toMatchObject({ complete: true, states: { done: 1, rejected: 1 } })
  })

  it('Klarefi: addresses, with a key each', async () => {
    const client = await connect(Klarefi, 'klarefi')
    const source = ['https://files.example.com/a.pdf', 'https://files.example.com/b.pdf', 'http://files.example.com/c.pdf']
    const { summary, rows } = await upload(client, source, { params: { case_type_id: 'ct_claim' }, wait: true })
    expect(rows.map((row) => [row.status, row.code])).toEqual([['done', undefined], ['done', undefined], ['failed', 'INVALID_ADDRESS']])
    expect(summary.complete).toBe(true)
    const again = await upload(client, source.slice(0, 1), { params: { case_type_id: 'ct_claim' } })
    expect(again.rows[0]).toMatchObject({ status: 'accepted', duplicate: true, job: rows[0]!.job })
  })

  it('ORCA: the public surface, whose jobs are read one by one', async () => {
    const client = await connect(Orca, 'orca')
    const { summary, rows } = await upload(client, [file('people.csv', 'name,email\nAda,ada@example.com\n')], { wait: true })
    expect(rows[0]).toMatchObject({ status: 'done' })
    expect(summary.complete).toBe(true)
  })

  it('ORCA: files of the dashboard', async () => {
    const client = await connect(Orca, 'orca')
    const { rows } = await upload(client, [file('people.csv', 'name,email\nAda,ada@example.com\n')], { adapter: adapterFor('orca', 'files') })
    expect(rows[0]).toMatchObject({ status: 'done', document: expect.any(String) })
  })

  it('stops at once when the credential is refused, and keeps the items', async () => {
    const mock = createMock({ systems: ['orckai'] })
    open.push(mock)
    const client = new Orckai({ apiKey: 'oak_wrong', baseUrl: mock.baseUrl('orckai'), fetch: mock.fetch as never, allowInsecureHttp: true })
    const source = Array.from({ length: 50 }, (_, index) => file(`${index}.txt`, `text ${index}`))
    const { summary } = await upload(client as never, source, { path: { id: 'kb' } })
    expect(summary.stopped).toMatchObject({ kind: 'error', error: { name: 'AuthenticationError' } })
    expect(summary.states.planned).toBe(50)
  })
})
