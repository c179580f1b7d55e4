/** What `x-orkit` says of an operation, against the rest of the document: every pointer leads somewhere, every name exists. */

import type { Model, OperationModel } from '../model.js'
import { oneOrNone, resolveSchema, schemaAt, schemaName } from '../refs.js'
import type { Report } from '../report.js'
import { kebab } from '../names.js'
import { isArray, leads, type Say } from './places.js'
import { checkWait } from './wait.js'

export function checkOperations(model: Model, report: Report): void {
  for (const operation of model.operations) {
    const say: Say = (message) => report.add(operation.file, operation.where, message)
    checkText(operation, say)
    checkPagination(model, operation, say)
    checkStream(model, operation, say)
    checkWait(model, operation, say)
    checkNames(model, operation, say)
    checkCli(model, operation, say)
  }
  checkDocument(model, report)
}

function checkText({ summary, description }: OperationModel, say: Say): void {
  if (summary === '') say('has no summary')
  if (summary.length > 70) say(`has a summary of ${summary.length} characters; at most 70`)
  if (summary.endsWith('.')) say('has a summary that ends with a full stop; drop it')
  if (description.trim() === '') say('has no description')
}

function checkPagination(model: Model, { x, json, parameters }: OperationModel, say: Say): void {
  if (x.pagination === undefined) return
  const { items, next, hasMore, total, limit, position, style } = x.pagination
  const bodies = json.map((body) => body.schema)
  for (const [name, pointer] of Object.entries({ items, next, hasMore, total })) {
    if (!leads(model, bodies, pointer)) say(`x-orkit.pagination.${name} \`${pointer}\` leads nowhere in the success body as sent (envelope included)`)
  }
  const list = bodies.map((schema) => schemaAt(model.document, schema, items)).find((schema) => schema !== undefined)
  if (list !== undefined && !isArray(model, list)) say(`x-orkit.pagination.items \`${items}\` does not lead to an array`)
  for (const [name, parameter] of Object.entries({ limit, position })) {
    if (parameter !== undefined && !parameters.some((one) => one.in === 'query' && one.name === parameter)) say(`x-orkit.pagination.${name} names the query parameter \`${parameter}\`, which the operation does not have`)
  }
  if (style !== 'none' && position === undefined) say(`x-orkit.pagination of style ${style} needs \`position\`, the query parameter that moves`)
  if ((style === 'cursor' || style === 'afterCursor') && next === undefined) say(`x-orkit.pagination of style ${style} needs \`next\`, the pointer to the next cursor`)
}

function checkStream(model: Model, { x, body, responses }: OperationModel, say: Say): void {
  if (x.stream === undefined) return
  const { event, text, end, error, fallback, when, kind } = x.stream
  const schema = model.document.components.schemas?.[schemaName(event) ?? '']
  if (schema === undefined) return say(`x-orkit.stream.event names ${event}, which does not exist`)
  for (const [name, pointer] of Object.entries({ text, 'end.at': end?.at, ...(typeof error === 'object' ? { 'error.at': error.at, 'error.when.at': error.when.at } : { error }) })) if (!leads(model, [schema], pointer)) say(`x-orkit.stream.${name} \`${pointer}\` leads nowhere in ${schemaName(event)}`)
  if (fallback !== undefined && !model.byId.has(fallback)) say(`x-orkit.stream.fallback names the operation \`${fallback}\`, which does not exist`)
  for (const member of Object.keys(when ?? {})) if (body?.members.properties[member] === undefined) say(`x-orkit.stream.when names the body member \`${member}\`, which the body does not have`)
  if (kind === 'sse' && !responses.some(({ response }) => response.content?.['text/event-stream'] !== undefined)) say('is a stream without a text/event-stream response')
}

