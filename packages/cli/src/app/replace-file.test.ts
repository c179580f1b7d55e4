import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { replaceFile } from './replace-file.js'

it('replaces a file as a whole; a failure leaves what was there, and nothing beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orkit-replace-'))
  const file = join(folder, 'a')
  writeFileSync(file, 'old', { mode: 0o644 })
  await replaceFile(file, 'new', { mode: 0o600, synced: true })
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['new', 0o600])
  // A folder with something in it cannot be replaced.
  mkdirSync(join(folder, 'b', 'c'), { recursive: true })
  await expect(replaceFile(join(folder, 'b'), 'new')).rejects.toThrow()
  await expect(replaceFile(join(folder, 'none', 'd'), 'new')).rejects.toThrow('ENOENT')
  expect(readdirSync(folder).toSorted()).toEqual(['a', 'b'])
})
