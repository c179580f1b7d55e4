/** One system from its sources to the contents of its generated files. Nothing is written here. */

import { assemble } from './assemble.js'
import { emitManifest } from './emit/manifest.js'
import { emitOperations } from './emit/operations.js'
import { emitRoutes } from './emit/routes.js'
import { emitReference } from './emit/reference.js'
import { emitResources } from './emit/resources.js'
import { emitSchemas } from './emit/schemas.js'
import { emitSeed } from './emit/seed.js'
import { emitTypes } from './emit/types.js'
import { fileOfSchema, loadSystem } from './load.js'
import { buildModel, type Model } from './model.js'
import { outputPath } from './outputs.js'
import { ValidatorSet } from './validators/set.js'
import type { Report } from './report.js'

/** The model of a system; undefined when its sources are broken (the report says how). */
export function readSystem(specRoot: string, system: string, report: Report): Model | undefined {
  const source = loadSystem(specRoot, system, report)
  if (source === undefined || report.failed) return undefined
  const document = assemble(source, report)
  const model = buildModel(source, document, report)
  return report.failed ? undefined : model
}

export async function generateSystem(model: Model, report: Report): Promise<Map<string, string>> {
  const { system, document } = model
  const outputs = new Map<string, string>()
  const emit = async (file: string, content: () => string | Promise<string>): Promise<void> => {
    try {
      outputs.set(file, await content())
    } catch (error) {
      report.add(model.source.mainFile, file, `cannot be generated: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  await emit(outputPath.document(system), () => `${JSON.stringify(document, null, 1)}\n`)
  await emit(outputPath.types(system), () => emitTypes(document))
  await emit(outputPath.operations(system), () => emitOperations(model))
  await emit(outputPath.resources(system), () => emitResources(model))
  const validators = new ValidatorSet(document, (where, message) => {
    const operation = model.operations.find((one) => where.startsWith(one.where))
    report.add(operation?.file ?? fileOfSchema(model.source, where.replace(/_request$/, '')), where, message)
  })
  await emit(outputPath.routes(system), () => emitRoutes(model, validators))
  await emit(outputPath.validators(system), () => validators.emit())
  await emit(outputPath.schemas(system), () => emitSchemas(model))
  await emit(outputPath.manifest(system), () => emitManifest(model, report))
  await emit(outputPath.reference(system), () => emitReference(model))
  const seed = emitSeed(model, report)
  if (seed !== undefined) outputs.set(outputPath.seed(system), seed)
  return outputs
}
