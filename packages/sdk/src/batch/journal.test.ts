import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { fileJournal, readJournal } from './journal.js'
import { decodeLine, encodeLine, FORMAT, VERSION, type Header, type JournalRecord } from './records.js'
import { replay } from './replay.js'
import { BatchState } from './state.js'

const folder = mkdtempSync(join(tmpdir(), 'orkit-journal-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const fresh = () => join(folder, `${count++}.journal`)

const header: Header = {
  format: FORMAT, version: VERSION, tool: 'test', created: '2026-01-01T00:00:00Z', host: 'here', root: '/', params: {}, note: {},
  destination: { system: 'flexorch', baseUrl: 'https://api.example.com', operation: 'documents.process', path: {} },
}

async function written(records: readonly JournalRecord[]): Promise<string> {
  const file = fresh()
  const journal = fileJournal(file)
  await journal.open(header, () => {})
  await Promise.all(records.map((record, index) => journal.append(record, index % 3 === 0)))
  await journal.close()
  return file
}

async function replayed(file: string): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  const journal = fileJournal(file)
  await journal.open(header, (record) => void records.push(record))
  await journal.close()
  return records
}

const text = fc.string({ unit: 'binary', maxLength: 12 })
const n = fc.nat({ max: 5 })
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ t: fc.constant('item' as const), n, path: text, size: fc.nat(), mtime: fc.double({ min: 0, max: 2e12, noNaN: true }) }),
  fc.record({ t: fc.constant('sending' as const), n, id: text, sha: text, try: fc.nat(), at: fc.nat() }),
  fc.record({ t: fc.constant('accepted' as const), n, at: fc.nat(), job: text }),
  fc.record({ t: fc.constant('done' as const), n, at: fc.nat() }),
  fc.record({ t: fc.constantFrom('failed' as const, 'rejected' as const, 'unknown' as const), n, at: fc.nat(), code: text, message: text }),
)

