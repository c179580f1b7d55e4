/** Every `x-orkit` of the sources against spec/x-orkit.schema.json. */

import { readFileSync } from 'node:fs'
import Ajv2020Module, { type ErrorObject } from 'ajv/dist/2020.js'
import { eachOperation } from '../assemble.js'
import { fileOfOperation, type Source } from '../load.js'
import type { Report } from '../report.js'

const Ajv2020 = (Ajv2020Module as unknown as { default?: typeof Ajv2020Module }).default ?? Ajv2020Module

export type ExtensionCheck = (source: Source, report: Report) => void

export function extensionCheck(schemaFile: string): ExtensionCheck {
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as { $id: string }
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false })
  ajv.addSchema(schema)
  const part = (name: string): ((value: unknown) => string[]) => {
    const validate = ajv.compile({ $ref: `${schema.$id}#/$defs/${name}` })
    return (value) => (validate(value) === true ? [] : describe(validate.errors ?? []))
  }
  const [document, operation, defaults] = [part('document'), part('operation'), part('defaults')]
  return (source, report) => {
    for (const fault of document(source.document['x-orkit'])) report.add(source.mainFile, 'x-orkit', fault)
    for (const fault of defaults(source.document['x-orkit-defaults'] ?? {})) report.add(source.mainFile, 'x-orkit-defaults', fault)
    for (const { path, method, operation: object } of eachOperation(source.document)) {
      for (const fault of operation(object['x-orkit'] ?? {})) report.add(fileOfOperation(source, method, path), `${method.toUpperCase()} ${path}`, `x-orkit: ${fault}`)
    }
  }
}

function describe(errors: ErrorObject[]): string[] {
  return [...new Set(errors.map(({ instancePath, message, params }) => {
    const extra = (params as { additionalProperty?: string; allowedValues?: unknown[] })
    const detail = extra.additionalProperty ?? extra.allowedValues?.join(', ')
    return `${instancePath === '' ? 'it' : instancePath} ${message ?? 'is not valid'}${detail === undefined ? '' : ` (${detail})`}`
  }))]
}
