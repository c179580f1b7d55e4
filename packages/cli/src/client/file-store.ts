import { readFileSync } from 'node:fs'
import { replaceFile } from '../app/replace-file.js'
import { UsageError } from '../app/usage-error.js'
import { locked } from './lock.js'
import type { SecretStore } from './secret-store.js'

/** Secrets in a JSON file with mode 0600, replaced as a whole, under a lock. `signal` ends the waiting for who has the lock. */
export function fileStore(file: string, signal: AbortSignal): SecretStore {
  const read = async (): Promise<Record<string, string>> => {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return {}
      throw new UsageError(`${file} cannot be read: ${code}`)
    }
    const secrets = record(text)
    if (secrets === undefined) throw new UsageError(`${file} does not hold credentials any more`, 'Mend it, or delete it and sign in again.')
    return secrets
  }
  const change = (edit: (secrets: Record<string, string>) => void) =>
    locked(`${file}.write-lock`, async () => {
      const secrets = await read()
      edit(secrets)
      await replaceFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, synced: true })
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
    // Only here: a token that was just rotated is written in any case.
    exclusive: (action) => locked(`${file}.lock`, action, signal),
  }
}

/** What is wrong with it is not said: the parser's message holds a piece of the text. */
function record(text: string): Record<string, string> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, string>) : undefined
  } catch {
    return undefined
  }
}
