import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Io } from './io.js'
import { configFolder } from './paths.js'
import { UsageError } from './usage-error.js'

/** What the config file says of one system in one profile. Secrets are never in it. */
export interface SystemConfig {
  readonly baseUrl?: string | undefined
  readonly email?: string | undefined
}

export interface Config {
  readonly profiles: Readonly<Record<string, Readonly<Record<string, SystemConfig>>>>
}

export const configFile = (io: Io) => join(configFolder(io), 'config.json')

/** Reads and checks the config file; none is an empty one. */
export async function loadConfig(io: Io): Promise<Config> {
  const file = configFile(io)
  let text: string
  try {
    // A small file, and `fs/promises` costs a millisecond to load.
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { profiles: {} }
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
  const { z } = await import('zod')
  const system = z.strictObject({ baseUrl: z.url().optional(), email: z.string().optional() })
  const schema = z.strictObject({ profiles: z.record(z.string(), z.record(z.string(), system)).default({}) })
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`)
  }
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new UsageError(`${file}: ${issue.path.join('.') || 'the file'}: ${issue.message}`, 'Mend the file, or delete it to start anew.')
}
