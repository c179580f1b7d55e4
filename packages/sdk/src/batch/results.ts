import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InvalidArgumentError } from '../core/errors/base.js'

/**
 * Results as JSON lines, each item once over all runs: what the file holds already is read first, a line that a crash has torn is cut off,
 * and every line is on disk before the item is marked done.
 */
export interface ResultsFile {
  /** False when the item's result was there already. After a failed write nothing more is written, and each call rejects. */
  write(id: string, row: Readonly<Record<string, unknown>>): Promise<boolean>
  /** Waits for what is being written and closes the file. */
  close(): Promise<void>
}

/** How every line begins. */
const BEGINNING = Buffer.from('{"item":"')
const CHUNK = 1 << 20
const NEWLINE = 0x0a

/** Throws `InvalidArgumentError` when the file cannot be used, or holds something else, which is left as it is. */
export async function openResults(file: string): Promise<ResultsFile> {
  const { handle, written } = await openChecked(file).catch((error: unknown) => {
    if (error instanceof InvalidArgumentError) throw error
    throw new InvalidArgumentError(`results cannot be written to ${file}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`, { cause: error })
  })
  let last: Promise<void> = Promise.resolve()
  return {
    async write(id, row) {
      // Of two who come with one item the second is told when the first is through with it.
      if (written.has(id)) return last.then(() => false)
      written.add(id)
      last = last.then(async () => {
        await handle.appendFile(`${JSON.stringify({ item: id, ...row })}\n`)
        await handle.datasync()
      })
      await last
      return true
    },
    async close() {
      await last.catch(() => {})
      await handle.close()
    },
  }
}

async function openChecked(file: string): Promise<{ handle: FileHandle; written: Set<string> }> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(file, 'a+', 0o600)
  try {
    if (!(await handle.stat()).isFile()) throw new InvalidArgumentError(`results cannot be written to ${file}: it is not a file`)
    const written = new Set<string>()
    const { healthy, tail } = await readIds(handle, file, written)
    const id = idOf(tail.toString('utf8'))
    // Whole but for its end: by an editor, or a crash after its last byte but one.
    if (id !== undefined) await handle.appendFile('\n')
    else if (tail.length > 0 && !isTorn(tail)) throw foreign(file)
    else await handle.truncate(healthy)
    if (id !== undefined) written.add(id)
    return { handle, written }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Gives the bytes up to the end of the last line, and what follows it. */
async function readIds(handle: FileHandle, file: string, ids: Set<string>): Promise<{ healthy: number; tail: Buffer }> {
  const chunk = Buffer.allocUnsafe(CHUNK)
  let tail: Buffer = Buffer.alloc(0)
  let [size, healthy] = [0, 0]
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, size)
    if (bytesRead === 0) return { healthy, tail }
    const data = Buffer.concat([tail, chunk.subarray(0, bytesRead)])
    if (healthy === 0 && !isTorn(data)) throw foreign(file)
    const base = size - tail.length
    size += bytesRead
    let start = 0
    for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE, start)) {
      const id = idOf(data.toString('utf8', start, end))
      if (id !== undefined) ids.add(id)
      healthy = base + end + 1
      start = end + 1
    }
    tail = Buffer.from(data.subarray(start))
  }
}

/** Begins as a line does, as far as it goes, or was never written to the disk at all. */
function isTorn(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, BEGINNING.length)
  return bytes[0] === 0 || bytes.subarray(0, length).equals(BEGINNING.subarray(0, length))
}

const foreign = (file: string) => new InvalidArgumentError(`${file} holds something else than results of a batch: give another file, nothing was written to this one`)

function idOf(line: string): string | undefined {
  try {
    const { item } = JSON.parse(line) as { item?: unknown }
    return typeof item === 'string' ? item : undefined
  } catch {
    return undefined
  }
}
