import { readFileSync, readlinkSync } from 'node:fs'
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { OrkitError } from '../core/errors/base.js'

/** A lock file that this process has. */
export interface Lock {
  /** False once another process has taken it, which may believe one dead that was frozen, or cut off from a shared folder. Asks the disk only after a long silence. */
  isHeld(): Promise<boolean>
  /** Gives it up: the file is removed, unless another process has taken it meanwhile. */
  release(): Promise<void>
}

/** A living process has the lock. */
export class LockedError extends OrkitError {
  override get kind(): string { return 'LockedError' }
  constructor(
    message: string,
    /** The process that has it; undefined when it cannot be told which. */
    readonly holder: Holder | undefined,
  ) {
    super(message)
  }
}

/** The process that has a lock, told so exactly that another one of its number is not taken for it. */
export interface Holder {
  /** Its number, within `space`. */
  readonly pid: number
  /** Name of the machine. */
  readonly host: string
  /** Id of the machine's boot, where the system tells (Linux): after a restart nobody holds it. */
  readonly boot?: string
  /** Namespace that the number counts in: containers may share a host's name. */
  readonly space?: string
  /** When the process started, in clock ticks since boot, where the system tells (Linux). */
  readonly started?: string
  /** When the file was written, as ISO 8601. */
  readonly since: string
}

const RENEW = 20_000
/** Without renewal for so long, a holder on another host, or in another container, counts as dead. */
const LEASE = 120_000
/** A lock file that is still empty belongs to someone who is just writing it. */
const WRITING = 5_000

/**
 * Takes a lock file that dies with its holder: it names the process (host, boot, number, start), so that a dead holder is told from a living
 * one at once, and is renewed every 20 seconds, so that one on another host or in another container counts as dead after two minutes. `what` names the thing in errors.
 * Rejects with `LockedError` while the holder lives; the folder must exist.
 */
export async function acquireLock(file: string, what: string): Promise<Lock> {
  let mine = await create(file) ?? await takeOver(file, what)
  const isMine = async () => (await readFile(file, 'utf8').catch(() => '')) === mine
  let renewedAt = Date.now()
  let renewing: Promise<boolean> | undefined
  const renew = () => (renewing ??= (async () => {
    if (await isMine()) {
      const now = new Date()
      await utimes(file, now, now)
    } else {
      // Somebody may have tidied it away, and nobody taken it; after a lease another may have taken it, and be through with it.
      const again = Math.abs(Date.now() - renewedAt) < LEASE ? await create(file) : undefined
      if (again === undefined) return false
      mine = again
    }
    renewedAt = Date.now()
    return true
  })().finally(() => (renewing = undefined)))
  const timer = setInterval(() => void renew().catch(() => {}), RENEW)
  timer.unref()
  return {
    isHeld: async () => Math.abs(Date.now() - renewedAt) < LEASE / 2 || renew(),
    async release() {
      clearInterval(timer)
      await renewing?.catch(() => {})
      // Only what is still ours: another may have given us up.
      if (await isMine()) await rm(file, { force: true })
    },
  }
}

async function takeOver(file: string, what: string): Promise<string> {
  await refuseLiving(file, what)
  // Only one process at a time may remove a dead lock, or it could remove the successor's.
  const guard = `${file}.takeover`
  if ((await create(guard)) === undefined) {
    const dead = await refuseLiving(guard, what)
    if (dead !== undefined && !(await steal(guard, dead))) throw taken(what, undefined)
    if ((await create(guard)) === undefined) throw taken(what, await holderOf(guard))
  }
  try {
    const dead = await refuseLiving(file, what)
    if (dead !== undefined && !(await steal(file, dead))) throw taken(what, await holderOf(file))
    const mine = await create(file)
    if (mine === undefined) throw taken(what, await holderOf(file))
    return mine
  } finally {
    await rm(guard, { force: true })
  }
}

const taken = (what: string, holder: Holder | undefined) => new LockedError(`${what} was taken by another process`, holder)

/** Resolves with the text of a dead lock, or undefined when there is none; refuses a living one. */
async function refuseLiving(file: string, what: string): Promise<string | undefined> {
  for (const began = performance.now(); ;) {
    const age = await ageOf(file)
    if (age === undefined) return undefined
    const text = await readFile(file, 'utf8').catch(() => '')
    const holder = parse(text)
    // Its time may lie in the future, when a clock was set back.
    if (holder === undefined && age < WRITING && performance.now() - began < WRITING) {
      // Someone is just writing it, or died at that: which of the two shows in a moment.
      await new Promise((resolve) => setTimeout(resolve, 50))
      continue
    }
    if (holder === undefined || !isAlive(holder, age)) return text
    throw new LockedError(`${what} is in use by process ${holder.pid} on ${holder.host}, since ${holder.since}`, holder)
  }
}

/** Removes a dead lock, and nothing else: what was put in its place meanwhile is put back. */
async function steal(file: string, dead: string): Promise<boolean> {
  const away = `${file}.${process.pid}`
  try {
    await rename(file, away)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
  const was = await readFile(away, 'utf8')
  if (was !== dead) await link(away, file).catch(() => {})
  await rm(away, { force: true })
  return was === dead
}

function isAlive(holder: Holder, age: number): boolean {
  const me = self()
  if (holder.host !== me.host) return age < LEASE
  if (holder.boot !== me.boot) return false
  // Numbers of another container say nothing here.
  if (holder.space !== undefined && holder.space !== me.space) return age < LEASE
  if (!processExists(holder.pid)) return false
  return holder.started === undefined || holder.started === startOf(holder.pid)
}

/** What was written into the new file; undefined when there is one. */
async function create(file: string): Promise<string | undefined> {
  const text = JSON.stringify(self())
  try {
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

async function holderOf(file: string): Promise<Holder | undefined> {
  return parse(await readFile(file, 'utf8').catch(() => ''))
}

function parse(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder>
    return typeof value.pid === 'number' && typeof value.host === 'string' ? (value as Holder) : undefined
  } catch {
    return undefined
  }
}

async function ageOf(file: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(file)).mtimeMs
  } catch {
    return undefined
  }
}

function self(): Holder {
  const [boot, space, started] = [bootId(), spaceId(), startOf(process.pid)]
  return { pid: process.pid, host: hostname(), ...(boot === undefined ? {} : { boot }), ...(space === undefined ? {} : { space }), ...(started === undefined ? {} : { started }), since: new Date().toISOString() }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Ticks between boot and the start of a process, where the system tells. */
function startOf(pid: number): string | undefined {
  // The name of the program stands in brackets and may hold anything; the 22nd field counts from there.
  return readText(`/proc/${pid}/stat`)?.replace(/^.*\) /s, '').split(' ')[19]
}

function spaceId(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

const bootId = () => readText('/proc/sys/kernel/random/boot_id')?.trim()

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
