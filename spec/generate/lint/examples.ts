/** Every example against its schema, and that there is one wherever a reader looks for it. */

import { isJson } from '../assemble.js'
import type { Model, OperationModel } from '../model.js'
import type { MediaType, Schema } from '../openapi.js'
import { deref } from '../refs.js'
import type { Report } from '../report.js'
import { ValidatorSet, type Fail } from '../validators/set.js'
import type { Variant } from '../validators/prepare.js'

export function checkExamples(model: Model, report: Report): void {
  const fail: Fail = (where, message) => report.add(model.source.mainFile, where, message)
  const validators = new ValidatorSet(model.document, fail)
  const check = (file: string, where: string, label: string, schema: Schema, value: unknown, variant: Variant): void => {
    const name = validators.use(schema, 'example', variant, where)
    for (const fault of validators.check(name, value)) report.add(file, where, `${label} does not match its schema: ${fault}`)
  }
  for (const operation of model.operations) {
    const { file, where } = operation
    const body = requestBody(model, operation)
    for (const [type, media] of Object.entries(body)) {
      if (media.schema === undefined) continue
      const examples = examplesOf(media)
      if (isJson(type) && examples.length === 0) report.add(file, where, `the ${type} request body has no example; write one beside its schema`)
      for (const [label, value] of examples) check(file, where, `${label} of the request body`, media.schema, value, 'request')
    }
    for (const { status, response } of operation.responses) {
      for (const [type, media] of Object.entries(response.content ?? {})) {
        if (!isJson(type) || media.schema === undefined) continue
        const examples = examplesOf(media)
        if (examples.length === 0 && operation.kind !== 'download') report.add(file, where, `the ${status} response has no example; write one beside its schema`)
        for (const [label, value] of examples) {
          check(file, where, `${label} of the ${status} response`, media.schema, value, 'response')
          if (Number(status) >= 400) checkErrorCode(model, operation, status, value, report)
        }
      }
    }
    for (const { name, schema, object } of operation.parameters) {
      for (const [label, value] of examplesOf(object)) check(file, where, `${label} of parameter ${name}`, schema, value, 'request')
    }
  }
  for (const [event, item] of Object.entries(model.document.webhooks ?? {})) {
    for (const [type, media] of Object.entries(item.post?.requestBody?.content ?? {})) {
      if (!isJson(type) || media.schema === undefined) continue
      for (const [label, value] of examplesOf(media)) check(model.source.mainFile, `webhook ${event}`, label, media.schema, value, 'response')
    }
  }
}

function requestBody(model: Model, operation: OperationModel): Record<string, MediaType> {
  const object = model.document.paths[operation.path]?.[operation.method.toLowerCase() as 'get']?.requestBody
  return object === undefined ? {} : deref(model.document, object).content ?? {}
}

function examplesOf(holder: { example?: unknown; examples?: Record<string, { value?: unknown }> }): [string, unknown][] {
  const named = Object.entries(holder.examples ?? {}).map(([name, { value }]): [string, unknown] => [`example \`${name}\``, value])
  return [...('example' in holder ? [['the example', holder.example] as [string, unknown]] : []), ...named]
}

/** A code in an example is one that the document's table of codes explains. */
function checkErrorCode(model: Model, { file, where }: OperationModel, status: string, value: unknown, report: Report): void {
  const { errors } = model.document['x-orkit']
  let code = value
  for (const token of errors.code.split('/').slice(1)) code = (code as Record<string, unknown> | null | undefined)?.[token]
  if (typeof code === 'string' && errors.codes[code] === undefined) report.add(file, where, `the example of the ${status} response has the code \`${code}\`, which x-orkit.errors.codes does not list; add it or use a listed one`)
}
