import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command, Run } from '../app/command.js'
import type { Io } from '../app/io.js'
import { cacheFolder } from '../app/paths.js'
import { temporary } from '../app/temporary.js'

const freshFor = 60_000
/** From the start of the process: what the shell waits for, less what ending takes. */
const patience = 120

/**
 * Ids from a cache that is at most a minute old. Where there is none, another process fills it; this one waits for it only as long as a person does not
 * notice, and the next TAB finds it.
 */
export async function ids(system: string, list: Command, arg: string, globals: readonly string[], io: Io): Promise<[string, string][]> {
  const identity = createHash('sha256').update(JSON.stringify([list.path, globals, io.env['ORKIT_PROFILE'], io.env['ORKIT_MOCK'], ...Object.entries(io.env).filter(([name]) => name.startsWith(`${system.toUpperCase()}_`)).toSorted(([a], [b]) => (a < b ? -1 : 1))])).digest('hex').slice(0, 24)
  const file = join(cacheFolder(io), 'ids', `${system}-${identity}.json`)
  const fresh = read(file, io.now())
  if (fresh) return shown(fresh, arg)
  if (claim(`${file}.asked`, io.now())) {
    const bin = join(dirname(realpathSync(io.self.script)), 'orkit.cjs')
    const child = spawn(io.self.node, [bin, '__ids', system, list.path.slice(1).join(' '), file, ...globals], { detached: true, windowsHide: true, stdio: 'ignore', env: io.env as NodeJS.ProcessEnv })
    child.unref()
  }
  while (io.self.uptime() < patience) {
    await io.sleep(5)
    const filled = read(file, io.now())
    if (filled) return shown(filled, arg)
  }
  return []
}

type Rows = readonly Record<string, unknown>[]

function read(file: string, now: number): Rows | undefined {
  try {
    return now - statSync(file).mtimeMs <= freshFor ? (JSON.parse(readFileSync(file, 'utf8')) as Rows) : undefined
  } catch {
    return undefined
  }
}

/** One process asks at a time; one that has found nothing within ten seconds is forgotten. */
function claim(marker: string, now: number): boolean {
  try {
    if (now - statSync(marker).mtimeMs < 10_000) return false
  } catch {
    // Nobody has asked yet.
  }
  mkdirSync(dirname(marker), { recursive: true, mode: 0o700 })
  writeFileSync(marker, '', { mode: 0o600 })
  return true
}

function shown(rows: Rows, arg: string): [string, string][] {
  return rows.flatMap((row): [string, string][] => {
    const id = row[arg] ?? row['id']
    const about = [row['name'], row['title'], row['filename'], row['status']].find((value) => typeof value === 'string')
    return typeof id === 'string' || typeof id === 'number' ? [[String(id), clean((about as string | undefined) ?? '')]] : []
  })
}

// oxlint-disable-next-line no-control-regex
const clean = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')

/** `orkit __ids`: in the background, for the next TAB. Two hundred ids are more than anybody reads. */
export const fill: Run = async (context, input) => {
  const { values } = input
  const client = await context.client(values['system'] as string)
  // A command is its operation's id in kebab-case.
  const operation = (values['operation'] as string).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(' ', '.')
  const rows: Record<string, unknown>[] = []
  for await (const row of client.request<AsyncIterable<Record<string, unknown>>>(operation, {}, { signal: context.io.signal, maxRetries: 0, rateLimit: false, timeout: 5000 })) {
    rows.push(Object.fromEntries(Object.entries(row).filter(([name, value]) => (name === 'id' || /^(name|title|filename|status)$|_id$/.test(name)) && (typeof value === 'string' || typeof value === 'number'))))
    if (rows.length === 200) break
  }
  const file = values['file'] as string
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const part = temporary(file)
  writeFileSync(part, JSON.stringify(rows), { mode: 0o600 })
  renameSync(part, file)
  return { kind: 'none' }
}