describe('journal', () => {
  it('gives back what was written', async () => {
    await fc.assert(fc.asyncProperty(fc.array(record, { maxLength: 20 }), async (records) => {
      expect(await replayed(await written(records))).toEqual(records.map((each) => JSON.parse(JSON.stringify(each)) as unknown))
    }), { numRuns: 50 })
  })

  it('is written no more by one that was silent for so long that another has taken it', async () => {
    const file = fresh()
    const journal = fileJournal(file)
    await journal.open(header, () => {})
    writeFileSync(`${file}.lock`, JSON.stringify({ ...(JSON.parse(readFileSync(`${file}.lock`, 'utf8')) as object), host: 'elsewhere' }))
    const before = readFileSync(file, 'utf8')
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 600_000)
    await expect(journal.append({ t: 'done', n: 0, at: 1 }, true)).rejects.toThrow('another process has taken it')
    now.mockRestore()
    await journal.close()
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it('allows nothing to one that was taken for dead while its intent was synced', async () => {
    const file = fresh()
    const journal = fileJournal(file)
    await journal.open(header, () => {})
    const other = await open(file, 'r')
    const sync = vi.spyOn(Object.getPrototypeOf(other) as typeof other, 'datasync').mockImplementationOnce(async () => {
      rmSync(`${file}.lock`)
      vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 600_000)
    })
    await expect(journal.append({ t: 'sending', n: 0, id: 'x', sha: 'y', try: 1, at: 1 }, true)).rejects.toThrow('another process has taken it')
    expect(sync).toHaveBeenCalledOnce()
    vi.restoreAllMocks()
    await other.close()
    await journal.close()
  })

  it.each([['bytes without a line', Buffer.alloc(40 << 20)], ['text without a line', Buffer.alloc(40 << 20, 'x')]])('is told from %s by its beginning, and not read whole', async (_, bytes) => {
    const file = fresh()
    let read = 0
    await expect(replay({ read: async (into, offset, length, position) => {
      const bytesRead = bytes.copy(into, offset, position, position + length)
      read += bytesRead
      return { bytesRead }
    } }, file, () => {})).rejects.toThrow('is not a batch journal')
    expect(read).toBeLessThan(4 << 20)
  })

  it('cut off anywhere it is a beginning of what was, and can be written on', { timeout: 60_000 }, async () => {
    const records: JournalRecord[] = [
      { t: 'item', n: 0, path: 'ä.pdf', size: 1 }, { t: 'sending', n: 0, id: 'x', sha: 'y', try: 1, at: 1 },
      { t: 'accepted', n: 0, at: 2, job: '7' }, { t: 'done', n: 0, at: 3 }, { t: 'failed', n: 0, at: 4, code: 'C', message: 'line\nend' },
    ]
    const whole = readFileSync(await written(records))
    // Every byte is tried where nothing is synced: see replay.test.ts.
    for (let length = 0; length <= whole.length; length += 23) {
      const file = fresh()
      writeFileSync(file, whole.subarray(0, length))
      const found = await replayed(file)
      expect(found).toEqual(records.slice(0, found.length))
      const state = new BatchState()
      for (const each of found) state.apply(each)
      const journal = fileJournal(file)
      await journal.open(header, () => {})
      await journal.append({ t: 'done', n: 9, at: 9 }, true)
      await journal.close()
      expect(await replayed(file)).toEqual([...found, { t: 'done', n: 9, at: 9 }])
      rmSync(file)
    }
  })

  it('heals a tail of noise, as a loss of power leaves it', async () => {
    const file = await written([{ t: 'done', n: 0, at: 1 }])
    const size = statSync(file).size
    appendFileSync(file, Buffer.concat([Buffer.alloc(300), Buffer.from('\n{"t":"done"\n')]))
    expect(await replayed(file)).toHaveLength(1)
    expect(statSync(file).size).toBe(size)
  })

  it('refuses a line that is damaged in the middle, naming it', async () => {
    const file = await written([{ t: 'done', n: 0, at: 1 }, { t: 'done', n: 1, at: 2 }, { t: 'done', n: 2, at: 3 }])
    const lines = readFileSync(file, 'utf8').split('\n')
    lines[2] = lines[2]!.replace('"n":1', '"n":7')
    writeFileSync(file, lines.join('\n'))
    await expect(replayed(file)).rejects.toThrow(/damaged in line 3/)
  })

  it('refuses what is no journal, a newer version and another destination, and leaves the files as they are', async () => {
    const file = fresh()
    for (const content of ['hello\nworld\n', '{"format":"other"}\n', 'x']) {
      writeFileSync(file, content)
      await expect(replayed(file)).rejects.toThrow(/not a batch journal/)
      expect(readFileSync(file, 'utf8')).toBe(content)
    }
    writeFileSync(file, encodeLine({ ...header, version: 2 }))
    await expect(replayed(file)).rejects.toThrow(/version 2; this program knows version 1/)
    writeFileSync(file, encodeLine({ ...header, destination: { ...header.destination, path: { id: 'b' } } }))
    await expect(replayed(file)).rejects.toThrow(/holds flexorch documents.process id=b at .*asked for was flexorch documents.process at/)
  })

  it('refuses what is not a file, and folders that cannot be', async () => {
    mkdirSync(join(folder, 'd.journal'))
    await expect(fileJournal(join(folder, 'd.journal')).open(header, () => {})).rejects.toThrow(/cannot open the journal .*EISDIR/)
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await expect(fileJournal(join(folder, 'pipe')).open(header, () => {})).rejects.toThrow(/not a file/)
    writeFileSync(join(folder, 'file'), '')
    await expect(fileJournal(join(folder, 'file', 'x.journal')).open(header, () => {})).rejects.toThrow(/cannot create the folder/)
  })

  it('refuses a second writer, and can be read beside the first', async () => {
    const file = fresh()
    const journal = fileJournal(file)
    await journal.open(header, () => {})
    await journal.append({ t: 'done', n: 0, at: 1 }, true)
    await expect(fileJournal(file).open(header, () => {})).rejects.toThrow(new RegExp(`in use by process ${process.pid}`))
    const records: JournalRecord[] = []
    await readJournal(file, (each) => void records.push(each))
    expect(records).toHaveLength(1)
    await journal.close()
  })

  it('knows a whole line from a torn one', () => {
    const line = encodeLine({ t: 'done', n: 1, at: 2 }).slice(0, -1)
    expect(decodeLine(line)).toMatchObject({ t: 'done', n: 1 })
    for (let length = 0; length < line.length; length++) expect(decodeLine(line.slice(0, length))).toBeUndefined()
    expect(decodeLine(line.replace('"n":1', '"n":2'))).toBeUndefined()
  })

  it('replays a hundred thousand records quickly', async () => {
    const file = fresh()
    writeFileSync(file, encodeLine(header))
    appendFileSync(file, Array.from({ length: 100_000 }, (_, index) => encodeLine({ t: 'item', n: index, path: `docs/file-${index}.pdf`, size: index, mtime: 1.5 })).join(''))
    const started = performance.now()
    let found = 0
    await readJournal(file, () => void found++)
    expect(found).toBe(100_000)
    expect(performance.now() - started).toBeLessThan(3_000)
    truncateSync(file, 0)
  })
})
