import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { uploadBatch } from '../../src/batch/batch.js'
import { reportRows } from '../../src/batch/report.js'
import { Ledger, type LedgerOptions } from './ledger.js'
import type { BatchClient, BatchOptions, SourceEntry } from '../../src/batch/types.js'

/** Several files in one request. */

let folder: string
let ledger: Ledger
let client: BatchClient
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orkit-together-'))
})
afterEach(async () => {
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(options: LedgerOptions = {}): Promise<void> {
  ledger = new Ledger(options)
  client = new FlexOrch({ apiKey: 'dfx_test', baseUrl: `http://127.0.0.1:${await ledger.listen()}`, timeout: 5_000 }) as unknown as BatchClient
}

const entries = (count: number, more: (index: number) => Partial<SourceEntry> = () => ({})): SourceEntry[] =>
  Array.from({ length: count }, (_, index) => ({ name: `f${index}.txt`, data: Buffer.from(`file ${index}`), ...more(index) }))

async function upload(source: SourceEntry[], options: BatchOptions = {}) {
  const batch = uploadBatch(client, source, { rate: 'off', settleMs: 50, concurrency: 2, clock: { random: () => 0 }, ...options })
  const summary = await batch.summary()
  return { summary, rows: reportRows(batch) }
}

const refuse = (status: number, code: string) => (request: Parameters<NonNullable<LedgerOptions['fault']>>[2], response: Parameters<NonNullable<LedgerOptions['fault']>>[3]) => {
  request.resume()
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code, message: 'no' } }))
  return true
}
/** Bodies with several of these tiny files are longer than those with one. */
const carriesSeveral = (request: Parameters<NonNullable<LedgerOptions['fault']>>[2]) => Number(request.headers['content-length']) > 300

describe('files of one request', () => {
  it('share it once an answer has named its file, ten at the most, and each has its own job', async () => {
    await serve()
    const { summary, rows } = await upload(entries(200))
    expect(summary).toMatchObject({ complete: true, states: { accepted: 200 } })
    expect(ledger.groups[0]).toHaveLength(1)
    expect(ledger.together).toBe(10)
    expect(ledger.uploads).toBeLessThan(60)
    expect(ledger.files).toBe(200)
    for (const row of rows) expect(ledger.accepted.find((each) => each.job === row.job)?.filename).toBe(row.path)
  })

  it('never do where answers name no files, nor when the caller says so', async () => {
    await serve({ nameless: true })
    expect((await upload(entries(40))).summary).toMatchObject({ complete: true, states: { accepted: 40 } })
    expect(ledger.together).toBe(1)
    await ledger.close()
    await serve()
    expect((await upload(entries(40), { filesPerRequest: 1 })).summary).toMatchObject({ complete: true, states: { accepted: 40 } })
    expect(ledger.together).toBe(1)
  })

  it('are rejected one by one', async () => {
    await serve({ reject: (name) => name.endsWith('3.txt') })
    const { summary, rows } = await upload(entries(100))
    expect(summary).toMatchObject({ complete: true, states: { accepted: 90, rejected: 10 }, codes: { UNSUPPORTED_FILE: 10 } })
    expect(rows.filter((row) => row.status === 'rejected').map((row) => row.path)).toEqual(entries(100).map((each) => each.name).filter((name) => name!.endsWith('3.txt')))
    expect(ledger.together).toBe(10)
  })

  it('are settled alone when the answer is lost after the work', async () => {
    let lost = 0
    await serve({ fault: (_, when, request, response) => when === 'after' && carriesSeveral(request) && lost++ < 2 && (response.destroy(), true) })
    const { summary } = await upload(entries(60))
    expect(lost).toBeGreaterThanOrEqual(2)
    expect(summary).toMatchObject({ complete: true, states: { accepted: 60 } })
    expect(ledger.accepted).toHaveLength(60)
    // Each of the two groups came again file by file, and the server knew them.
    expect(ledger.duplicates).toBe(ledger.files - 60)
    expect(summary.duplicates).toBe(ledger.duplicates)
    expect(ledger.duplicates).toBeGreaterThan(5)
  })

  it('are settled alone when the answer leaves them out', async () => {
    await serve({ omit: (name) => name === 'f33.txt' })
    const { summary, rows } = await upload(entries(60))
    expect(summary).toMatchObject({ complete: true, states: { accepted: 60 }, duplicates: 1 })
    expect(rows[33]).toMatchObject({ status: 'accepted', duplicate: true })
    expect(ledger.accepted).toHaveLength(60)
  })

  it('go alone after their request was refused as a whole, so that one of them is the one that is wrong', async () => {
    await serve({ fault: (_, when, request, response) => when === 'before' && carriesSeveral(request) && refuse(413, 'FILE_TOO_LARGE')(request, response) })
    expect((await upload(entries(60))).summary).toMatchObject({ complete: true, states: { accepted: 60 } })
    // Fewer and fewer share one: not half of all requests are spent on learning.
    expect(ledger.uploads).toBeLessThan(75)
  })

  it('spend the last credits one by one', async () => {
    await serve({ fault: (_, when, request, response) => when === 'before' && (carriesSeveral(request) || ledger.files >= 20) && refuse(429, 'QUOTA_EXCEEDED')(request, response) })
    const { summary } = await upload(entries(60))
    expect(summary).toMatchObject({ complete: false, stopped: { kind: 'error', error: { name: 'QuotaExceededError' } }, states: { accepted: 20, planned: 40 } })
  })

  it('share one only with the same parameters, other names, and no more bytes than the system takes', async () => {
    await serve()
    for (const name of ['a', 'b', 'c']) mkdirSync(join(folder, name))
    const files = Array.from({ length: 30 }, (_, index) => ({ path: `${'abc'[index % 3]}/same-${Math.floor(index / 3)}.txt` }))
    for (const [index, { path }] of files.entries()) writeFileSync(join(folder, path), `content ${index}`)
    expect((await upload(files, { root: folder })).summary).toMatchObject({ complete: true, states: { accepted: 30 } })
    for (const names of ledger.groups) expect(new Set(names).size).toBe(names.length)
    await ledger.close()
    await serve()
    const locales = entries(40, (index) => ({ name: `p${index}`, data: Buffer.from(`p ${index}`), params: { locale: index % 2 ? 'de' : 'en' } }))
    expect((await upload(locales)).summary).toMatchObject({ complete: true, states: { accepted: 40 } })
    expect(ledger.together).toBe(1)
    await ledger.close()
    await serve()
    const large = entries(12, (index) => ({ name: `l${index}`, data: Buffer.alloc(4_000_000, `l ${index}`) }))
    expect((await upload(large, { concurrency: 1 })).summary).toMatchObject({ complete: true, states: { accepted: 12 } })
    expect(ledger.together).toBe(2)
  })

  it('cost one request of the limit', async () => {
    await serve()
    const began = Date.now()
    // 20 requests in a minute would take 100 files nine minutes one by one.
    expect((await upload(entries(100), { rate: 20, concurrency: 2 })).summary).toMatchObject({ complete: true, states: { accepted: 100 } })
    expect(Date.now() - began).toBeLessThan(15_000)
    // A few alone, before the first answer; then as few as can be.
    expect(ledger.uploads).toBeLessThanOrEqual(4 + 10)
  })
})
