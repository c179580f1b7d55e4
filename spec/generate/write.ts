/** Writes outputs only when they changed, and finds those that no source stands behind any more. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemOutputs } from './outputs.js'

export interface Outcome { written: string[]; unchanged: number; removed: string[] }

/** With `check`, nothing is touched: `written` and `removed` say what would be. */
export function writeOutputs(root: string, outputs: ReadonlyMap<string, string>, check: boolean): Outcome {
  const outcome: Outcome = { written: [], unchanged: 0, removed: [] }
  for (const [file, content] of outputs) {
    const path = join(root, file)
    if (existsSync(path) && readFileSync(path, 'utf8') === content) { outcome.unchanged++; continue }
    outcome.written.push(file)
    if (check) continue
    mkdirSync(dirname(path), { recursive: true })
    // Through a rename, so that a reader never sees half a file.
    const temporary = `${path}.${process.pid}.tmp`
    writeFileSync(temporary, content)
    renameSync(temporary, path)
  }
  return outcome
}

/** Generated files of `system` that are not among `outputs`. */
export function removeStale(root: string, system: string, outputs: ReadonlyMap<string, string>, check: boolean): string[] {
  const stale = systemOutputs(system).filter((file) => !outputs.has(file) && existsSync(join(root, file)))
  if (!check) for (const file of stale) rmSync(join(root, file))
  return stale
}

/** Names of systems that have generated files in the tree. */
export function generatedSystems(root: string): string[] {
  const names = new Set<string>()
  const list = (folder: string): string[] => (statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory() ? readdirSync(join(root, folder)) : [])
  for (const folder of ['spec/dist', 'packages/cli/src/manifest']) for (const file of list(folder)) if (file.endsWith('.gen.json')) names.add(file.slice(0, -'.gen.json'.length))
  for (const folder of ['packages/sdk/src/systems', 'packages/mock/src/systems']) {
    for (const system of list(folder)) if (list(`${folder}/${system}`).some((file) => /\.gen\.(ts|json)$/.test(file))) names.add(system)
  }
  return [...names].toSorted()
}
