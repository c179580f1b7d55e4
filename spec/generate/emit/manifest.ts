/** `manifest/<system>.gen.json`: the system's commands as data. */

import type { ArgManifest, CommandManifest, FlagManifest, SystemManifest } from '../../../packages/cli/src/app/manifest.js'
import { kebab } from '../names.js'
import type { Model, OperationModel } from '../model.js'
import type { Schema } from '../openapi.js'
import { collectProperties, resolveSchema, typesOf } from '../refs.js'
import type { Report } from '../report.js'
import { resourceTree, type ResourceNode } from '../tree.js'
import { describeInput, type Input } from './input.js'

/** Flags that every command has; a member of the same name is `--body-output`, `--query-fields`. */
export const GLOBAL_FLAGS: ReadonlySet<string> = new Set(
  'output fields jq csv-formulas out-file profile base-url mock timeout deadline max-retries header dry-run yes quiet verbose debug no-color no-progress no-input body field help version all max wait'.split(' ')
)

export function emitManifest(model: Model, report: Report): string {
  return `${JSON.stringify(systemManifest(model, report), null, 1)}\n`
}

export function systemManifest(model: Model, report: Report): SystemManifest {
  const x = model.document['x-orkit']
  const resources: Record<string, string> = {}
  const visit = (node: ResourceNode): void => {
    if (node.path.length > 0) resources[node.path.map(kebab).join(' ')] = oneLine(node.description)
    node.children.forEach(visit)
  }
  visit(resourceTree(model))
  return {
    system: x.system,
    name: x.name,
    docs: x.docs,
    baseUrl: model.baseUrl,
    summary: oneLine(model.document.info.summary ?? model.document.info.title),
    credentials: Object.entries(x.auth).flatMap(([scheme, { strategy, credentials }]) => credentials.map(({ name, env, secret, optional, description }) => ({
      scheme, strategy, name, env, ...(secret === true ? { secret } as const : {}), ...(optional === true ? { optional } as const : {}), description
    }))),
    resources,
    commands: model.operations.map((operation) => command(model, operation, report))
  }
}

function command(model: Model, operation: OperationModel, report: Report): CommandManifest {
  const { x, body } = operation
  const inputs = inputsOf(model, operation)
  const positional = (x.cli?.args ?? []).flatMap((name) => {
    const input = inputs.find((one) => one.name === name)
    if (input === undefined) report.add(operation.file, operation.where, `x-orkit.cli.args names \`${name}\`, which is neither a body property nor a parameter; correct the name`)
    return input === undefined ? [] : [input]
  })
  const path = operation.parameters.filter((parameter) => parameter.in === 'path').map((parameter) => describeInput(model, parameter.name, 'path', parameter.schema, parameter.description, true))
  const args = [...path, ...positional].map((input, index, all): ArgManifest => ({ ...input, ...(input.type === 'array' && index === all.length - 1 ? { variadic: true } as const : {}) }))
  const flags = nameFlags(inputs.filter((input) => !positional.includes(input)))
  checkFlags(operation, flags, report)
  return {
    id: operation.id,
    path: operation.segments.map(kebab),
    ...(x.cli?.aliases === undefined ? {} : { aliases: x.cli.aliases }),
    summary: operation.summary,
    description: operation.description.trim(),
    ...(x.note === undefined ? {} : { note: x.note }),
    method: operation.method,
    route: operation.path,
    origin: operation.origin,
    ...(operation.scopes.length === 0 ? {} : { scopes: operation.scopes }),
    ...(operation.rateLimit === undefined ? {} : { rateLimit: operation.rateLimit }),
    args,
    flags,
    ...(body === undefined ? {} : { body: body.multipart === undefined ? 'json' as const : 'multipart' as const }),
    output: output(operation),
    ...(x.stream?.when === undefined ? {} : { streamWhen: x.stream.when }),
    ...(x.cli?.columns === undefined ? {} : { columns: x.cli.columns }),
    ...(x.wait === undefined ? {} : { wait: true as const }),
    ...(isDestructive(model, operation) ? { destructive: true as const } : {}),
    ...(x.cli?.examples === undefined ? {} : { examples: x.cli.examples })
  }
}

function output({ kind }: OperationModel): CommandManifest['output'] {
  switch (kind) {
    case 'list': return 'list'
    case 'stream': return 'stream'
    case 'socket': return 'socket'
    case 'download': return 'file'
    case 'void': return 'none'
    default: return 'object'
  }
}

function isDestructive(model: Model, { id, method, segments }: OperationModel): boolean {
  const signsOut = Object.values(model.document['x-orkit'].auth).some((auth) => auth.logout === id)
  return !signsOut && (method === 'DELETE' || /^(?:erase|delete|purge)/.test(segments.at(-1)!))
}

/** Everything but path parameters: query and header parameters, then body properties with nested objects one level deep. */
function inputsOf(model: Model, operation: OperationModel): Input[] {
  const parameters = operation.parameters.filter((parameter) => parameter.in !== 'path')
    .map((parameter) => describeInput(model, parameter.name, parameter.in, parameter.schema, parameter.description, parameter.required))
  const members = operation.body?.members
  if (members === undefined) return parameters
  const body = Object.entries(members.properties).flatMap(([name, schema]) => bodyInputs(model, name, schema, members.required.has(name)))
  return [...parameters, ...body]
}

/** An object with declared members can be given whole or member by member, so only the whole is ever required. */
function bodyInputs(model: Model, name: string, schema: Schema, required: boolean): Input[] {
  const whole = describeInput(model, name, 'body', schema, schema.description, required)
  const nested = nestedObject(model, schema)
  if (nested === undefined) return [whole]
  return [{ ...whole, type: 'object' }, ...Object.entries(nested.properties).map(([inner, member]) => describeInput(model, `${name}.${inner}`, 'body', member, member.description, false))]
}

/** Members of an object whose schema declares them and that has no other form. */
function nestedObject(model: Model, schema: Schema): ReturnType<typeof collectProperties> | undefined {
  const resolved = resolveSchema(model.document, schema)
  const types = typesOf(resolved).filter((type) => type !== 'null')
  const alternatives = (resolved.oneOf ?? resolved.anyOf ?? []).filter((part) => resolveSchema(model.document, part).type !== 'null')
  if (alternatives.length > 1 || (types.length > 0 && (types.length > 1 || types[0] !== 'object'))) return undefined
  const members = collectProperties(model.document, resolved)
  return Object.keys(members.properties).length === 0 ? undefined : members
}

/** Kebab-case; the place goes before a name that is taken by a global flag or, outside of the body, by a body property. */
function nameFlags(inputs: Input[]): FlagManifest[] {
  const plain = (input: Input): string => input.name.split('.').map(kebab).join('.')
  const inBody = new Set(inputs.filter((input) => input.in === 'body').map(plain))
  return inputs.map((input) => {
    const name = plain(input)
    return { ...input, flag: GLOBAL_FLAGS.has(name) || (input.in !== 'body' && inBody.has(name)) ? `${input.in}-${name}` : name }
  })
}

function checkFlags(operation: OperationModel, flags: FlagManifest[], report: Report): void {
  const seen = new Map<string, string>()
  for (const { flag: name, name: member } of flags) {
    const other = seen.get(name)
    if (other !== undefined) report.add(operation.file, operation.where, `\`${member}\` and \`${other}\` would both be the flag --${name}; rename one`)
    seen.set(name, member)
  }
}

function oneLine(text: string): string {
  return text.trim().split('\n')[0]!.trim()
}
