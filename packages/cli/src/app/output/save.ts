import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { OutputStream } from '../io.js'
import { temporary } from '../temporary.js'
import { UsageError } from '../usage-error.js'

/** A file as an output: it appears, readable by its owner only, when it is whole. */
export class FileOutput implements OutputStream {
  readonly isTTY = false
  readonly columns = undefined
  bytes = 0
  private constructor(
    readonly path: string,
    private readonly part: string,
    private readonly handle: FileHandle,
  ) {}

  static async open(file: string, cwd: string): Promise<FileOutput> {
    const path = resolve(cwd, file)
    const part = temporary(path)
    try {
      return new FileOutput(path, part, await open(part, 'w', 0o600))
    } catch (error) {
      throw new UsageError(`--out-file: cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`)
    }
  }

  async write(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    await this.handle.writeFile(bytes)
    this.bytes += bytes.byteLength
  }

  get raw(): NodeJS.WritableStream {
    return this.handle.createWriteStream()
  }

  async keep(): Promise<void> {
    await this.handle.sync()
    await this.handle.close()
    await rename(this.part, this.path)
  }

  async discard(): Promise<void> {
    await this.handle.close().catch(() => {})
    await rm(this.part, { force: true })
  }
}

/** Writes a stream to a file that appears only when it is whole. */
export async function saveStream(stream: AsyncIterable<Uint8Array>, file: string, cwd: string): Promise<{ path: string; bytes: number }> {
  const out = await FileOutput.open(file, cwd)
  try {
    for await (const chunk of stream) await out.write(chunk)
  } catch (error) {
    await out.discard()
    throw error
  }
  await out.keep()
  return out
}
