import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

/** Packs the three packages once, and unpacks them as a user's project has them: nothing of the workspace is reachable from there. */

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Packed {
  /** A project with the packages in its `node_modules`, and of their dependencies only those that they declare. */
  readonly project: string
  /** Package name -> its tarball. */
  readonly tarballs: Readonly<Record<string, string>>
}

declare module 'vitest' {
  interface ProvidedContext { packed: Packed }
}

/** The packages, with the peers that a user adds to use all of them. */
const packages = [
  { folder: 'packages/sdk', built: ['dist/index.d.ts', 'dist/index.d.cts', 'dist/index.cjs'], peers: ['openapi-fetch', 'ws', 'zod'] },
  { folder: 'packages/mock', built: ['dist/index.d.ts', 'dist/index.cjs', 'dist/browser.js'], peers: ['msw'] },
  { folder: 'packages/cli', built: ['dist'], peers: [] },
] as const

export default function setup(vitest: TestProject): () => void {
  const project = mkdtempSync(join(tmpdir(), 'orkit-packed-'))
  const tarballs: Record<string, string> = {}
  for (const { folder, built, peers } of packages) {
    const from = join(root, folder)
    if (!built.every((file) => existsSync(join(from, file)))) pnpm(from, ['run', 'build'])
    const into = join(project, '.tarballs', folder)
    mkdirSync(into, { recursive: true })
    pnpm(from, ['pack', '--pack-destination', into])
    const tarball = join(into, readdirSync(into).find((name) => name.endsWith('.tgz'))!)
    run('tar', ['-xzf', tarball, '-C', into], project)
    const manifest = JSON.parse(readFileSync(join(into, 'package', 'package.json'), 'utf8')) as { name: string; dependencies?: Record<string, string> }
    tarballs[manifest.name] = tarball
    const target = join(project, 'node_modules', manifest.name)
    mkdirSync(dirname(target), { recursive: true })
    renameSync(join(into, 'package'), target)
    for (const name of [...Object.keys(manifest.dependencies ?? {}), ...peers]) {
      const link = join(project, 'node_modules', name)
      if (name.startsWith('@orkit/') || existsSync(link)) continue
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(realpathSync(join(from, 'node_modules', name)), link)
    }
  }
  vitest.provide('packed', { project, tarballs })
  return () => rmSync(project, { recursive: true, force: true })
}

/** The pnpm that started us, or the one on the PATH. */
function pnpm(cwd: string, args: readonly string[]): void {
  const { npm_execpath: exec = '' } = process.env
  if (/pnpm\.c?js$/.test(exec)) run(process.execPath, [exec, ...args], cwd)
  else run('pnpm', args, cwd)
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} in ${cwd}: ${error?.message ?? `exit ${status}`}\n${stdout}${stderr}`)
}
