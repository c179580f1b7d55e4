import { readFileSync } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { SecretStore } from './secret-store.js'

const staleAfter = 10_000

/** Secrets in a JSON file with mode 0600, replaced as a whole, under a lock. */
export function fileStore(file: string): SecretStore {
  const read = async (): Promise<Record<string, string>> => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
    }
  }
  const change = (edit: (secrets: Record<string, string>) => void) =>
    locked(`${file}.write-lock`, async () => {
      const secrets = await read()
      edit(secrets)
      const temporary = `${file}.${process.pid}.tmp`
      const handle = await open(temporary, 'w', 0o600)
      try {
        await handle.writeFile(`${JSON.stringify(secrets, null, 2)}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, file)
    })
  return {
    kind: 'file',
    place: file,
    get: async (name) => {
      const secrets = await read()
      return Object.hasOwn(secrets, name) ? secrets[name] : undefined
    },
    set: (name, value) => change((secrets) => void (secrets[name] = value)),
    delete: (name) => change((secrets) => void delete secrets[name]),
    exclusive: (action) => locked(`${file}.lock`, action),
  }
}

/** Holds a lock file while `action` runs; one left by a process that died is taken over. */
async function locked<T>(lock: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 })
  for (let waited = 0; ; ) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const age = await stat(lock).then(
        (info) => Date.now() - info.mtimeMs,
        () => 0,
      )
      if (age > staleAfter) await rm(lock, { force: true })
      else if (waited > 2 * staleAfter) throw new Error(`${lock} is held by another process`, { cause: error })
      else {
        const pause = 10 + Math.random() * 40
        await delay(pause)
        waited += pause
      }
    }
  }
  try {
    return await action()
  } finally {
    await rm(lock, { force: true })
  }
}
