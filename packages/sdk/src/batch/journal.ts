import { open, mkdir, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { JournalError, JournalLockedError } from './errors.js'
import { acquireLock, LockedError, type Lock } from '../node/lock.js'
import { checkDestination, encodeLine, notAJournal, type Header, type JournalRecord } from './records.js'
import { replay } from './replay.js'

/** What the engine needs of a journal. */
export interface Journal {
  /** What errors call it: the path of a file. */
  readonly name: string
  /** False: nothing outlives the process. Default: true. */
  readonly kept?: boolean
  /** Opens it, gives what it holds, and takes it for this process. `header` is written when it is new. */
  open(header: Header, each: (record: JournalRecord) => void): Promise<Header>
  /** Adds a record; with `durable`, resolves when it would survive a loss of power. */
  append(record: JournalRecord, durable?: boolean): Promise<void>
  /** Writes what is left and gives the journal up for other processes. */
  close(): Promise<void>
}

/** Nothing is kept: for batches that are not worth a file. */
export function memoryJournal(): Journal {
  return {
    name: 'memory',
    kept: false,
    open: async (header) => header,
    append: async () => {},
    close: async () => {},
  }
}

/**
 * An append-only file of JSON lines. Records that come while a write or a sync is under way go together into the next one, so that ten
 * thousand intents cost few syncs. After a failed write nothing more is written: what is on disk stays readable.
 */
export function fileJournal(file: string): Journal {
  let handle: FileHandle | undefined
  let lock: Lock | undefined
  let pending = ''
  let waiting: { resolve(): void; reject(error: unknown): void; durable: boolean }[] = []
  let flushing: Promise<void> | undefined
  let broken: JournalError | undefined

  async function stillOurs(): Promise<void> {
    if (!(await lock!.isHeld())) throw new Error('another process has taken it while this one was silent')
  }

  async function flush(): Promise<void> {
    // One turn of the loop lets the other intents of this moment join.
    await Promise.resolve()
    while (waiting.length > 0) {
      const [text, group] = [pending, waiting]
      pending = ''
      waiting = []
      try {
        if (broken) throw broken
        await stillOurs()
        await writeAll(handle!, Buffer.from(text))
        if (group.some((each) => each.durable)) {
          await handle!.datasync()
          // What it allows must not be done by one that was frozen meanwhile.
          await stillOurs()
        }
        for (const each of group) each.resolve()
      } catch (error) {
        broken ??= new JournalError(`cannot write the journal ${file}: ${reason(error)}`, 'io', 'Free some space or mend the folder, then resume: nothing was sent without its record.', { cause: error })
        for (const each of group) each.reject(broken)
      }
    }
    flushing = undefined
  }

  return {
    name: file,
    async open(header, each) {
      await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
        throw cannot('create the folder of', file, error)
      })
      lock = await acquireLock(`${file}.lock`, file).catch((error: unknown) => {
        throw error instanceof LockedError ? new JournalLockedError(error.message, error.holder) : cannot('lock', file, error)
      })
      try {
        if (!(await isFileOrFree(file))) throw new JournalError(`${file} is not a file`, 'foreign')
        handle = await open(file, 'a+', 0o600).catch((error: unknown) => {
          throw cannot('open', file, error)
        })
        const found = await replay(handle, file, each)
        if (found.header !== undefined) checkDestination(file, found.header.destination, header.destination)
        if (found.healthy < found.size) await handle.truncate(found.healthy)
        if (found.header !== undefined) return found.header
        await writeAll(handle, Buffer.from(encodeLine(header)))
        await handle.datasync()
        await syncFolder(dirname(file))
        return header
      } catch (error) {
        await this.close()
        throw error instanceof JournalError ? error : cannot('use', file, error)
      }
    },
    append(record, durable = false) {
      pending += encodeLine(record)
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject, durable })
        flushing ??= flush()
      })
    },
    async close() {
      await flushing
      await handle?.datasync().catch(() => {})
      await handle?.close().catch(() => {})
      handle = undefined
      await lock?.release()
      lock = undefined
    },
  }
}

/** Reads a journal without taking it; the header is undefined when the file is empty. */
export async function readJournal(file: string, each: (record: JournalRecord) => void): Promise<Header> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw cannot('open', file, error)
  })
  try {
    const { header } = await replay(handle, file, each)
    if (header === undefined) throw notAJournal(file)
    return header
  } finally {
    await handle.close()
  }
}

async function isFileOrFree(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined)
  return found === undefined || found.isFile() || found.isDirectory()
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) offset += (await handle.write(bytes, offset, bytes.length - offset)).bytesWritten
}

/** Makes the name of a new file durable; not every system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

const reason = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).message
const cannot = (what: string, file: string, error: unknown) => (error instanceof JournalError ? error : new JournalError(`cannot ${what} the journal ${file}: ${reason(error)}`, 'io', undefined, { cause: error }))
