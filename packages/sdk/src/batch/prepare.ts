import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { NamedUpload } from '../core/uploads.js'
import { readPieces } from '../node/pieces.js'
import { hashBytes, hashFile } from './identity.js'
import type { Item } from './types.js'

/** An item read once: its content's hash, and what to send. */
export interface Prepared {
  readonly sha256: string
  readonly size: number
  /** Absent for addresses. */
  readonly upload?: NamedUpload
  /** Whether the file is still the one that was read. */
  unchanged(): Promise<boolean>
}

/** This item cannot be sent; the others can. */
export class ItemProblem extends Error {
  override readonly name = 'ItemProblem'
  constructor(readonly code: string, message: string) {
    super(message)
  }
}

/** Up to this size a file is read once: what was hashed is what is sent. */
const WHOLE = 256 * 1024

export async function prepare(item: Item, root: string, data: Uint8Array | undefined): Promise<Prepared> {
  if (item.kind === 'url') return { sha256: hashBytes(Buffer.from(`url:${item.path}`)), size: 0, unchanged: async () => true }
  if (item.kind === 'data') {
    if (data === undefined) throw new ItemProblem('NO_DATA', `the bytes of ${item.path} are not at hand: give the same source again`)
    return whole(item.name, data)
  }
  const file = resolve(root, item.path)
  try {
    const before = await stat(file)
    if (!before.isFile()) throw new ItemProblem('NOT_A_FILE', `${item.path} is not a file`)
    if (before.size === 0) throw new ItemProblem('EMPTY_FILE', `${item.path} is empty`)
    if (before.size <= WHOLE) return whole(item.name, await readFile(file))
    const { sha256, size } = await hashFile(file)
    const same = async () => {
      const now = await stat(file).catch(() => undefined)
      return now?.size === size && now.mtimeMs === before.mtimeMs
    }
    return { sha256, size, upload: { name: item.name, size, stream: () => readPieces(file) }, unchanged: same }
  } catch (error) {
    throw error instanceof ItemProblem ? error : problemOf(error, item.path)
  }
}

function whole(name: string, bytes: Uint8Array): Prepared {
  if (bytes.byteLength === 0) throw new ItemProblem('EMPTY_FILE', `${name} is empty`)
  return { sha256: hashBytes(bytes), size: bytes.byteLength, upload: { name, data: bytes as Uint8Array<ArrayBuffer> }, unchanged: async () => true }
}

export function problemOf(error: unknown, path: string): ItemProblem {
  const code = (error as NodeJS.ErrnoException).code
  switch (code) {
    case 'ENOENT': case 'ENOTDIR': return new ItemProblem('NOT_FOUND', `${path} does not exist`)
    case 'EACCES': case 'EPERM': return new ItemProblem('NOT_READABLE', `${path} may not be read`)
    case 'ELOOP': return new ItemProblem('SYMLINK_LOOP', `${path} is a loop of symbolic links`)
    default: return new ItemProblem('NOT_READABLE', `${path} cannot be read: ${code ?? (error as Error).message}`)
  }
}
