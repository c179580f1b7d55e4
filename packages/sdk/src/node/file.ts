import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { InvalidArgumentError } from '../core/errors/base.js'
import type { NamedUpload } from '../core/uploads.js'

/** A file on disk as an upload: its size is known, it is read as it is sent, and again for another attempt. */
export async function fileFromPath(path: string, { name = basename(path), type }: { name?: string; type?: string } = {}): Promise<NamedUpload> {
  const facts = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new InvalidArgumentError(`cannot read ${path}: ${cause.message.split(',')[0]}`, { cause })
  })
  if (!facts.isFile()) throw new InvalidArgumentError(`${path} is not a file`)
  return { name, size: facts.size, ...(type === undefined ? {} : { type }), stream: () => createReadStream(path, { highWaterMark: 256 * 1024 }) }
}
