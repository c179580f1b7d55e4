import type { ApiClient } from '@orkit/sdk/core'
import type { Context, Input, Result } from '../app/command.js'
import { exit } from '../app/exit.js'
import { canPrompt, type Io } from '../app/io.js'
import type { SystemManifest } from '../app/manifest.js'
import { ask } from '../app/prompt.js'
import { report } from '../app/report.js'
import { UsageError } from '../app/usage-error.js'
import { credentialsOf, openSession, type Session } from '../client/open.js'

type Manifest = SystemManifest
type CredentialManifest = Manifest['credentials'][number]

/** Proves a credential and keeps it. */
export async function login(manifest: Manifest, context: Context, input: Input): Promise<Result> {
  const { io, settings } = context
  const scheme = (input.values['scheme'] as string | undefined) ?? manifest.credentials[0]!.scheme
  const wanted = manifest.credentials.filter((credential) => credential.scheme === scheme)
  const account = wanted[0]!.strategy === 'jwt' || wanted[0]!.strategy === 'session'
  const seeded = settings.mock ? await seededCredentials(manifest.system, context) : {}
  const given: Record<string, string | (() => Promise<string>)> = {}
  if (input.values['with-token']) {
    const name = account ? wanted.find((credential) => credential.name === 'token')?.name : wanted[0]!.name
    if (name === undefined) throw new UsageError(`${manifest.name} signs in with an account here, not with a token`, 'Leave --with-token out.')
    given[name] = await secretFromStdin(io)
  } else for (const credential of wanted) await fill(given, credential, context, input, seeded)
  const { client, store, prefix } = await openSession(manifest.system, io, settings, context.onClose, given, true)
  // A new account must not go on with the tokens of the last one.
  if (account && given['token'] === undefined) await client.signIn()
  else await prove(client, scheme, io.signal)
  for (const { name } of wanted) {
    if (name === 'password' || name === 'totp' || given[name] === undefined) continue
    await store.set(`${prefix}/${name}`, given[name] as string)
  }
  if (settings.output === 'table') return { kind: 'none', message: `Signed in to ${manifest.name}${given['email'] ? ` as ${String(given['email'])}` : ''}. ${account ? 'Tokens are' : 'The key is'} kept in ${store.place}${settings.profile === 'default' ? '' : ` for the profile ${settings.profile}`}.` }
  return { kind: 'value', value: { system: manifest.system, profile: settings.profile, scheme, ...(given['email'] ? { account: given['email'] } : {}), baseUrl: client.baseUrl, keptIn: store.place } }
}

async function fill(given: Record<string, string | (() => Promise<string>)>, credential: CredentialManifest, context: Context, input: Input, seeded: Readonly<Record<string, string>>): Promise<void> {
  const { io, settings } = context
  const { name, env, secret, description } = credential
  if (name === 'token') return
  const flagged = input.values[name] as string | undefined
  if (flagged !== undefined) given[name] = flagged
  else if (name === 'password' && input.values['password-stdin']) given[name] = await secretFromStdin(io)
  else if (io.env[env]) given[name] = io.env[env]
  else if (name === 'totp') {
    // Asked for only when the server wants it.
    if (given['email'] === seeded['email'] && seeded['totp']) given[name] = seeded['totp']
    else if (canPrompt(io, !settings.input)) given[name] = () => ask(io, 'Six-digit code of the authenticator app', { hidden: true })
  } else if (canPrompt(io, !settings.input)) {
    const answer = await ask(io, `${description}`, { hidden: secret === true })
    if (answer.trim() === '') throw new UsageError(`no ${name} was given`)
    given[name] = answer.trim()
  } else if (seeded[name] !== undefined) given[name] = seeded[name]
  else throw new UsageError(`no ${name}: there is no terminal to ask on`, `Set ${env}${secret ? (name === 'password' ? ', or pipe it in with --password-stdin' : ', or pipe it in with --with-token') : `, or give --${name}`}.`)
}

const seededCredentials = async (system: string, context: Context): Promise<Readonly<Record<string, string>>> => {
  const { startMock } = await import('../client/mock.js')
  return (await startMock(system, context.io, context.onClose)).credentials
}

async function secretFromStdin(io: Io): Promise<string> {
  if (io.stdin.isTTY) throw new UsageError('nothing is piped into stdin', "Example: printf %s \"$KEY\" | orkit <system> auth login --with-token")
  const text = (await io.stdin.text()).trim()
  if (text === '') throw new UsageError('stdin holds no credential')
  return text
}

