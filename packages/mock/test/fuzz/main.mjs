// `pnpm fuzz [seconds]`: the fuzz test for a minute, or as long as asked for.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'mock', 'packages/mock/test/fuzz'], {
  cwd: root, stdio: 'inherit', env: { ...process.env, FUZZ_SECONDS: process.argv[2] ?? process.env.FUZZ_SECONDS ?? '60' },
})
process.exit(status ?? 1)
