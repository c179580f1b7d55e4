/**
 * `pnpm generate [--only <system>] [--check]`: documents -> everything generated from them.
 * Without `--check` files are written; with it, stale files are listed and the exit code is 1. A system whose sources are
 * broken keeps its old files and does not stop the others.
 */

import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { hasSystem, SYSTEMS } from './load.js'
import { formatProblem, Report } from './report.js'
import { generateSystem, readSystem } from './system.js'
import { generatedSystems, removeStale, writeOutputs } from './write.js'

const root = resolve(import.meta.dirname, '../..')
const specRoot = join(root, 'spec')

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, check: { type: 'boolean', default: false } } })
const { check } = values
const unknown = (values.only ?? []).filter((name) => !(SYSTEMS as readonly string[]).includes(name))
if (unknown.length > 0) {
  console.error(`generate: no such system: ${unknown.join(', ')}; there are ${SYSTEMS.join(', ')}`)
  process.exit(2)
}

let failed = false
const stale: string[] = []
for (const system of values.only ?? SYSTEMS) {
  if (!hasSystem(specRoot, system)) { console.log(`${system}: skipped, spec/${system}/openapi.yaml does not exist`); continue }
  const report = new Report()
  const started = performance.now()
  const model = readSystem(specRoot, system, report)
  const outputs = model === undefined ? undefined : await generateSystem(model, report)
  if (report.failed || outputs === undefined || model === undefined) {
    failed = true
    console.error(`${system}: ${report.problems.length} problem${report.problems.length === 1 ? '' : 's'}, nothing generated`)
    for (const problem of report.problems) console.error(`  ${formatProblem(problem)}`)
    continue
  }
  const { written } = writeOutputs(root, outputs, check)
  const removed = removeStale(root, system, outputs, check)
  stale.push(...written, ...removed)
  const schemas = Object.keys(model.document.components.schemas ?? {}).length
  console.log(`${system}: ${model.operations.length} operations, ${schemas} schemas, ${written.length} of ${outputs.size} files ${check ? 'stale' : 'written'} (${Math.round(performance.now() - started)} ms)`)
}

if (values.only === undefined) {
  for (const system of generatedSystems(root)) if (!hasSystem(specRoot, system)) stale.push(...removeStale(root, system, new Map(), check))
}
if (check && stale.length > 0) {
  failed = true
  console.error(`Not up to date; run \`pnpm generate\`:\n${stale.map((file) => `  ${file}`).join('\n')}`)
}
process.exitCode = failed ? 1 : 0
