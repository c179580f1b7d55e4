import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from '../app/usage-error.js'

/** Writes to one file, each after the one before. What fails later is told of once: it ends no server. */
export class WrittenFile {
  private last: Promise<void> = Promise.resolve()
  private failed = false

  constructor(
    private readonly path: string,
    private readonly note: (text: string) => Promise<void>,
  ) {}

  /** Refused at the start rather than at the first request: a folder that is not there, a file that may not be written. */
  static async open(flag: string, path: string, note: (text: string) => Promise<void>): Promise<WrittenFile> {
    try {
      if ((await stat(path).catch(() => undefined))?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
      await access(dirname(path), constants.W_OK)
    } catch (error) {
      throw new UsageError(`${flag}: cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`)
    }
    return new WrittenFile(path, note)
  }

  add(write: (path: string) => Promise<void>): void {
    this.last = this.last.then(() => write(this.path)).catch(async (error: unknown) => {
      if (!this.failed) await this.note(`${this.path} cannot be written: ${(error as Error).message}`)
      this.failed = true
    })
  }

  /** Resolves when all is written. */
  done(): Promise<void> {
    return this.last
  }
}
