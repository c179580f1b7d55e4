/** Schemas as a reader needs them: everything described, nothing in an answer closed. */

import { answerSchemas } from '../answers.js'
import { fileOfSchema } from '../load.js'
import type { Model } from '../model.js'
import type { Schema } from '../openapi.js'
import { resolveSchema, typesOf } from '../refs.js'
import type { Report } from '../report.js'
import { isUnmarked } from '../secrets.js'

const UNMARKED = 'is called a secret: mark it with `format: password` (or `x-secret: true` where the format says something else), or say `x-secret: false`'

export function checkSchemas(model: Model, report: Report): void {
  const answers = answerSchemas(model.document)
  for (const [name, schema] of Object.entries(model.document.components.schemas ?? {})) {
    const file = fileOfSchema(model.source, name)
    if (schema.description === undefined && schema.$ref === undefined) report.add(file, name, 'has no description')
    visit(schema, '', (part, path, property) => {
      const where = `${name}${path}`
      if (property && part.description === undefined && resolveSchema(model.document, part).description === undefined) report.add(file, where, 'has no description')
      if (part.example !== undefined || part.examples !== undefined) report.add(file, where, 'has an example of its own; examples stand beside the schema of a body, response or parameter')
      const member = path.slice(path.lastIndexOf('/') + 1)
      if (property && isUnmarked(member, part)) report.add(file, where, UNMARKED)
      if (part['x-extensible-enum'] !== undefined && !typesOf(part).includes('string')) report.add(file, where, 'has x-extensible-enum without `type: string`')
      if (part['x-extensible-enum'] !== undefined && part.enum !== undefined) report.add(file, where, 'has both enum and x-extensible-enum; keep the one that is true')
      if (answers.has(name) && part.additionalProperties === false) report.add(file, where, 'is part of an answer and says additionalProperties: false; answers are open, so remove it')
    })
  }
  for (const operation of model.operations) {
    for (const { name, description, schema } of operation.parameters) {
      if (description === '') report.add(operation.file, operation.where, `parameter \`${name}\` has no description`)
      if (isUnmarked(name, schema)) report.add(operation.file, operation.where, `parameter \`${name}\` ${UNMARKED}`)
    }
    for (const content of [operation.body?.json?.schema, operation.body?.multipart?.schema, ...operation.json.map((body) => body.schema)]) {
      if (content === undefined) continue
      visit(content, '', (part, path, property) => {
        if (property && part.description === undefined && resolveSchema(model.document, part).description === undefined && !isPayload(model, operation.wrapped, path)) report.add(operation.file, operation.where, `the property ${path} of an inline schema has no description`)
      })
    }
  }
}

function isPayload(model: Model, wrapped: boolean, path: string): boolean {
  return wrapped && path === model.document['x-orkit'].envelope.payload
}

function visit(schema: Schema, path: string, see: (part: Schema, path: string, property: boolean) => void, property = false): void {
  if (typeof schema !== 'object' || schema === null) return
  see(schema, path, property)
  for (const [name, member] of Object.entries(schema.properties ?? {})) visit(member, `${path}/${name}`, see, true)
  if (schema.items !== undefined) visit(schema.items, `${path}/*`, see)
  if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, `${path}/*`, see)
  for (const part of [...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) visit(part, path, see)
}
