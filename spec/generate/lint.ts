/**
 * `pnpm lint:spec [--only <system>]`: the documents against OpenAPI (Redocly), our extension's schema and our own rules, every example
 * against its schema. All faults are printed; any fault fails.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checkCommands } from './lint/commands.js'
import { checkExamples } from './lint/examples.js'
import { extensionCheck } from './lint/extension.js'
import { checkOperations } from './lint/operations.js'
import { lintWithRedocly } from './lint/redocly.js'
import { checkSchemas } from './lint/schemas.js'
import { checkSeeds } from './lint/seeds.js'
import { hasSystem, loadSystem, SYSTEMS } from './load.js'
import { assemble } from './assemble.js'
import { buildModel } from './model.js'
import { formatProblem, Report } from './report.js'

const root = resolve(import.meta.dirname, '../..')
const specRoot = join(root, 'spec')
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
const checkExtension = extensionCheck(join(specRoot, 'x-orkit.schema.json'))
const folder = mkdtempSync(join(tmpdir(), 'orkit-lint-'))

async function lintSystem(system: string): Promise<boolean> {
  if (!hasSystem(specRoot, system)) { console.log(`${system}: skipped, spec/${system}/openapi.yaml does not exist`); return true }
  const report = new Report()
  let operations = 0
  const source = loadSystem(specRoot, system, report)
  if (source !== undefined) checkExtension(source, report)
  if (source !== undefined && !report.failed) {
    const document = assemble(source, report)
    const model = buildModel(source, document, report)
    operations = model.operations.length
    for (const check of [checkOperations, checkSchemas, checkExamples, checkSeeds, checkCommands]) check(model, report)
    const file = join(folder, `${system}.json`)
    writeFileSync(file, JSON.stringify(document, null, 1))
    await lintWithRedocly(root, source, file, report)
  }
  console.log(`${system}: ${operations} operations, ${report.problems.length === 0 ? 'no fault' : `${report.problems.length} faults`}\n${report.problems.map((problem) => `  ${formatProblem(problem)}\n`).join('')}`.trimEnd())
  return !report.failed
}

try {
  const results = await Promise.all((values.only ?? SYSTEMS).map(lintSystem))
  process.exitCode = results.every(Boolean) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
