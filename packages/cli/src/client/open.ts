import type { ApiClient, ClientOptions } from '@orkit/sdk/core'
import { nodeTransport, nodeWebSocket } from '@orkit/sdk/node'
import type { Context } from '../app/command.js'
import { loadConfig } from '../app/config.js'
import type { Io } from '../app/io.js'
import type { Settings } from '../app/settings.js'
import { statusAndCode } from '../app/status-and-code.js'
import { lazySecretStore, openSecretStore, type SecretStore } from './secret-store.js'
import { createClient, type SystemName } from './systems.js'
import { tokenStore } from './token-store.js'

/** A client of one system as the flags, the environment and the chosen profile say; `more` is laid over that. */
export async function openClient(system: string, io: Io, settings: Settings, onClose: Context['onClose'], more: ClientOptions = {}): Promise<ApiClient> {
  const store = lazySecretStore(() => openSecretStore(io, { mock: settings.mock, warn: warner(io, settings) }))
  return (await signedIn(store, system, io, settings, onClose, {}, false, more)).client
}

export interface Session {
  readonly client: ApiClient
  readonly store: SecretStore
  /** Where the stored secrets of this profile and system are named. */
  readonly prefix: string
  /** Where each credential that is set comes from. */
  readonly sources: Readonly<Record<string, 'environment' | 'stored' | 'config file' | 'reference server' | 'given'>>
}

/** `given` credentials win over the environment and the store. `onlyGiven`: nothing else is used, as when signing in anew. */
export async function openSession(system: string, io: Io, settings: Settings, onClose: Context['onClose'], given: Readonly<Record<string, string | (() => Promise<string>)>> = {}, onlyGiven = false): Promise<Session> {
  const store = await openSecretStore(io, { mock: settings.mock, warn: warner(io, settings) })
  return { store, ...(await signedIn(store, system, io, settings, onClose, given, onlyGiven)) }
}

const warner = (io: Io, settings: Settings) => async (text: string) => {
  if (!settings.quiet) await io.stderr.write(`${text}\n`)
}

async function signedIn(store: Pick<SecretStore, 'get' | 'set' | 'delete' | 'exclusive'>, system: string, io: Io, settings: Settings, onClose: Context['onClose'], given: Readonly<Record<string, string | (() => Promise<string>)>> = {}, onlyGiven = false, more: ClientOptions = {}): Promise<Omit<Session, 'store'>> {
  const prefix = `${settings.profile}/${system}`
  const options: ClientOptions & Record<string, unknown> = {
    ...(settings.timeout === undefined ? {} : { timeout: settings.timeout }),
    ...(settings.maxRetries === undefined ? {} : { maxRetries: settings.maxRetries }),
    // Who wants one attempt and no more wants no waiting for a turn either.
    ...(settings.maxRetries === 0 ? { rateLimit: false } : {}),
    ...logging(io, settings),
    hooks: waits(io, settings),
    tokenStore: tokenStore(store, prefix),
    ...more,
  }
  const sources: Record<string, Session['sources'][string]> = {}
  let email: string | undefined
  let seeded: Readonly<Record<string, string>> = {}
  if (settings.mock) {
    const { startMock } = await import('./mock.js')
    const mock = await startMock(system, io, onClose)
    Object.assign(options, mock.options)
    seeded = mock.credentials
  } else {
    const configured = (await loadConfig(io)).profiles[settings.profile]?.[system]
    email = configured?.email
    const baseUrl = settings.baseUrl ?? io.env[`${system.toUpperCase()}_BASE_URL`] ?? configured?.baseUrl
    Object.assign(options, { fetch: nodeTransport(), webSocket: nodeWebSocket(), ...(baseUrl ? { baseUrl } : {}) })
  }
  const stored = async (name: string) => {
    const value = await store.get(`${prefix}/${name}`)
    return value === undefined ? undefined : (['stored', value] as const)
  }
  const chosen = async (name: string, variable: string) => {
    if (given[name] !== undefined) return ['given', given[name]] as const
    if (onlyGiven) return undefined
    // The reference server's credentials are its own; and what the environment says, the store need not be asked for.
    return !settings.mock && io.env[variable] ? (['environment', io.env[variable]] as const) : stored(name)
  }
  const client = await createClient(system as SystemName, options)
  // The client keeps this very object and reads a credential when it first needs one: what is found out below still counts.
  for (const { name, env } of credentialsOf(client)) {
    const choice = (await chosen(name, env)) ?? (name === 'email' && email !== undefined && !onlyGiven ? (['config file', email] as const) : undefined)
    if (!choice) continue
    sources[name] = choice[0]
    options[name] = choice[1]
  }
  if (settings.mock && !onlyGiven && Object.keys(sources).length === 0) {
    for (const [name, value] of Object.entries(seeded)) {
      sources[name] = 'reference server'
      options[name] = value
    }
  }
  return { client, prefix, sources }
}

export const credentialsOf = (client: ApiClient) =>
  Object.entries(client.profile.schemes).flatMap(([scheme, { strategy, credentials }]) => credentials.map((credential) => ({ ...credential, scheme, strategy })))

/** A pause of a second and more is told of: who waits wants to know why. */
function waits(io: Io, settings: Settings): NonNullable<ClientOptions['hooks']> {
  if (settings.quiet || settings.verbose || settings.debug) return {}
  const say = (operation: string, delayMs: number, text: (seconds: number) => string) => (delayMs < 1_000 ? undefined : io.stderr.write(`${operation}: ${text(Math.ceil(delayMs / 1000))}\n`))
  return {
    onRetry: ({ operation, error, delayMs }) => say(operation, delayMs, (seconds) => `${statusAndCode(error) || error.kind}; trying again in ${seconds} s`),
    onWait: ({ operation, category, delayMs }) => say(operation, delayMs, (seconds) => `waiting ${seconds} s for room in the limit '${category}'`),
  }
}

function logging(io: Io, settings: Settings): Partial<ClientOptions> {
  if (!settings.verbose && !settings.debug) return {}
  const write = (text: string, details?: unknown) => void io.stderr.write(`${text}${details === undefined || Object.keys(details as object).length === 0 ? '' : ` ${JSON.stringify(details)}`}\n`)
  return { logLevel: settings.debug ? 'debug' : 'info', logger: { debug: write, info: write, warn: write, error: write } }
}
