import { JournalError } from './errors.js'
import { checkHeader, decodeLine, FORMAT, notAJournal, type Header, type JournalRecord } from './records.js'

export interface Replayed {
  readonly header: Header | undefined
  /** Bytes up to the end of the last whole record. */
  readonly healthy: number
  readonly size: number
}

/** What a journal is read from; a `FileHandle` is one. */
export interface ByteSource {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
}

const CHUNK = 1 << 20
const NEWLINE = 0x0a
const HEAD = Buffer.from(`{"format":"${FORMAT}"`)

/**
 * Reads every record. What follows the last whole record was torn by a crash and is left out; a line that is not whole but has whole
 * ones after it means that the file was damaged, and is refused.
 */
export async function replay(source: ByteSource, file: string, each: (record: JournalRecord) => void): Promise<Replayed> {
  const chunk = Buffer.allocUnsafe(CHUNK)
  let rest: Buffer = Buffer.alloc(0)
  let header: Header | undefined
  let [size, healthy, line, torn] = [0, 0, 0, 0]
  const take = (text: string, end: number) => {
    line++
    const record = decodeLine(text)
    if (record === undefined) {
      if (line === 1) throw notAJournal(file)
      torn ||= line
      return
    }
    if (torn > 0) throw new JournalError(`${file} is damaged in line ${torn}: later lines are whole, so it was not torn by a crash`, 'damaged', 'Restore a copy. To go on without knowing what was sent, start a new journal.')
    if (header === undefined) header = checkHeader(record, file)
    else each(record as JournalRecord)
    healthy = end
  }
  for (;;) {
    const { bytesRead } = await source.read(chunk, 0, CHUNK, size)
    if (bytesRead === 0) break
    const data = rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    const base = size - rest.length
    size += bytesRead
    let start = 0
    for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE, start)) {
      take(data.toString('utf8', start, end), base + end + 1)
      start = end + 1
    }
    rest = Buffer.from(data.subarray(start))
    if (header === undefined && !startsLikeHeader(rest)) throw notAJournal(file)
  }
  return { header, healthy, size }
}

/** A file whose very first write was torn holds the beginning of a header. */
function startsLikeHeader(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, HEAD.length)
  return bytes.subarray(0, length).equals(HEAD.subarray(0, length))
}
