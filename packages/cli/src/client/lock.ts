import { acquireLock, LockedError, type Lock } from '@orkit/sdk/node'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Longer than the two minutes after which a holder on another host counts as dead. */
const patience = 130_000

/** Holds a lock file while `action` runs; one left by a process that died is taken over. Rejects when a living one keeps it for over two minutes, or `signal` is aborted meanwhile. */
export async function locked<T>(file: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const lock = await take(file, signal)
  try {
    return await action()
  } finally {
    await lock.release()
  }
}

async function take(file: string, signal: AbortSignal | undefined): Promise<Lock> {
  for (const started = Date.now(); ; await delay(5 + Math.random() * 25, undefined, signal ? { signal } : {})) {
    try {
      return await acquireLock(file, file)
    } catch (error) {
      if (!(error instanceof LockedError) || Date.now() - started > patience) throw error
    }
  }
}
