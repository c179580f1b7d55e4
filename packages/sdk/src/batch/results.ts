import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Results as JSON lines, each item once over all runs: what the file holds already is read first, a line that a crash has torn is cut off,
 * and every line is on disk before the item is marked done.
 */
export interface ResultsFile {
  /** False when the item's result was there already. */
  write(id: string, row: Readonly<Record<string, unknown>>): Promise<boolean>
  close(): Promise<void>
}

export async function openResults(file: string): Promise<ResultsFile> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(file, 'a+', 0o600)
  const written = new Set<string>()
  const healthy = await readIds(handle, written)
  await handle.truncate(healthy)
  let last: Promise<unknown> = Promise.resolve()
  return {
    write(id, row) {
      if (written.has(id)) return Promise.resolve(false)
      written.add(id)
      const line = `${JSON.stringify({ item: id, ...row })}\n`
      const done = last.then(async () => {
        await handle.appendFile(line)
        await handle.datasync()
        return true
      })
      last = done.catch(() => {})
      return done
    },
    async close() {
      await last
      await handle.close()
    },
  }
}

async function readIds(handle: FileHandle, ids: Set<string>): Promise<number> {
  const chunk = Buffer.allocUnsafe(1 << 20)
  let rest: Buffer = Buffer.alloc(0)
  let [size, healthy] = [0, 0]
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, size)
    if (bytesRead === 0) return healthy
    const data = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    const base = size - rest.length
    size += bytesRead
    let start = 0
    for (let end = data.indexOf(0x0a); end !== -1; end = data.indexOf(0x0a, start)) {
      const id = idOf(data.toString('utf8', start, end))
      if (id !== undefined) ids.add(id)
      healthy = base + end + 1
      start = end + 1
    }
    rest = Buffer.from(data.subarray(start))
  }
}

function idOf(line: string): string | undefined {
  try {
    const { item } = JSON.parse(line) as { item?: unknown }
    return typeof item === 'string' ? item : undefined
  } catch {
    return undefined
  }
}
