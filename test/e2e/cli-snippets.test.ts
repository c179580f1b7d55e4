import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root, server, start } from './support/cli.js'
import { commandsOf } from './snippets.js'

/** Every console snippet about the command line, in a shell, against the reference server. */
const files = ['docs/cli.md', 'packages/cli/README.md']
const folder = mkdtempSync(join(tmpdir(), 'orkit-cli-snippets-'))
let served: Awaited<ReturnType<typeof server>>

beforeAll(async () => {
  served = await server()
  cpSync(join(root, 'examples/documents'), join(folder, 'examples/documents'), { recursive: true })
}, 60_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await served.mock.close()
})

it.each(files)('%s marks all of them as runnable, but for what installs', (file) => {
  const text = readFileSync(join(root, file), 'utf8')
  const blocks = [...text.matchAll(/(<!-- runnable -->\s*)?```console\n([\s\S]*?)^```$/gm)].filter(([, , code]) => !code!.startsWith('$ npm install '))
  expect(blocks.length).toBeGreaterThan(0)
  for (const [, runnable, code] of blocks) expect(runnable, code).toBeDefined()
})

it.each(files.flatMap((file) => commandsOf(file).map((command) => [file, command] as const)))('%s: %s', { timeout: 60_000 }, async (_, command) => {
  const { code, out, err } = await start(['-c', command], { command: 'sh', cwd: folder, env: { ...served.env, no_proxy: '*', PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}` } }).ended
  expect(code, err).toBe(0)
  // What goes into a file leaves nothing to see.
  if (!/ > |--out-file/.test(command)) expect(out.trim()).not.toBe('')
})
