import { access, constants, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { OutputStream } from '../io.js'
import { temporary } from '../temporary.js'
import { UsageError } from '../usage-error.js'
import { OutputError } from './output-error.js'

interface Target {
  readonly path: string
  /** Written as it comes: a device or a pipe cannot appear as a whole, and must not be replaced by a file. */
  readonly direct: boolean
}

/** A file as an output: it appears, readable by its owner only, when it is whole. */
export class FileOutput implements OutputStream {
  readonly isTTY = false
  readonly columns = undefined
  bytes = 0
  private constructor(
    readonly path: string,
    private readonly part: string | undefined,
    private readonly handle: FileHandle,
  ) {}

  static async open(file: string, cwd: string): Promise<FileOutput> {
    const { path, direct } = await targetOf(file, cwd)
    const part = direct ? undefined : temporary(path)
    try {
      return new FileOutput(path, part, await open(part ?? path, 'w', 0o600))
    } catch (error) {
      throw new OutputError(cannotWrite(path, error), 'The request was sent.')
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
    try {
      if (this.part !== undefined) await this.handle.sync()
      await this.handle.close()
      if (this.part !== undefined) await rename(this.part, this.path)
    } catch (error) {
      await this.discard()
      throw error
    }
  }

  async discard(): Promise<void> {
    await this.handle.close().catch(() => {})
    if (this.part !== undefined) await rm(this.part, { force: true })
  }
}

/** Said before anything is sent: a result that has nowhere to go would be lost. */
export async function checkTarget(file: string, cwd: string): Promise<void> {
  const { path, direct } = await targetOf(file, cwd)
  await access(direct ? path : dirname(path), constants.W_OK).catch((error: unknown) => {
    throw new UsageError(cannotWrite(path, error))
  })
}

/** Where a link leads, so that it stays a link. */
async function targetOf(file: string, cwd: string): Promise<Target> {
  const path = await realpath(resolve(cwd, file)).catch(() => resolve(cwd, file))
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory()) throw new UsageError(`--out-file: ${path} is a folder`, 'Name a file in it.')
  return { path, direct: there !== undefined && !there.isFile() }
}

const cannotWrite = (path: string, error: unknown) => `--out-file: cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`

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
