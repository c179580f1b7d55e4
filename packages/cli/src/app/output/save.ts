import { open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { temporary } from '../temporary.js'

/** Writes a stream to a file that appears only when it is whole. */
export async function saveStream(stream: AsyncIterable<Uint8Array>, file: string, cwd: string): Promise<{ path: string; bytes: number }> {
  const path = resolve(cwd, file)
  const part = temporary(path)
  const handle = await open(part, 'w', 0o600)
  let bytes = 0
  try {
    for await (const chunk of stream) {
      await handle.write(chunk)
      bytes += chunk.byteLength
    }
    await handle.sync()
    await handle.close()
    await rename(part, path)
    return { path, bytes }
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(part, { force: true })
    throw error
  }
}
