import { readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { temporary } from '../app/temporary.js'
import { locked } from './lock.js'
import type { SecretStore } from './secret-store.js'

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
      const part = temporary(file)
      const handle = await open(part, 'w', 0o600)
      try {
        await handle.writeFile(`${JSON.stringify(secrets, null, 2)}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(part, file)
    })
  return {
    kind: 'file',
    place: file,
    placeOf: async () => file,
    get: async (name) => {
      const secrets = await read()
      return Object.hasOwn(secrets, name) ? secrets[name] : undefined
    },
    set: (name, value) => change((secrets) => void (secrets[name] = value)),
    delete: (name) => change((secrets) => void delete secrets[name]),
    exclusive: (action) => locked(`${file}.lock`, action),
  }
}
