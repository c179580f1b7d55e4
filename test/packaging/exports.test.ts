import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, it } from 'vitest'
import { entriesOf, folderOf, manifestOf, packed, run } from './packed.js'

const here = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

describe.each(['@orkit/sdk', '@orkit/mock', '@orkit/cli'])('%s as packed', (name) => {
  it('has nothing that publint would change', async () => {
    const { messages, pkg } = await publint({ pkgDir: folderOf(name), strict: true, pack: false })
    // The server's CommonJS file is one line that holds the vendors' texts; publint takes words in them for ESM code. That it can be required is tested below.
    const mistaken = (message: (typeof messages)[number]) => message.code === 'FILE_INVALID_EXPLICIT_FORMAT' && name === '@orkit/mock'
    expect(messages.filter((message) => !mistaken(message)).map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it('depends on no workspace and carries no sources, tests or paths of this machine', async () => {
    const list = (await run('tar', ['-tzf', packed().tarballs[name]!])).trim().split('\n')
    expect(list.filter((file) => /(^|\/)(src|test|node_modules)\/|\.test\.|\.map$|tsconfig/.test(file))).toEqual([])
    expect(JSON.stringify(manifestOf(name).dependencies ?? {})).not.toMatch(/workspace:|link:|file:/)
    expect(await run('grep', ['-rlE', `${here}/packages/|/home/[a-z]+/`, folderOf(name)]).catch((error: Error) => (/exit code 1|Command failed/.test(error.message) ? '' : error.message))).toBe('')
  })
})

describe.each(['@orkit/sdk', '@orkit/mock'])('%s: types', (name) => {
  it('are right under node10, node16 and bundler resolution', async () => {
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(packed().tarballs[name]!))), { excludeEntrypoints: ['./package.json'] })
    if (result.types === false) throw new Error('the package has no types')
    expect(result.problems.map((problem) => JSON.stringify(problem))).toEqual([])
    expect(Object.keys(result.entrypoints)).toHaveLength(entriesOf(name).length)
  })
})

describe('every entry', () => {
  const names = ['@orkit/sdk', '@orkit/mock']

  it('can be imported and required, with the same names, and does nothing by itself', async () => {
    const entries = names.flatMap(entriesOf)
    const program = `
      const entries = ${JSON.stringify(entries)}
      const { createRequire } = require('node:module')
      // A timer or a random number at import fails in the global scope of Workers.
      const refuse = (name) => () => { throw new Error(name + ' while importing') }
      const kept = { setTimeout, setInterval, random: Math.random }
      globalThis.setTimeout = refuse('setTimeout'); globalThis.setInterval = refuse('setInterval'); Math.random = refuse('Math.random')
      const uuid = crypto.randomUUID; crypto.randomUUID = refuse('randomUUID')
      ;(async () => {
        const differs = []
        for (const entry of entries) {
          const required = Object.keys(require(entry)).filter((name) => name !== 'default' && name !== '__esModule').sort()
          const imported = Object.keys(await import(entry)).filter((name) => name !== 'default' && name !== 'module.exports').sort()
          if (required.length === 0 || String(required) !== String(imported)) differs.push(entry + ': ' + required + ' / ' + imported)
        }
        console.log(JSON.stringify(differs))
      })()`
    const printed = await run(process.execPath, ['-e', program])
    expect(JSON.parse(printed)).toEqual([])
  })

  it('leaves nothing running', async () => {
    const imports = names.flatMap(entriesOf).map((entry) => `await import(${JSON.stringify(entry)});`).join('')
    expect(await run(process.execPath, ['--input-type=module', '-e', `${imports} console.log('end')`], { timeout: 20_000 })).toBe('end\n')
  })
})

it('the commands of the CLI start', async () => {
  for (const [command, file] of Object.entries(manifestOf('@orkit/cli').bin!)) {
    expect(await run(process.execPath, [`${folderOf('@orkit/cli')}/${file}`, '--help']), command).toMatch(/Usage: /)
  }
})

it('a package without its types is not packed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orkit-unpackable-'))
  const check = () => run(process.execPath, [join(here, 'tools', 'packable.mjs')], { cwd: folder })
  cpSync(join(folderOf('@orkit/sdk'), 'package.json'), join(folder, 'package.json'))
  cpSync(join(folderOf('@orkit/sdk'), 'dist'), join(folder, 'dist'), { recursive: true })
  await check()
  rmSync(join(folder, 'dist', 'index.d.ts'))
  await expect(check()).rejects.toThrow('@orkit/sdk: not packed, ./dist/index.d.ts not built. Build first: pnpm build')
  rmSync(folder, { recursive: true })
})
