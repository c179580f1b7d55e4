import { open, rename, rm } from 'node:fs/promises'
import { temporary } from './temporary.js'

/** Replaces a file as a whole: a reader finds the old text or the new one, and a failure leaves the old one and nothing beside it. `synced`: it is on the disk before it takes its place. */
export async function replaceFile(path: string, text: string, { mode = 0o666, synced = false }: { mode?: number; synced?: boolean } = {}): Promise<void> {
  const part = temporary(path)
  try {
    const handle = await open(part, 'w', mode)
    try {
      await handle.writeFile(text)
      if (synced) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
