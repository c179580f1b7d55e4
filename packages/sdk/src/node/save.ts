import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { safeName, type Download } from '../core/download.js'

/**
 * Writes a download to a file and returns its path. Into a folder it goes under the server's name, reduced to one segment of it. The file appears
 * whole or not at all.
 */
export async function toFile(download: Download, target: string, { fallbackName = 'download' }: { fallbackName?: string } = {}): Promise<string> {
  const isFolder = target.endsWith('/') || (await stat(target).then((facts) => facts.isDirectory(), () => false))
  const path = isFolder ? join(target, safeName(download.name) ?? fallbackName) : target
  await mkdir(dirname(path), { recursive: true })
  const partial = join(dirname(path), `.${randomUUID()}.part`)
  const file = await open(partial, 'wx')
  try {
    for await (const chunk of download.stream()) await file.writeFile(chunk)
    await file.sync()
    await file.close()
    await rename(partial, path)
    return path
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(partial, { force: true })
    throw error
  }
}
