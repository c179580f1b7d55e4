import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeLine, FORMAT, VERSION, type Header, type JournalRecord } from './records.js'
import { replay, type Replayed } from './replay.js'

/** What is on disk may end anywhere, and may be damaged anywhere: a journal is a beginning of what was written, or it is refused. */

const header: Header = { format: FORMAT, version: VERSION, tool: 'orkit', created: '2026-01-01T00:00:00.000Z', host: 'h', root: '/', destination: { system: 'flexorch', baseUrl: 'https://x.example', operation: 'documents.process', path: {} }, params: {}, note: {} }

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('line\nend', '"}', ',"crc":"00000000"}', 'ä\u2028'))
const n = fc.nat({ max: 9 })
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ t: fc.constant('item' as const), n, path: text, size: fc.nat() }),
  fc.record({ t: fc.constant('sending' as const), n, id: text, sha: text, try: fc.nat(), at: fc.nat() }),
  fc.record({ t: fc.constant('accepted' as const), n, at: fc.nat(), job: text }),
  fc.record({ t: fc.constant('done' as const), n, at: fc.nat() }),
  fc.record({ t: fc.constantFrom('failed' as const, 'unknown' as const), n, at: fc.nat(), code: text, message: text }),
)
const records = fc.array(record, { minLength: 1, maxLength: 12 })

const bytesOf = (list: readonly JournalRecord[]) => Buffer.from([header, ...list].map((each) => encodeLine(each)).join(''))
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

async function read(bytes: Buffer): Promise<Replayed & { readonly records: readonly JournalRecord[] }> {
  const found: JournalRecord[] = []
  const source = { read: async (into: Uint8Array, offset: number, length: number, position: number) => ({ bytesRead: bytes.copy(into, offset, position, position + length) }) }
  return { ...(await replay(source, 'a.journal', (each) => void found.push(each))), records: found }
}

describe('a journal that is read', () => {
  it('cut off at any byte is what was whole until there (P)', async () => {
    await fc.assert(fc.asyncProperty(records, async (list) => {
      const whole = bytesOf(list)
      let [lines, end] = [0, 0]
      for (let length = 0; length <= whole.length; length++) {
        if (whole[length - 1] === 0x0a) [lines, end] = [lines + 1, length]
        const found = await read(whole.subarray(0, length))
        expect(found.healthy).toBe(end)
        expect(plain(found.records)).toEqual(plain(list.slice(0, Math.max(0, lines - 1))))
        expect(found.header === undefined).toBe(lines === 0)
      }
    }), { numRuns: 15 })
  })

  it('with any byte changed is a beginning of what was, or refused; no record is ever another (P)', async () => {
    await fc.assert(fc.asyncProperty(records, fc.nat(), fc.integer({ min: 1, max: 255 }), async (list, where, flip) => {
      const whole = bytesOf(list)
      const at = where % whole.length
      whole[at]! ^= flip
      try {
        const found = await read(whole)
        expect(plain(found.records)).toEqual(plain(list.slice(0, found.records.length)))
        // Only the last line, or the end of the one before, can be taken for what a crash has torn.
        expect(at).toBeGreaterThanOrEqual(bytesOf(list.slice(0, -1)).length - 1)
        expect(found.records.length).toBeGreaterThanOrEqual(list.length - 2)
      } catch (error) {
        if ((error as Error).name !== 'JournalError') throw error
        expect((error as { reason?: string }).reason).toMatch(/damaged|foreign/)
      }
    }), { numRuns: 400 })
  })

  it('with a stretch of it lost or doubled is a beginning of what was, or refused (P)', async () => {
    await fc.assert(fc.asyncProperty(records, fc.nat(), fc.nat({ max: 60 }), fc.boolean(), async (list, where, length, doubled) => {
      const whole = bytesOf(list)
      const at = where % whole.length
      const stretch = whole.subarray(at, at + length)
      // Whole lines that are lost or doubled are not told by their checksums: only a disk that drops pages does that, and numbers of items tell.
      fc.pre(!stretch.includes(0x0a))
      const changed = doubled ? Buffer.concat([whole.subarray(0, at), stretch, whole.subarray(at)]) : Buffer.concat([whole.subarray(0, at), whole.subarray(at + length)])
      const found = await read(changed).catch((error: unknown) => {
        if ((error as Error).name !== 'JournalError') throw error
      })
      if (found) expect(plain(found.records)).toEqual(plain(list.slice(0, found.records.length)))
    }), { numRuns: 300 })
  })

  it('in pieces of any size is the same (P)', async () => {
    await fc.assert(fc.asyncProperty(records, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (list, sizes) => {
      const whole = bytesOf(list)
      const found: JournalRecord[] = []
      let turn = 0
      const source = { read: async (into: Uint8Array, offset: number, length: number, position: number) => ({ bytesRead: whole.copy(into, offset, position, position + Math.min(length, sizes[turn++ % sizes.length]!)) }) }
      await replay(source, 'a.journal', (each) => void found.push(each))
      expect(plain(found)).toEqual(plain(list))
    }), { numRuns: 60 })
  })
})