function checkNames(model: Model, operation: OperationModel, say: Say): void {
  const { x, body, parameters, rateLimit } = operation
  const { categories } = model.document['x-orkit'].rateLimits
  if (rateLimit !== undefined && categories[rateLimit] === undefined) say(`x-orkit.rateLimit names the category \`${rateLimit}\`; there are ${Object.keys(categories).join(', ')}`)
  if (x.fallback !== undefined && !model.byId.has(x.fallback.operation)) say(`x-orkit.fallback names the operation \`${x.fallback.operation}\`, which does not exist`)
  if (typeof x.retry === 'object') {
    const { in: place, name } = x.retry.idempotencyKey
    const exists = place === 'body' ? body?.members.properties[name] !== undefined : parameters.some((parameter) => parameter.in === 'header' && parameter.name === name)
    if (!exists) say(`x-orkit.retry names the ${place} member \`${name}\`, which the operation does not have`)
  }
  if (x.upload !== undefined && !(body?.multipart?.files ?? []).includes(x.upload.part)) say(`x-orkit.upload names the part \`${x.upload.part}\`, which is no binary part of the multipart body`)
  if (body?.multipart !== undefined && body.multipart.files.length > 0 && x.upload === undefined) say('takes a file but has no x-orkit.upload; say which part it is')
  if (x.payload !== undefined && operation.kind !== 'call' && operation.kind !== 'wait' && operation.kind !== 'list') say('has x-orkit.payload, but its success is not JSON; remove it')
}

function checkCli(model: Model, operation: OperationModel, say: Say): void {
  const { cli } = operation.x
  const pointer = operation.x.pagination?.items
  const rows = operation.json.flatMap((body) => oneOrNone(schemaAt(model.document, body.schema, pointer === undefined ? operation.payload : `${pointer}/*`)))
  for (const column of rows.length === 0 ? [] : (cli?.columns ?? [])) {
    const path = `/${column.replaceAll('.', '/')}`
    if (!leads(model, rows, path) && !leads(model, rows.map((row) => resolveSchema(model.document, row).items ?? row), path)) say(`x-orkit.cli.columns names \`${column}\`, which the result does not have`)
  }
  const verb = kebab(operation.segments.at(-1)!)
  for (const example of cli?.examples ?? []) if (!new RegExp(`^${verb}(?: |$)`).test(example)) say(`x-orkit.cli.examples has \`${example}\`, which does not begin with the verb \`${verb}\``)
}

function checkDocument(model: Model, report: Report): void {
  const { document, source } = model
  const x = document['x-orkit']
  const say = (where: string, message: string): void => report.add(source.mainFile, where, message)
  if (x.system !== model.system) say('x-orkit.system', `is \`${x.system}\` in the folder of ${model.system}`)
  const schemes = Object.keys(document.components.securitySchemes ?? {})
  for (const scheme of schemes) if (x.auth[scheme] === undefined) say('x-orkit.auth', `has no entry for the security scheme \`${scheme}\``)
  for (const [scheme, auth] of Object.entries(x.auth)) {
    if (!schemes.includes(scheme)) say('x-orkit.auth', `names \`${scheme}\`, which is not in components.securitySchemes`)
    for (const [role, id] of Object.entries({ login: auth.login, refresh: auth.refresh, logout: auth.logout, totp: auth.totp, 'csrf.operation': auth.csrf?.operation })) {
      if (id !== undefined && !model.byId.has(id)) say(`x-orkit.auth.${scheme}.${role}`, `names the operation \`${id}\`, which does not exist`)
    }
    const token = auth.csrf === undefined ? undefined : model.byId.get(auth.csrf.operation)
    if (token !== undefined && !leads(model, token.json.map((body) => body.schema), auth.csrf!.token)) say(`x-orkit.auth.${scheme}.csrf.token`, `\`${auth.csrf!.token}\` leads nowhere in the body of ${token.id}`)
  }
  if (x.rateLimits.default !== undefined && x.rateLimits.categories[x.rateLimits.default] === undefined) say('x-orkit.rateLimits.default', `names the category \`${x.rateLimits.default}\`, which does not exist`)
  const failures = model.operations.flatMap(({ responses }) => responses.filter(({ status }) => Number(status) >= 400).flatMap(({ response }) => oneOrNone(response.content?.['application/json']?.schema)))
  const { alternatives: _, codes: __, ...pointers } = x.errors
  for (const [name, pointer] of Object.entries(pointers)) if (failures.length > 0 && !leads(model, failures, pointer)) say(`x-orkit.errors.${name}`, `\`${pointer}\` leads nowhere in the documented error bodies`)
}