/** A call that the credential must pass. A refusal for want of a scope proves it as well. */
async function prove(client: ApiClient, scheme: string, signal: AbortSignal): Promise<void> {
  const check = client.profile.schemes[scheme]?.check
  if (check === undefined) return
  try {
    await client.request<PromiseLike<unknown>>(check, {}, { signal })
  } catch (error) {
    if ((error as { status?: number }).status !== 403) throw error
  }
}

export async function logout(manifest: Manifest, context: Context): Promise<Result> {
  const { client, store, prefix, sources } = await openSession(manifest.system, context.io, context.settings, context.onClose)
  let ended = true
  try {
    await client.signOut()
  } catch {
    ended = false
  }
  for (const { name } of manifest.credentials) await store.delete(`${prefix}/${name}`)
  const left = manifest.credentials.filter(({ name }) => sources[name] === 'environment').map(({ env }) => env)
  return { kind: 'none', message: `Signed out of ${manifest.name}${ended ? '' : '; the server could not be told'}.${left.length > 0 ? ` ${left.join(' and ')} in the environment still sign${left.length > 1 ? '' : 's'} in: unset ${left.length > 1 ? 'them' : 'it'} too.` : ''}` }
}

/** The state of each system, proved by a call where there is something to prove. */
export async function status(systems: readonly string[], context: Context): Promise<Result> {
  const rows: Record<string, unknown>[] = []
  let refused = false
  for (const system of systems) {
    const session = await openSession(system, context.io, context.settings, context.onClose)
    for (const row of await states(system, session, context)) {
      if (row['state'] === 'refused') refused = true
      rows.push(row)
    }
  }
  return { kind: 'value', value: rows, columns: ['system', 'scheme', 'state', 'source', 'baseUrl', 'note'], exit: refused ? exit.signIn : exit.ok }
}

export async function states(system: string, { client, store, prefix, sources }: Session, context: Context): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  const schemes = [...new Set(credentialsOf(client).map((credential) => credential.scheme))]
  for (const scheme of schemes) {
    const names = credentialsOf(client).filter((credential) => credential.scheme === scheme).map((credential) => credential.name)
    const found = names.find((name) => sources[name] !== undefined)
    if (found === undefined) continue
    const source = sources[found]!
    const row: Record<string, unknown> = { system, scheme, profile: context.settings.profile, state: 'unproved', source: source === 'stored' ? `${source} in ${await store.placeOf(`${prefix}/${found}`)}` : source, baseUrl: client.baseUrl, note: null }
    const check = client.profile.schemes[scheme]?.check
    if (check !== undefined) {
      try {
        await client.request<PromiseLike<unknown>>(check, {}, { signal: context.io.signal, maxRetries: 0 })
        row['state'] = 'signed in'
      } catch (error) {
        const told = report(error)
        const scopeOnly = (error as { status?: number }).status === 403
        row['state'] = scopeOnly ? 'signed in' : told.exit === exit.signIn ? 'refused' : 'unknown'
        row['note'] = told.message
      }
    }
    rows.push(row)
  }
  if (rows.length === 0) rows.push({ system, scheme: null, profile: context.settings.profile, state: 'signed out', source: null, baseUrl: client.baseUrl, note: `orkit ${system} auth login` })
  return rows
}

export async function token(manifest: Manifest, context: Context, input: Input): Promise<Result> {
  const { client } = await openSession(manifest.system, context.io, context.settings, context.onClose)
  if (input.values['env']) {
    const { quote, shellVariables } = await import('./curl.js')
    const variables = await shellVariables(client)
    if (Object.keys(variables).length === 0) throw new UsageError(`not signed in to ${manifest.name}`, `orkit ${manifest.system} auth login`)
    return { kind: 'text', chunks: (async function* () { for (const [name, value] of Object.entries(variables)) yield { text: `export ${name}=${quote(value)}\n`, event: { [name]: value } } })() }
  }
  const headers = await client._authorize()
  const value = headers['authorization']?.replace(/^Bearer /i, '') ?? Object.values(headers)[0]
  if (value === undefined) throw new UsageError(`not signed in to ${manifest.name}`, `orkit ${manifest.system} auth login`)
  return { kind: 'text', chunks: (async function* () { yield { text: `${value}\n`, event: { token: value } } })() }
}
