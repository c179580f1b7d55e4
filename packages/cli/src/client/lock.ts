import { readFileSync } from 'node:fs'
import { mkdir, open, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A lock that its holder has not touched for this long is nobody's: holders touch theirs every two seconds. */
const staleAfter = 10_000
const touchEvery = 2_000
const patience = 60_000

/** Holds a lock file while `action` runs; one left by a process that died is taken over. Rejects after a minute of waiting. */
export async function locked<T>(lock: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 })
  for (const started = Date.now(); !(await taken(lock)); ) {
    if (await isAbandoned(lock)) await takeOver(lock)
    else if (Date.now() - started > patience) throw new Error(`${lock} is held by another process`)
    else await delay(5 + Math.random() * 25)
  }
  const touch = setInterval(() => {
    const now = new Date()
    utimes(lock, now, now).catch(() => {})
  }, touchEvery)
  touch.unref()
  try {
    return await action()
  } finally {
    clearInterval(touch)
    await rm(lock, { force: true })
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600)
    try {
      await handle.writeFile(String(process.pid))
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const age = await stat(lock).then((info) => Date.now() - info.mtimeMs, () => 0)
  return age > staleAfter || (age > 200 && !isAlive(lock))
}

/** Of two who find the same abandoned lock only one may remove it: else the second removes the first one's new lock. */
async function takeOver(lock: string): Promise<void> {
  const guard = `${lock}.taking`
  const age = await stat(guard).then((info) => Date.now() - info.mtimeMs, () => 0)
  if (age > staleAfter) await rm(guard, { force: true })
  if (!(await taken(guard))) return
  try {
    if (await isAbandoned(lock)) await rm(lock, { force: true })
  } finally {
    await rm(guard, { force: true })
  }
}

function isAlive(lock: string): boolean {
  let pid: number
  try {
    pid = Number(readFileSync(lock, 'utf8'))
  } catch {
    return true
  }
  if (!Number.isInteger(pid) || pid <= 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
