import type { Io } from '../app/io.js'
import { join } from 'node:path'
import { configFolder, stateFolder } from '../app/paths.js'
import { UsageError } from '../app/usage-error.js'
import { fileStore } from './file-store.js'

/** Where secrets are kept between commands. Names are `<profile>/<system>/<what>`. */
export interface SecretStore {
  readonly kind: 'keyring' | 'file'
  /** For people: the name of the key store, or the file's path. */
  readonly place: string
  /** Where that one is, as far as it is kept. */
  placeOf(name: string): Promise<string>
  get(name: string): Promise<string | undefined>
  set(name: string, value: string): Promise<void>
  delete(name: string): Promise<void>
  /** Runs alone among processes: a token that is rotated is never lost. */
  exclusive<T>(action: () => Promise<T>): Promise<T>
}

const patience = 3000

/** A store that is opened when it is first asked for something: a command with its key in the environment never waits for a key store. */
export function lazySecretStore(open: () => Promise<SecretStore>): Pick<SecretStore, 'get' | 'set' | 'delete' | 'exclusive'> {
  let opened: Promise<SecretStore> | undefined
  const store = () => (opened ??= open())
  return {
    get: async (name) => (await store()).get(name),
    set: async (name, value) => (await store()).set(name, value),
    delete: async (name) => (await store()).delete(name),
    exclusive: async (action) => (await store()).exclusive(action),
  }
}

/**
 * The system's key store, else a file that only the user can read. `ORKIT_CREDENTIAL_STORE` (`keyring` or `file`) decides for good.
 * Credentials of the reference server are no secrets: they stay in its state folder.
 */
export async function openSecretStore(io: Io, { mock, warn }: { mock: boolean; warn(text: string): Promise<void> }): Promise<SecretStore> {
  if (mock) return fileStore(join(stateFolder(io), 'mock', 'credentials.json'), io.signal)
  const file = fileStore(join(configFolder(io), 'credentials.json'), io.signal)
  const choice = io.env['ORKIT_CREDENTIAL_STORE'] || undefined
  if (choice === 'file') return file
  if (choice !== undefined && choice !== 'keyring') throw new UsageError(`ORKIT_CREDENTIAL_STORE is '${choice}'`, "Use 'keyring' or 'file'.")
  try {
    const keys = await keyring(file)
    return choice === 'keyring' ? keys : withFallback(keys, file, warn)
  } catch (error) {
    if (choice === 'keyring') throw new UsageError(`the system's key store cannot be used: ${(error as Error).message}`, 'Set ORKIT_CREDENTIAL_STORE=file to keep credentials in a file.')
    await warn(`No key store here (${(error as Error).message.split('\n')[0]}): credentials are in ${file.place}, readable by you only.`)
    return file
  }
}

/** A key store may be read and yet refuse to be written, as where no session is open: what it does not take goes into the file. */
export function withFallback(keys: SecretStore, file: SecretStore, warn: (text: string) => Promise<void>): SecretStore {
  let warned = false
  return {
    kind: keys.kind,
    get place() {
      return warned ? file.place : keys.place
    },
    placeOf: async (name) => ((await keys.get(name)) === undefined && (await file.get(name)) !== undefined ? file.place : keys.place),
    get: async (name) => (await keys.get(name)) ?? file.get(name),
    set: async (name, value) => {
      try {
        await keys.set(name, value)
      } catch (error) {
        if (!warned) await warn(`The system's key store refuses (${(error as Error).message.split('\n')[0]}): credentials are in ${file.place}, readable by you only.`)
        warned = true
        await file.set(name, value)
        return
      }
      // An older value in the file must not outlive the newer one.
      if ((await file.get(name)) !== undefined) await file.delete(name)
    },
    delete: async (name) => {
      await keys.delete(name).catch(() => {})
      if ((await file.get(name)) !== undefined) await file.delete(name)
    },
    exclusive: (action) => file.exclusive(action),
  }
}

/** The system's key store, proved by reading once: a key store that hangs or is locked is none. */
async function keyring(lock: SecretStore): Promise<SecretStore> {
  const { getPassword, setPassword, deletePassword } = await import('@napi-rs/keyring/keytar.js')
  const service = 'orkit'
  const within = async <T>(work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }
  await within(getPassword(service, 'probe'))
  return {
    kind: 'keyring',
    place: 'the system’s key store',
    placeOf: async () => 'the system’s key store',
    get: async (name) => (await within(getPassword(service, name))) ?? undefined,
    async set(name, value) {
      await within(setPassword(service, name, value))
      if ((await within(getPassword(service, name))) !== value) throw new Error('the key store did not keep what was written')
    },
    delete: async (name) => {
      await within(deletePassword(service, name))
    },
    exclusive: (action) => lock.exclusive(action),
  }
}
