import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { outputFormats, type OutputFormat } from './settings.js'
import type { Io } from './io.js'
import { configFolder } from './paths.js'
import { UsageError } from './usage-error.js'

export const systemNames = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const

/** What the config file says of one system in one profile. Secrets are never in it. */
export interface SystemConfig {
  readonly baseUrl?: string | undefined
  readonly email?: string | undefined
}

export interface Config {
  /** Profile to use when none is named. */
  readonly profile?: string | undefined
  /** Output format when none is named. */
  readonly output?: OutputFormat | undefined
  readonly profiles: Readonly<Record<string, Readonly<Record<string, SystemConfig>>>>
}

export const configFile = (io: Io) => join(configFolder(io), 'config.json')

/** Reads and checks the config file; none is an empty one. */
export async function loadConfig(io: Io): Promise<Config> {
  const file = configFile(io)
  try {
    // A small file, and `fs/promises` costs a millisecond to load.
    return await checkConfig(readFileSync(file, 'utf8').replace(/^\ufeff/, ''), file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { profiles: {} }
    if (error instanceof UsageError) throw error
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
}

/** The text of a config file as a config; names the line of the first mistake. */
export async function checkConfig(text: string, file: string): Promise<Config> {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file}: ${await whereBroken(text, error as Error)}it is not JSON: ${(error as Error).message.split('\n')[0]}`, "Mend it with 'orkit config edit', or delete it to start anew.")
  }
  if (isPlain(data)) return { ...data, profiles: data.profiles ?? {} }
  const { z } = await import('zod')
  const system = z.strictObject({ baseUrl: z.url({ protocol: /^https?$/ }).optional(), email: z.string().optional() })
  const schema = z.strictObject({ profile: z.string().min(1).optional(), output: z.enum(outputFormats).optional(), profiles: z.record(z.string(), z.partialRecord(z.enum(systemNames), system)).default({}) })
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data as Config
  const issue = parsed.error.issues[0]!
  const path = [...issue.path, ...('keys' in issue ? issue.keys.slice(0, 1) : [])]
  throw new UsageError(`${file}: ${await where(text, path)}${path.join('.') || 'the file'}: ${issue.message}`, "Mend it with 'orkit config edit', or delete it to start anew.")
}

/** A file that is plainly right needs no zod, which takes longer to load than everything else of a start. Anything unusual is zod's to judge. */
function isPlain(data: unknown): data is Config {
  const only = (value: unknown, names: readonly string[]): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).every((name) => names.includes(name))
  if (!only(data, ['profile', 'output', 'profiles'])) return false
  if (data['profile'] !== undefined && (typeof data['profile'] !== 'string' || data['profile'] === '')) return false
  if (data['output'] !== undefined && !outputFormats.includes(data['output'] as OutputFormat)) return false
  if (data['profiles'] === undefined) return true
  if (typeof data['profiles'] !== 'object' || data['profiles'] === null || Array.isArray(data['profiles'])) return false
  return Object.values(data['profiles']).every((profile) => only(profile, systemNames) && Object.values(profile).every((system) => only(system, ['baseUrl', 'email']) && isUrl(system['baseUrl']) && (system['email'] === undefined || typeof system['email'] === 'string')))
}

const isUrl = (value: unknown) => value === undefined || (typeof value === 'string' && /^https?:\/\/[a-z0-9.-]+(:\d+)?(\/[\w./-]*)?$/i.test(value))

/** Line and column of a member: YAML's parser knows them, and JSON is YAML. */
async function where(text: string, path: readonly PropertyKey[]): Promise<string> {
  const { isMap, isScalar, parseDocument } = await import('yaml')
  const document = parseDocument(text)
  const holder: unknown = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const pair = isMap(holder) ? holder.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1)) : undefined
  return placeOf(text, pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0)
}

/** The same of what is no JSON. V8 names the place of most mistakes; YAML, which takes some of them, that of others. Nothing is better than a wrong place. */
async function whereBroken(text: string, { message }: Error): Promise<string> {
  const position = /at position (\d+)/.exec(message)?.[1]
  const offset = position === undefined ? (await import('yaml')).parseDocument(text).errors[0]?.pos[0] : Number(position)
  return offset === undefined ? '' : placeOf(text, offset)
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `line ${before.length}, column ${before.at(-1)!.length + 1}: `
}
