/** What is long-running is waited for, or the document says why not; and every pointer of a wait leads somewhere. */

import { waitParam } from '../emit/operations.js'
import type { Model, OperationModel } from '../model.js'
import type { Schema } from '../openapi.js'
import { collectProperties, oneOrNone, resolveSchema, schemaAt } from '../refs.js'
import { leads, type Say } from './places.js'

type Wait = NonNullable<OperationModel['x']['wait']>

/** States of work that goes on by itself after the answer. */
const UNDER_WAY = new Set(['pending', 'queued', 'waiting', 'running', 'processing', 'in_progress', 'indexing', 'building', 'generating', 'scanning', 'uploading', 'deploying', 'syncing', 'submitted', 'accepted'])

export function checkWait(model: Model, operation: OperationModel, say: Say): void {
  const { x } = operation
  const state = operation.method === 'GET' || operation.kind === 'socket' ? undefined : goesOn(model, operation)
  if (x.wait === undefined) {
    if (state !== undefined && x.noWait === undefined) say(`answers with ${state}, so it starts something long; say x-orkit.wait, or x-orkit.noWait and why`)
    if (state === undefined && x.noWait !== undefined) say('has x-orkit.noWait, but nothing in its answer goes on; remove it')
    return
  }
  if (x.noWait !== undefined) say('has x-orkit.wait and x-orkit.noWait; remove one')
  const { poll, id, status, reason, progress, socket, find } = x.wait
  if (!leads(model, payloadsOf(model, operation), id)) say(`x-orkit.wait.id \`${id}\` leads nowhere in the payload of this operation`)
  const polled = model.byId.get(poll)
  if (polled === undefined) return say(`x-orkit.wait.poll names the operation \`${poll}\`, which does not exist`)
  const watched = find === undefined ? payloadsOf(model, polled) : itemsOf(model, polled)
  for (const [name, pointer] of Object.entries({ status, reason, progress, find })) if (!leads(model, watched, pointer)) say(`x-orkit.wait.${name} \`${pointer}\` leads nowhere in ${find === undefined ? 'the payload' : 'an item'} of ${poll}`)
  const inPath = (one: OperationModel) => one.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  if (find === undefined) {
    const param = waitParam(model, operation)
    if (!inPath(polled).includes(param ?? '')) say(`x-orkit.wait.param \`${param ?? ''}\` is no path parameter of ${poll}`)
  } else {
    if (polled.kind !== 'list') say(`x-orkit.wait.find needs a list to look in; ${poll} is none`)
    const own = inPath(operation)
    for (const name of inPath(polled)) if (!own.includes(name)) say(`x-orkit.wait.poll ${poll} has the path parameter \`${name}\`, which this operation does not have`)
    if (x.wait.param !== undefined || socket !== undefined) say('x-orkit.wait.find goes with neither `param` nor `socket`')
  }
  if (socket !== undefined) checkSocket(model.byId.get(socket), x.wait, say)
}

/** A socket that tells the state itself has to end on every state that the wait ends on. */
function checkSocket(watched: OperationModel | undefined, { socket, status, success, failure }: Wait, say: Say): void {
  if (watched?.kind !== 'socket') return say(`x-orkit.wait.socket names \`${socket}\`, which is no websocket operation`)
  const end = watched.x.stream?.end
  if (end?.at !== status) return
  const missing = [...success, ...failure].filter((state) => !end.values.includes(state))
  if (missing.length > 0) say(`x-orkit.wait ends on ${missing.map((state) => `\`${state}\``).join(', ')}, which the stream of ${watched.id} does not end on`)
}

function payloadsOf(model: Model, one: OperationModel): Schema[] {
  return one.json.flatMap((body) => oneOrNone(schemaAt(model.document, body.schema, one.payload)))
}

function itemsOf(model: Model, list: OperationModel): Schema[] {
  return list.json.flatMap((body) => oneOrNone(schemaAt(model.document, body.schema, `${list.x.pagination?.items ?? ''}/*`)))
}

/** What in the answer says that something goes on after it. */
function goesOn(model: Model, operation: OperationModel): string | undefined {
  if (operation.responses.some(({ status }) => status === '202')) return 'the status 202'
  for (const schema of payloadsOf(model, operation)) {
    const found = stateIn(model, schema, new Set())
    if (found !== undefined) return `the state \`${found}\``
  }
  return undefined
}

function stateIn(model: Model, schema: Schema, above: ReadonlySet<Schema>): string | undefined {
  const resolved = resolveSchema(model.document, schema)
  if (above.has(resolved)) return undefined
  const values = [...(resolved.enum ?? []), ...(resolved['x-extensible-enum'] ?? [])]
  const state = values.find((value) => UNDER_WAY.has(String(value)))
  if (state !== undefined) return String(state)
  const inside = new Set(above).add(resolved)
  for (const part of [...Object.values(collectProperties(model.document, resolved).properties), ...(resolved.items === undefined ? [] : [resolved.items]), ...(resolved.oneOf ?? []), ...(resolved.anyOf ?? []), ...(resolved.allOf ?? [])]) {
    const found = stateIn(model, part, inside)
    if (found !== undefined) return found
  }
  return undefined
}
