import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Destination } from './types.js'

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
  let size = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 })) {
    hash.update(chunk as Buffer)
    size += (chunk as Buffer).length
  }
  return { sha256: hash.digest('hex'), size }
}

/** JSON with sorted members and without absent ones: equal values give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, each]) => each !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`
}
