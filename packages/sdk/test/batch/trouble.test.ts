import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { uploadBatch } from '../../src/batch/batch.js'
import { JournalError } from '../../src/batch/errors.js'
import { encodeLine } from '../../src/batch/records.js'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Ledger, type LedgerOptions } from './ledger.js'
import type { BatchClient, BatchOptions } from '../../src/batch/types.js'

/** What goes wrong around the journal: clear errors, nothing lost, nothing twice. */

let folder: string
let ledger: Ledger
let client: BatchClient
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orkit-trouble-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(options: LedgerOptions = {}): Promise<void> {
  ledger = new Ledger(options)
  client = new FlexOrch({ apiKey: 'dfx_test', baseUrl: `http://127.0.0.1:${await ledger.listen()}`, timeout: 5_000 }) as unknown as BatchClient
}

const files = (count: number) => Array.from({ length: count }, (_, index) => {
  writeFileSync(join(folder, `f${index}.txt`), `content ${index}`)
  return `f${index}.txt`
})

const start = (source: string[] | undefined, options: BatchOptions = {}) =>
  uploadBatch(client, source, { ...(source === undefined ? {} : { root: folder }), rate: 'off', settleMs: 200, journal: join(folder, 'j.journal'), ...options })

describe('trouble', () => {
  it.each(['ENOSPC', 'EIO', 'EDQUOT'])('the disk says %s: the batch stops with that word, and goes on when there is room', async (code) => {
    await serve({ workMs: 5 })
    const names = files(60)
    const handle = await open(join(folder, 'f0.txt'))
    const prototype = Object.getPrototypeOf(handle) as { write: (buffer: Buffer, offset: number, length: number) => Promise<unknown> }
    await handle.close()
    const write = prototype.write
    let room = 9_000
    vi.spyOn(prototype, 'write').mockImplementation(async function (this: unknown, buffer: Buffer, offset: number, length: number) {
      // What fits is written: the last line is torn.
      const fits = Math.min(length, Math.max(0, room))
      room -= fits
      if (fits === 0) throw Object.assign(new Error(`${code}: no room`), { code })
      return write.call(this, buffer, offset, fits)
    })
    const error = await start(names).summary().then(({ stopped }) => (stopped?.kind === 'error' ? stopped.error : undefined), (reason: unknown) => reason as Error)
    expect(error).toBeInstanceOf(JournalError)
    expect(error!.message).toContain(`cannot write the journal ${join(folder, 'j.journal')}: ${code}`)
    vi.restoreAllMocks()
    const sent = ledger.uploads
    expect(sent).toBeLessThan(60)
    expect(await start(names).summary()).toMatchObject({ complete: true, states: { accepted: 60 } })
    expect(ledger.accepted).toHaveLength(60)
  })

  it.skipIf(process.platform !== 'linux')('a folder that cannot be written to is named before anything is sent', async () => {
    await serve()
    await expect(start(files(1), { journal: '/proc/j.journal' }).summary()).rejects.toThrow(/cannot lock the journal \/proc\/j\.journal: E/)
    expect(ledger.requests).toBe(0)
  })

  it('a clock that was set back an hour does not make anybody wait for an hour', async () => {
    await serve()
    const names = files(3)
    const hour = 3_600_000
    const ahead = { now: () => Date.now() + hour }
    const stop = new AbortController()
    const first = start(names, { clock: ahead, signal: stop.signal, concurrency: 1, rate: 600 })
    for await (const event of first) if (event.type === 'item' && event.state === 'accepted') stop.abort()
    const journal = join(folder, 'j.journal')
    // As if it had died after an intent.
    const item = first.items().find((each) => each.state === 'planned')!
    writeFileSync(journal, readFileSync(journal, 'utf8') + encodeLine({ t: 'sending', n: item.n, id: 'a'.repeat(64), sha: 'b'.repeat(64), try: 1, at: Date.now() + hour }))
    const began = Date.now()
    expect(await start(undefined, { rate: 600 }).summary()).toMatchObject({ states: { sending: 0, planned: 0 } })
    expect(Date.now() - began).toBeLessThan(10_000)
  })

  it('a journal copied while it was written is a beginning of it, and can be gone on with', async () => {
    await serve({ workMs: 10 })
    const copies: string[] = []
    for await (const event of start(files(50), { concurrency: 4 })) {
      if (event.type !== 'item' || event.state !== 'accepted' || event.item.n % 12 !== 0) continue
      copies.push(join(folder, `copy${copies.length}.journal`))
      copyFileSync(join(folder, 'j.journal'), copies.at(-1)!)
    }
    expect(copies.length).toBeGreaterThan(2)
    for (const copy of copies) expect(await start(undefined, { journal: copy }).summary()).toMatchObject({ complete: true, states: { accepted: 50 } })
    expect(ledger.accepted).toHaveLength(50)
  })

  it('a journal of a newer version is left as it is', async () => {
    await serve()
    const journal = join(folder, 'j.journal')
    const text = encodeLine({ format: 'orkit.batch', version: 2, destination: {}, root: folder })
    writeFileSync(journal, text)
    await expect(start(files(1)).summary()).rejects.toThrow(/journal of version 2; this program knows version 1/)
    expect(readFileSync(journal, 'utf8')).toBe(text)
    expect(ledger.requests).toBe(0)
  })
})
