import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { uploadBatch } from '../../src/batch/batch.js'
import { formatReport, reportRows } from '../../src/batch/report.js'
import { Ledger, type LedgerOptions } from './ledger.js'
import type { BatchClient, BatchEvent, BatchOptions, Source } from '../../src/batch/types.js'

let folder: string
let ledger: Ledger
let client: BatchClient
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orkit-engine-'))
})
afterEach(async () => {
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(options: LedgerOptions = {}, timeout = 5_000): Promise<void> {
  ledger = new Ledger(options)
  client = new FlexOrch({ apiKey: 'dfx_test', baseUrl: `http://127.0.0.1:${await ledger.listen()}`, timeout }) as unknown as BatchClient
}

const files = (count: number, size = 100) => Array.from({ length: count }, (_, index) => {
  writeFileSync(join(folder, `f${index}.txt`), `${index} `.padEnd(size, 'x'))
  return `f${index}.txt`
})

const start = (source: Source | undefined, options: BatchOptions = {}) =>
  uploadBatch(client, source, { ...(source === undefined ? {} : { root: folder }), rate: 'off', settleMs: 100, pollIntervalMs: 20, ...options })

describe('batch', () => {
  it('sends each content once, in memory', async () => {
    await serve()
    const names = files(30)
    writeFileSync(join(folder, 'copy.txt'), readFileSync(join(folder, 'f3.txt')))
    const summary = await start([...names, 'copy.txt']).summary()
    expect(summary).toMatchObject({ total: 31, same: 1, complete: true, states: { accepted: 31 } })
    expect(ledger.files).toBe(30)
  })

  it('tells what happens', async () => {
    await serve()
    const events: BatchEvent[] = []
    for await (const event of start(files(2), { wait: true })) events.push(event)
    expect(events[0]).toMatchObject({ type: 'listed', items: 2, left: 2 })
    expect(events.flatMap((event) => (event.type === 'item' && event.item.n === 0 ? [event.state] : []))).toEqual(['sending', 'accepted', 'done'].map(() => expect.any(String) as string))
    expect(events.at(-1)).toMatchObject({ type: 'summary', summary: { states: { done: 2 } } })
  })

  it('goes on from the journal: without a source, and with jobs of an earlier run', async () => {
    await serve({ jobMs: 50 })
    const journal = join(folder, 'j.journal')
    const controller = new AbortController()
    const first = start(files(40), { journal, concurrency: 2, signal: controller.signal })
    for await (const event of first) if (event.type === 'item' && event.state === 'accepted') controller.abort()
    const half = await first.summary()
    expect(half).toMatchObject({ complete: false, stopped: { kind: 'signal' }, states: { sending: 0, unknown: 0 } })
    expect(half.states.planned).toBeGreaterThan(30)
    expect(await start(undefined, { journal, wait: true }).summary()).toMatchObject({ complete: true, states: { done: 40 } })
    expect(ledger.files).toBe(40)
    const { uploads } = ledger
    expect(await start(undefined, { journal, wait: true }).summary()).toMatchObject({ complete: true, states: { done: 40 } })
    expect(ledger.uploads).toBe(uploads)
  })

  it('leaving the loop stops in good order', async () => {
    await serve({ workMs: 20 })
    const batch = start(files(50))
    for await (const event of batch) if (event.type === 'item' && event.state === 'accepted') break
    const { states } = await batch.summary()
    expect(states.sending).toBe(0)
    expect(ledger.accepted).toHaveLength(states.accepted)
  })

  it('waits as long as the server asks, for everybody', async () => {
    await serve({
      fault: (count, when, request, response) => {
        if (when !== 'before' || count > 3) return false
        request.resume()
        response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' }).end('{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"slow down"}}')
        return true
      },
    })
    const began = Date.now()
    const batch = start(files(10))
    const pauses: string[] = []
    for await (const event of batch) if (event.type === 'pause') pauses.push(event.reason)
    expect(await batch.summary()).toMatchObject({ complete: true, states: { accepted: 10 } })
    expect(Date.now() - began).toBeGreaterThan(900)
    expect(pauses[0]).toBe('429 RATE_LIMIT_EXCEEDED')
    expect(ledger.uploads).toBeLessThanOrEqual(13 + 3)
  })

  it('settles cut connections, 500s and lost answers: each file taken once', async () => {
    let faults = 0
    await serve({
      workMs: 10,
      fault: (count, when, request, response) => {
        if (count % 4 !== 0) return false
        faults++
        if (when === 'before' && count % 8 === 0) response.destroy()
        else if (when === 'after' && count % 12 === 0) response.destroy()
        else if (when === 'after') response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"code":"INTERNAL_ERROR","message":"oops"}}')
        else return false
        return true
      },
    })
    const batch = start(files(40), { clock: { random: () => 0 }, maxAttempts: 12 })
    const summary = await batch.summary()
    expect(faults).toBeGreaterThan(5)
    expect(summary).toMatchObject({ complete: true, states: { accepted: 40 } })
    expect(ledger.accepted).toHaveLength(40)
  })

  it('one file that makes the server fail does not stop the others', async () => {
    await serve({
      fault: (_, when, request, response) => {
        if (when !== 'before' || request.headers['content-length'] === undefined || Number(request.headers['content-length']) < 1_000) return false
        request.resume()
        response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"code":"INTERNAL_ERROR","message":"bad file"}}')
        return true
      },
    })
    const names = files(12)
    writeFileSync(join(folder, 'f5.txt'), 'y'.repeat(5_000))
    const batch = start(names, { maxAttempts: 2, clock: { random: () => 0 } })
    expect(await batch.summary()).toMatchObject({ complete: true, states: { accepted: 11, failed: 1 } })
    expect(reportRows(batch)[5]).toMatchObject({ status: 'failed', code: 'INTERNAL_ERROR', http: 500, attempts: 2 })
  })

  it('a time-out leaves the outcome open until the server is through with it', async () => {
    await serve({ workMs: 400 }, 200)
    const batch = start(files(3), { settleMs: 700, maxAttempts: 1 })
    expect(await batch.summary()).toMatchObject({ complete: false, states: { unknown: 3 }, codes: { TIMEOUT: 3 } })
    await expect.poll(() => ledger.accepted.length).toBe(3)
  })

  it('what may have arrived and is gone from the disk stays unknown, and others with its content are sent', async () => {
    await serve({ fault: (count, when, _, response) => count === 1 && when === 'after' && (response.destroy(), true) })
    writeFileSync(join(folder, 'a.txt'), 'same')
    writeFileSync(join(folder, 'b.txt'), 'same')
    const batch = start(['a.txt', 'b.txt'], { concurrency: 1, settleMs: 1_200 })
    for await (const event of batch) if (event.type === 'settle') rmSync(join(folder, 'a.txt'))
    expect(await batch.summary()).toMatchObject({ complete: false, states: { unknown: 1, accepted: 1 }, duplicates: 1 })
    expect(batch.items()[0]).toMatchObject({ state: 'unknown', code: 'NOT_FOUND' })
    expect(ledger.accepted).toHaveLength(1)
  })

  it('fails per item what cannot be read, and stops after too many failures', async () => {
    await serve()
    const names = files(20)
    for (const name of names.slice(0, 5)) rmSync(join(folder, name))
    const summary = await start(names).summary()
    expect(summary).toMatchObject({ complete: true, states: { failed: 5, accepted: 15 }, codes: { NOT_FOUND: 5 } })
  })

  it('refuses a journal that was begun with other parameters', async () => {
    await serve()
    const journal = join(folder, 'j.journal')
    await start(files(1), { journal, params: { locale: 'en' } }).summary()
    await expect(start(['f0.txt'], { journal, params: { locale: 'de' } }).summary()).rejects.toThrow(/begun with other parameters/)
    expect(await start(undefined, { journal }).summary()).toMatchObject({ complete: true })
  })

  it('sends content for itself again when the one that it was the same as has changed', async () => {
    await serve()
    const journal = join(folder, 'j.journal')
    writeFileSync(join(folder, 'a.txt'), 'same')
    writeFileSync(join(folder, 'b.txt'), 'same')
    const stop = new AbortController()
    const policies = { concurrency: 1, journal, signal: stop.signal }
    const first = start(['a.txt', 'b.txt'], policies)
    for await (const event of first) if (event.type === 'listed') stop.abort()
    writeFileSync(join(folder, 'a.txt'), 'different')
    expect(await start(['a.txt', 'b.txt'], { journal }).summary()).toMatchObject({ complete: true })
    expect(ledger.accepted.map((each) => each.filename).toSorted()).toEqual(['a.txt', 'b.txt'])
  })

  it('tries failed items anew when asked to', async () => {
    await serve()
    const journal = join(folder, 'j.journal')
    const names = files(3)
    rmSync(join(folder, 'f1.txt'))
    await start(names, { journal }).summary()
    writeFileSync(join(folder, 'f1.txt'), 'back again')
    expect((await start(undefined, { journal }).summary()).states).toMatchObject({ accepted: 2, failed: 1 })
    expect((await start(undefined, { journal, retry: 'failed' }).summary()).states).toMatchObject({ accepted: 3, failed: 0 })
  })

  it('follows many jobs by a few lists', async () => {
    await serve({ jobMs: 150 })
    const summary = await start(files(150), { wait: true, pollIntervalMs: 50 }).summary()
    expect(summary).toMatchObject({ complete: true, states: { done: 150 } })
    expect(ledger.lists).toBeLessThan(40)
    expect(ledger.requests - ledger.uploads - ledger.lists).toBeLessThan(30)
  })

  it('keeps memory flat: large files are streamed', async () => {
    await serve()
    writeFileSync(join(folder, 'big.bin'), Buffer.alloc(3_000_000, 'ab'))
    const batch = start(['big.bin'])
    expect(await batch.summary()).toMatchObject({ complete: true })
    expect(ledger.accepted[0]!.size).toBe(3_000_000)
    expect(batch.snapshot().sentBytes).toBeGreaterThanOrEqual(3_000_000)
  })

  it('reports as CSV and JUnit', async () => {
    await serve()
    const batch = start([...files(1), 'gone.txt'])
    await batch.summary()
    const rows = reportRows(batch)
    expect(formatReport(rows, 'csv').split('\r\n')[2]).toContain('gone.txt,failed,,,,,,NOT_FOUND')
    expect(formatReport(rows, 'xml')).toContain('<testsuite name="orkit" tests="2" failures="1" errors="0" skipped="0">')
  })
})
