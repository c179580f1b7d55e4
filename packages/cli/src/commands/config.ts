import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { closest } from '../app/closest.js'
import type { Context, Input, Result, Run } from '../app/command.js'
import { checkConfig, configFile, loadConfig, systemNames, type Config } from '../app/config.js'
import { decodeText } from '../app/decode-text.js'
import { canPrompt, type Io } from '../app/io.js'
import { replaceFile } from '../app/replace-file.js'
import { outputFormats } from '../app/settings.js'
import { UsageError } from '../app/usage-error.js'
import { locked } from '../client/lock.js'

type Editable = { profile?: string; output?: string; profiles: Record<string, Record<string, Record<string, string>>> }
const members = { 'base-url': 'baseUrl', email: 'email' } as const
const keys = ['profile', 'output', ...systemNames.flatMap((system) => Object.keys(members).map((member) => `${system}.${member}`))]

const line = (text: string): Result => ({ kind: 'text', chunks: (async function* () { yield { text: `${text}\n`, event: text } })() })

/** `orckai.base-url` as the places it names; throws for a key that there is none of. */
function parts(key: string): { top: 'profile' | 'output' } | { system: string; member: 'baseUrl' | 'email' } {
  const known = key.replace(/\.baseUrl$/, '.base-url')
  if (!keys.includes(known)) {
    if (/key|token|password|secret/i.test(key)) throw new UsageError(`'${key}': secrets are never in the config file`, 'orkit <system> auth login keeps them.')
    const near = closest(key, keys)
    throw new UsageError(`there is no setting '${key}'`, near ? `Did you mean '${near}'?` : `Settings: profile, output, <system>.base-url, <system>.email.`)
  }
  if (known === 'profile' || known === 'output') return { top: known }
  const [system, member] = known.split('.') as [string, keyof typeof members]
  return { system, member: members[member] }
}

/** Changes the file as a whole, under a lock, and only to something that is right. */
async function change(io: Io, edit: (config: Editable) => void): Promise<void> {
  const file = configFile(io)
  await locked(`${file}.lock`, async () => {
    const config = structuredClone(await loadConfig(io)) as unknown as Editable
    edit(config)
    const text = `${JSON.stringify(config, null, 2)}\n`
    await checkConfig(text, file)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await replaceFile(file, text, { mode: 0o600 })
  })
}

const valueOf = (config: Config, profile: string, key: string): string | undefined => {
  const at = parts(key)
  return 'top' in at ? config[at.top] : config.profiles[profile]?.[at.system]?.[at.member]
}

export const path: Run = async ({ io }) => line(configFile(io))

export const get: Run = async ({ io, settings }, { values }) => {
  const key = values['key'] as string
  const value = valueOf(await loadConfig(io), settings.profile, key) ?? (key === 'profile' ? settings.profile : key === 'output' ? settings.output : undefined)
  if (value === undefined) throw new UsageError(`'${key}' is not set`, 'orkit config list shows what is.')
  return line(value)
}

