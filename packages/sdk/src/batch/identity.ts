import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { borrow, giveBack, PIECE } from '../node/pieces.js'
import type { Adapter } from './adapters.js'
import type { BatchClient, Destination } from './types.js'

/** The destination of a batch, as its journal names it. */
export function destinationOf(client: BatchClient, adapter: Adapter, path: Destination['path'] = {}): Destination {
  return { system: adapter.system, baseUrl: client.baseUrl.replace(/\/+$/, ''), operation: adapter.operation, path }
}

/** Who an item is: its content, where it goes, and what is asked of it. The path is not part of it. */
export function itemId(destination: Destination, params: Readonly<Record<string, unknown>>, content: string): string {
  const { system, baseUrl, operation, path } = destination
  return createHash('sha256').update(canonical([system, baseUrl.replace(/\/+$/, ''), operation, path, params, content])).digest('hex')
}

export function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** SHA-256 of a file, read in pieces, and how many bytes there were. */
export async function hashFile(file: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  // One buffer for the whole file: a stream makes one for each piece, which are garbage for long.
  const buffer = borrow()
  const handle = await open(file, 'r')
  try {
    let size = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, PIECE, size)
      if (bytesRead === 0) return { sha256: hash.digest('hex'), size }
      hash.update(buffer.subarray(0, bytesRead))
      size += bytesRead
    }
  } finally {
    giveBack(buffer)
    await handle.close()
  }
}

/** JSON with sorted members and without absent ones: equal values give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, each]) => each !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`
}
