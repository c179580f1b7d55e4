import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import type { Readable } from 'node:stream'
import { show } from './record.js'

/** What programs that a test starts write to stderr: results, which may be secrets that were asked for, go to stdout. */
export function watchChildren(): void {
  const { prototype } = childProcess.ChildProcess as unknown as { prototype: { spawn(options: object): number; stderr: Readable | null } }
  const spawn = prototype.spawn
  prototype.spawn = function (options) {
    const result = spawn.call(this, options)
    const stderr = this.stderr
    if (stderr) {
      // Before anybody reads: a listener would set the stream going, and its first words would be lost to the test.
      const push = stderr.push
      let text = ''
      stderr.push = function (chunk: Buffer | null, encoding?: BufferEncoding) {
        if (chunk !== null) text += chunk.toString('utf8')
        else if (text !== '') show('child', text)
        return push.call(this, chunk, encoding)
      }
    }
    return result
  }
  for (const name of ['spawnSync', 'execFileSync'] as const) {
    const run = childProcess[name] as (...given: unknown[]) => unknown
    ;(childProcess as unknown as { [name: string]: unknown })[name] = (...given: unknown[]) => {
      try {
        const result = run(...given)
        if (name === 'spawnSync') show('child', String((result as { stderr?: unknown }).stderr ?? ''))
        return result
      } catch (error) {
        show('child', String((error as { stderr?: unknown }).stderr ?? ''))
        throw error
      }
    }
  }
  syncBuiltinESMExports()
}
