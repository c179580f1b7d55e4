import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { documents } from '../docs/generate.js'
import { exec, missing } from './built.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

it.each([...documents().keys()])('%s is as `pnpm docs:cli` makes it', (path) => {
  expect(readFileSync(join(root, path), 'utf8') === documents().get(path), `${path} is stale: run pnpm docs:cli`).toBe(true)
})

it.skipIf(missing('groff'))('man pages are pages to groff', async () => {
  for (const path of documents().keys()) {
    if (!path.endsWith('.1')) continue
    const { code, err, out } = await exec('groff', ['-man', '-ww', '-Tutf8', '-P-c', '-P-b', '-P-o', '-P-u', join(root, path)], { env: { LANG: 'C.UTF-8' } })
    expect([code, err.split('\n').filter((line) => /error|macro/.test(line))], path).toEqual([0, []])
    expect(out).toContain('EXIT STATUS')
  }
})
