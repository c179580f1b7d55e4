import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { acquireLock, type Holder } from './lock.js'

const fresh = () => join(mkdtempSync(join(tmpdir(), 'orkit-lock-')), 'j.lock')

async function ownHolder(): Promise<Holder> {
  const file = fresh()
  const lock = await acquireLock(file, 'it')
  const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder
  await lock.release()
  expect(existsSync(file)).toBe(false)
  return holder
}

describe('lock', () => {
  it('is refused while its holder lives, naming it', async () => {
    const file = fresh()
    const lock = await acquireLock(file, 'run.journal')
    await expect(acquireLock(file, 'run.journal')).rejects.toThrow(`run.journal is in use by process ${process.pid}`)
    await lock.release()
    await (await acquireLock(file, 'run.journal')).release()
  })

  it('is taken over from the dead: gone, another process of that number, another boot', async () => {
    const holder = await ownHolder()
    const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid']).toString())
    for (const stale of [{ ...holder, pid: dead }, { ...holder, started: '1' }, { ...holder, boot: 'before' }]) {
      const file = fresh()
      writeFileSync(file, JSON.stringify(stale))
      await (await acquireLock(file, 'it')).release()
    }
  })

  it('of another host holds until it was not renewed for long', async () => {
    const file = fresh()
    writeFileSync(file, JSON.stringify({ ...(await ownHolder()), host: 'elsewhere' }))
    await expect(acquireLock(file, 'it')).rejects.toThrow('on elsewhere')
    const before = new Date(Date.now() - 300_000)
    utimesSync(file, before, before)
    await (await acquireLock(file, 'it')).release()
  })

  it('of another container holds as one of another host does: its number says nothing here', async () => {
    const holder = await ownHolder()
    const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid']).toString())
    const file = fresh()
    writeFileSync(file, JSON.stringify({ ...holder, pid: dead, space: 'pid:[1]' }))
    await expect(acquireLock(file, 'it')).rejects.toThrow(`in use by process ${dead}`)
    const before = new Date(Date.now() - 300_000)
    utimesSync(file, before, before)
    await (await acquireLock(file, 'it')).release()
  })

  it('that another has taken meanwhile is not held, and not removed, though that one has the same number', async () => {
    const file = fresh()
    const lock = await acquireLock(file, 'it')
    expect(await lock.isHeld()).toBe(true)
    const other = JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as Holder), host: 'elsewhere' })
    writeFileSync(file, other)
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 600_000)
    expect(await lock.isHeld()).toBe(false)
    now.mockRestore()
    await lock.release()
    expect(readFileSync(file, 'utf8')).toBe(other)
  })

  it('that was tidied away is made anew', async () => {
    const file = fresh()
    const lock = await acquireLock(file, 'it')
    rmSync(file)
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 90_000)
    expect(await lock.isHeld()).toBe(true)
    now.mockRestore()
    await expect(acquireLock(file, 'it')).rejects.toThrow(`in use by process ${process.pid}`)
    await lock.release()
    expect(existsSync(file)).toBe(false)
  })

  it('that is gone after so long a silence that another may have taken it, and be through with it, is not made anew', async () => {
    const file = fresh()
    const lock = await acquireLock(file, 'it')
    rmSync(file)
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 600_000)
    expect(await lock.isHeld()).toBe(false)
    now.mockRestore()
    expect(existsSync(file)).toBe(false)
    await lock.release()
  })

  it('that stays empty is taken even when its time lies in the future', { timeout: 20_000 }, async () => {
    const file = fresh()
    writeFileSync(file, '')
    const later = new Date(Date.now() + 86_400_000)
    utimesSync(file, later, later)
    await (await acquireLock(file, 'it')).release()
  })

  it('that is just being written is waited for; one that stays empty is taken', async () => {
    const file = fresh()
    writeFileSync(file, '')
    const holder = await ownHolder()
    setTimeout(() => writeFileSync(file, JSON.stringify(holder)), 200)
    await expect(acquireLock(file, 'it')).rejects.toThrow(`in use by process ${process.pid}`)
    writeFileSync(file, '')
    const before = new Date(Date.now() - 60_000)
    utimesSync(file, before, before)
    await (await acquireLock(file, 'it')).release()
  })

  it('is taken at once when the one that was taking it over died at that', async () => {
    const file = fresh()
    const dead = JSON.stringify({ ...(await ownHolder()), boot: 'before' })
    writeFileSync(file, dead)
    writeFileSync(`${file}.takeover`, dead)
    await (await acquireLock(file, 'it')).release()
    expect(readdirSync(dirname(file))).toEqual([])
  })

  it('dies with a killed holder', async () => {
    const file = fresh()
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    writeFileSync(file, JSON.stringify({ ...(await ownHolder()), pid: child.pid, started: undefined }))
    await expect(acquireLock(file, 'it')).rejects.toThrow(`process ${child.pid}`)
    const gone = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGKILL')
    await gone
    await (await acquireLock(file, 'it')).release()
  })

  it('is given to one of many that find it stale', async () => {
    const file = fresh()
    writeFileSync(file, JSON.stringify({ ...(await ownHolder()), boot: 'before' }))
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(file, 'it')))
    const won = tries.filter((each) => each.status === 'fulfilled')
    expect(won).toHaveLength(1)
    await won[0]!.value.release()
  })
})
