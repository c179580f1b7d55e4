import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'

/** The packed packages, for tests. */
export const packed = () => inject('packed')

export interface Manifest {
  name: string
  exports: Record<string, string | Record<string, unknown>>
  dependencies?: Record<string, string>
  bin?: Record<string, string>
}

export const folderOf = (name: string) => join(packed().project, 'node_modules', name)
export const manifestOf = (name: string) => JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8')) as Manifest

/** The entries with code, as they are imported: `@orkit/sdk/orca`. */
export const entriesOf = (name: string) => Object.keys(manifestOf(name).exports).filter((path) => path !== './package.json').map((path) => name + path.slice(1))

/** Runs a program to its end and gives what it printed; a failure says all of it. */
export async function run(command: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string>; timeout?: number } = {}): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd: options.cwd ?? packed().project, env: { ...process.env, ...options.env }, timeout: options.timeout ?? 120_000, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string }
    throw new Error([message, stdout, stderr].filter(Boolean).join('\n'), { cause: error })
  }
}
