import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bin, exec, isBuilt } from './built.js'

const home = mkdtempSync(join(tmpdir(), 'orkit-process-'))
const env = { HOME: home, XDG_STATE_HOME: join(home, 'state') }
/** A line of the shell in which `orkit` is the built program. */
const sh = (line: string) => exec('bash', ['-c', `orkit() { ${process.execPath} ${bin} "$@"; }; ${line}`], { env })

/** Starts the program, does something to it when it runs, and gives its end. */
const disturbed = (args: readonly string[], disturb: (child: ReturnType<typeof spawn>) => void) =>
  new Promise<{ code: number | null; out: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { env: { PATH: process.env['PATH'], ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    child.stdout!.on('data', (chunk) => (out += String(chunk)))
    child.stdin!.on('error', () => {})
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out }))
    disturb(child)
  })

describe.skipIf(!isBuilt && !process.env['CI'])('the process', () => {
  it.skipIf(!existsSync('/dev/full'))('says that a disk is full, in one line', async () => {
    const { code, err } = await sh('orkit orckai agents list --mock > /dev/full')
    expect([code, err]).toEqual([1, 'error: ENOSPC: no space left on device, write\n  code        ENOSPC\n'])
  })

  it('does what it was asked also where nobody reads stderr, and its exit code stays what it is', async () => {
    const deaf = (...args: string[]) => disturbed(args, (child) => void child.stderr!.destroy())
    expect((await deaf('orckai', 'agents', 'get', 'nobody', '--mock')).code).toBe(4)
    expect((await deaf('orckai', 'agents', 'lst')).code).toBe(2)
    const signedUp = await deaf('flexorch', 'auth', 'signup', '--email', 'new@example.com', '--password', 'a long password', '--base-url', 'http://127.0.0.1:9', '--max-retries', '0')
    // The warning about the password is for nobody; the request is made all the same.
    expect(signedUp.code).toBe(7)
    const debugged = await deaf('orckai', 'agents', 'list', '--mock', '--debug')
    expect([debugged.code, JSON.parse(debugged.out)]).toEqual([0, expect.any(Array)])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 130 at the first %s while it waits for stdin', async (signal) => {
    const { code } = await disturbed(['orckai', 'agents', 'create', '--mock', '--body', '-'], (child) => {
      // More than a pipe holds: once it is written, somebody reads.
      child.stdin!.write(' '.repeat(1 << 20), () => child.kill(signal))
    })
    expect(code).toBe(130)
  })
})