export const set: Run = async ({ io, settings }, { values }) => {
  const at = parts(values['key'] as string)
  const value = values['value'] as string
  if ('top' in at && at.top === 'output' && !(outputFormats as readonly string[]).includes(value)) throw new UsageError(`'${value}' is no output format`, `Formats: ${outputFormats.join(', ')}.`)
  if ('member' in at && at.member === 'baseUrl' && !/^https?:\/\//.test(value)) throw new UsageError(`'${value}' is not an http or https URL`)
  await change(io, (config) => {
    if ('top' in at) config[at.top] = value
    else ((config.profiles[settings.profile] ??= {})[at.system] ??= {})[at.member] = value
  })
  return { kind: 'none', message: `${String(values['key'])} = ${value}${'top' in at ? '' : ` (profile ${settings.profile})`}` }
}

export const unset: Run = async ({ io, settings }, { values }) => {
  const at = parts(values['key'] as string)
  await change(io, (config) => {
    if ('top' in at) delete config[at.top]
    else delete config.profiles[settings.profile]?.[at.system]?.[at.member]
  })
  return { kind: 'none', message: `${String(values['key'])} is not set any more` }
}

export const list: Run = async ({ io, settings }) => {
  const config = await loadConfig(io)
  const variable = (key: string) => (key === 'profile' ? 'ORKIT_PROFILE' : key === 'output' ? undefined : key.replace(/^(\w+)\.(.*)$/, (_, system: string, member: string) => `${system}_${member.replace('-', '_')}`.toUpperCase()))
  const rows = keys.map((key) => {
    const name = variable(key)
    const set = name ? io.env[name] : undefined
    const value = set ?? valueOf(config, settings.profile, key)
    return { key, value: value ?? null, source: set ? name : value === undefined ? 'default' : 'file' }
  })
  return { kind: 'value', value: rows, columns: ['key', 'value', 'source'] }
}

export const edit: Run = async ({ io, settings, note }: Context, { values }: Input) => {
  const editor = (values['editor'] as string | undefined) || io.env['VISUAL'] || io.env['EDITOR']
  if (!editor) throw new UsageError('no editor is set', 'Set EDITOR, or give --editor.')
  if (!canPrompt(io, !settings.input) && values['editor'] === undefined) throw new UsageError('there is no terminal to edit on', 'Use orkit config set.')
  const file = configFile(io)
  // A file that is wrong is what this command is for.
  if (!existsSync(file)) await change(io, () => {})
  const code = await new Promise<number>((resolve, reject) => {
    // An editor may be given with flags: `code --wait`.
    const child = io.platform === 'win32' ? spawn(`${editor} "${file}"`, { shell: true, stdio: 'inherit' }) : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? 1))
  })
  if (code !== 0) throw new UsageError(`${editor} ended with ${code}`)
  await checkConfig(decodeText(await readFile(file)), file)
  await note(`${file} is right`)
  return { kind: 'none' }
}

export const profiles: Run = async ({ io, settings }) => {
  const config = await loadConfig(io)
  const names = [...new Set(['default', settings.profile, ...Object.keys(config.profiles)])].toSorted((a, b) => (a < b ? -1 : 1))
  return { kind: 'value', value: names.map((name) => ({ name, inUse: name === settings.profile, systems: Object.keys(config.profiles[name] ?? {}).join(' ') || null })), columns: ['name', 'inUse', 'systems'] }
}

function nameOf(values: Input['values']): string {
  const name = values['name'] as string
  if (!/^[\w.-]{1,64}$/.test(name) || name === '__proto__') throw new UsageError(`'${name}' is no name for a profile`, 'Letters, digits, dots, dashes and underscores.')
  return name
}

export const create: Run = async ({ io }, { values }) => {
  const name = nameOf(values)
  if (Object.hasOwn((await loadConfig(io)).profiles, name)) throw new UsageError(`there is a profile '${name}' already`)
  await change(io, (config) => void (config.profiles[name] = {}))
  return { kind: 'none', message: `Created. Next: orkit --profile ${name} <system> auth login` }
}

export const use: Run = async ({ io }, { values }) => {
  const name = nameOf(values)
  const config = await loadConfig(io)
  if (name !== 'default' && !Object.hasOwn(config.profiles, name)) {
    const near = closest(name, ['default', ...Object.keys(config.profiles)])
    throw new UsageError(`there is no profile '${name}'`, near ? `Did you mean '${near}'?` : `orkit profile create ${name}`)
  }
  await change(io, (made) => void (made.profile = name))
  return { kind: 'none', message: `Using ${name}.` }
}

export const remove: Run = async ({ io, settings, onClose }, { values }) => {
  const name = nameOf(values)
  const config = await loadConfig(io)
  if (!Object.hasOwn(config.profiles, name)) throw new UsageError(`there is no profile '${name}'`)
  // The store cannot be listed everywhere: the credentials of each system go by name, tokens by signing out.
  const { openSession } = await import('../client/open.js')
  for (const system of systemNames) {
    const session = await openSession(system, { ...io, env: withoutCredentials(io.env) }, { ...settings, profile: name }, onClose)
    if (Object.keys(session.sources).length > 0) await session.client.signOut().catch(() => {})
    for (const scheme of Object.values(session.client.profile.schemes)) for (const credential of scheme.credentials) await session.store.delete(`${session.prefix}/${credential.name}`)
  }
  await change(io, (made) => {
    delete made.profiles[name]
    if (made.profile === name) delete made.profile
  })
  return { kind: 'none', message: `Deleted ${name}.` }
}

const withoutCredentials = (env: Io['env']): Io['env'] => Object.fromEntries(Object.entries(env).filter(([name]) => !/^(ORCA|ORCKAI|FLEXORCH|KLAREFI|ORBITER)_(?!BASE_URL)/.test(name)))
