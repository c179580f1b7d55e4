import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('no promise of ours rejects unobserved, whatever fails (--unhandled-rejections=strict)', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--unhandled-rejections=strict', '--expose-gc', '--import', 'tsx', fileURLToPath(new URL('unobserved.ts', import.meta.url))], {
    cwd: root, timeout: 110_000, env: { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../tsconfig.base.json', import.meta.url)) },
  })
  expect(stdout).toBe('end\n')
})
