/** `resources.gen.ts`: aliases of every schema, one class for each resource, the client's base class and its credentials. */

import { pascal, spoken, systemClass } from '../names.js'
import type { Model, OperationModel } from '../model.js'
import { comment, HEADER, key, literal, quote, sentence } from '../print.js'
import { resourceTree, type ResourceNode } from '../tree.js'
import { schemaName } from '../refs.js'
import { signatureOf, type Names, type Signature } from './signature.js'

const RESULTS = ['ApiPromise', 'Download', 'PagePromise', 'RequestOptions', 'SocketStream', 'StreamPromise', 'WaitablePromise']

export function emitResources(model: Model): string {
  const prefix = systemClass(model.document['x-orkit'].name)
  const names = nameTable(model, prefix)
  const root = resourceTree(model)
  const schemas = Object.keys(model.document.components.schemas ?? {})
  const methods = new Map<string, string>()
  const params: string[] = []
  for (const operation of model.operations) {
    const signature = signatureOf(model, operation, names)
    if (signature.params?.declaration !== undefined) params.push(`${comment([`Parameters of \`${operation.id}\`.`])}export type ${signature.params.type} = ${signature.params.declaration}`)
    methods.set(operation.id, method(operation, signature, names))
  }
  const classes = root.children.flatMap((node) => resourceClasses(node, names, methods))
  const body = [params.join('\n\n'), ...classes, client(model, root, prefix, names), credentials(model, prefix, names), webhooks(model, prefix, names)].filter((part) => part !== '').join('\n\n')
  return `${imports(body, names, schemas)}\n\nexport type {${wrapped(schemas)}} from './types.gen.js'\n\n${body}\n`
}

interface Table extends Names { classOf: (node: ResourceNode) => string }

/** Every name of the file is given out once: schemas first, then imports, classes and parameter types, in this order. */
function nameTable(model: Model, prefix: string): Table {
  const schemas = new Set(Object.keys(model.document.components.schemas ?? {}))
  const taken = new Set([...schemas, 'components', 'operations', 'op', 'NonNullable', `${prefix}Resources`, `${prefix}Credentials`, `${prefix}WebhookEvents`])
  const claim = (name: string, suffix: string): string => {
    let result = name
    while (taken.has(result)) result += suffix
    taken.add(result)
    return result
  }
  const imported = new Map(['ApiClient', 'Resource', 'Secret', ...RESULTS].map((name) => [name, claim(name, '_')]))
  const classes = new Map<string, string>()
  const visit = (node: ResourceNode): void => {
    if (node.path.length > 0) classes.set(node.path.join('.'), claim(pascal(node.path.join('.')), 'Resource'))
    node.children.forEach(visit)
  }
  visit(resourceTree(model))
  return { aliasOf: (schema) => schema, fresh: (name) => claim(name, '_'), imported: (name) => imported.get(name)!, classOf: (node) => classes.get(node.path.join('.'))! }
}

function imports(body: string, { imported }: Table, schemas: readonly string[]): string {
  const specifier = (name: string): string => (imported(name) === name ? name : `${name} as ${imported(name)}`)
  const used = RESULTS.filter((name) => new RegExp(`\\b${imported(name)}\\b`).test(body))
  const secret = new RegExp(`\\b${imported('Secret')}\\b`).test(body) ? `, type ${specifier('Secret')}` : ''
  return [
    `${HEADER}import { ${specifier('ApiClient')}, ${specifier('Resource')}${secret} } from '../../core/client.js'`,
    `import type { ${used.map(specifier).join(', ')} } from '../../core/results.js'`,
    "import { operations as op } from './operations.gen.js'",
    `import type {${wrapped([...['components', 'operations'].filter((name) => body.includes(`${name}[`)), ...schemas.filter((name) => new RegExp(`\\b${name}\\b`).test(body))])}} from './types.gen.js'`
  ].filter((line) => !/^import type \{\s*\}/.test(line)).join('\n')
}

/** Names between braces, in lines of readable length. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last === undefined || last.length + name.length > 150) lines.push(`  ${name},`)
    else lines[lines.length - 1] = `${last} ${name},`
  }
  return lines.length === 0 ? '' : lines.length === 1 ? ` ${lines[0]!.trim().replace(/,$/, '')} ` : `\n${lines.join('\n')}\n`
}

function resourceClasses(node: ResourceNode, names: Table, methods: ReadonlyMap<string, string>): string[] {
  const fields = node.children.map((child) => `${comment([sentence(child.description)], '  ')}  readonly ${child.name} = new ${names.classOf(child)}(this._client)`)
  const members = [fields.join('\n'), ...node.operations.map((operation) => methods.get(operation.id)!)].filter((part) => part !== '')
  const own = `${comment([sentence(node.description)])}export class ${names.classOf(node)} extends ${names.imported('Resource')} {\n${members.join('\n\n')}\n}`
  return [...node.children.flatMap((child) => resourceClasses(child, names, methods)), own]
}

function method(operation: OperationModel, signature: Signature, { imported }: Names): string {
  const name = operation.segments.at(-1)!
  const { params, calls, path, pathObject } = signature
  const list = (paramsType: string | undefined, required: boolean): string =>
    [...path.map(({ declaration }) => declaration), ...(paramsType === undefined ? [] : [`params${required ? '' : '?'}: ${paramsType}`]), `options?: ${imported('RequestOptions')}`].join(', ')
  const invoke = ({ method: client, generics }: Signature['calls'][number], explicit: boolean): string =>
    `this._client.${client}${explicit && generics.length > 0 ? `<${generics.join(', ')}>` : ''}(op[${quote(operation.id)}], ${pathObject}, ${params === undefined ? 'undefined' : 'params'}, options)`
  const doc = documentation(operation, signature)
  const plain = calls.at(-1)!
  const [first] = calls
  if (first === plain || first?.when === undefined) {
    return `${doc}  ${name}(${list(params?.type, params?.required ?? false)}): ${plain.returns} {\n    return ${invoke(plain, false)}\n  }`
  }
  const test = Object.entries(first.when).map(([member, value]) => `params${params!.required ? '' : '?'}.${key(member)} === ${literal(value)}`).join(' && ')
  const literalType = `{ ${Object.entries(first.when).map(([member, value]) => `${key(member)}: ${literal(value)}`).join('; ')} }`
  return [
    `${doc}  ${name}(${list(`${params!.type} & ${literalType}`, true)}): ${first.returns}`,
    `  ${name}(${list(params!.type, params!.required)}): ${plain.returns}`,
    `  ${name}(${list(params!.type, params!.required)}): ${first.returns} | ${plain.returns} {`,
    `    if (${test}) return ${invoke(first, true)}`,
    `    return ${invoke(plain, true)}`,
    '  }'
  ].join('\n')
}

function documentation(operation: OperationModel, { path, params }: Signature): string {
  const { x, scopes } = operation
  const facts = [
    scopes.length === 0 ? '' : `${scopes.length === 1 ? 'Scope' : 'Scopes'}: ${scopes.map((scope) => `\`${scope}\``).join(', ')}.`,
    operation.rateLimit === undefined ? '' : `Rate limit: \`${operation.rateLimit}\`.`,
    `Origin: ${operation.origin}.`
  ].filter((fact) => fact !== '').join(' ')
  const experimental = operation.provisional ? [`@experimental Provisional: the vendor names this without giving its path. ${sentence(x.note ?? '')}`.trim()] : []
  const note = x.note === undefined || operation.provisional ? [] : ['', `Note: ${sentence(x.note)}`]
  const parameters = path.filter(({ description }) => description !== '').map(({ variable, description }) => `@param ${variable} ${sentence(description.trim().replaceAll('\n', ' '))}`)
  const given = params === undefined ? [] : [`@param params ${sentence(paramsText(operation))}`]
  const tags = [...parameters, ...given, '@param options Time limits, retries, signal and headers of this call.', ...experimental]
  return comment([sentence(operation.summary), ...(operation.description.trim() === '' ? [] : ['', operation.description.trim()]), ...note, '', facts, ...(tags.length === 0 ? [] : ['', ...tags])], '  ')
}

/** What the one object of parameters holds. */
function paramsText(operation: OperationModel): string {
  const query = operation.parameters.some((parameter) => parameter.in === 'query' || parameter.in === 'header')
  const body = operation.body !== undefined
  return body && query ? 'Members of the body and parameters of the query' : body ? 'Members of the body' : 'Parameters of the query'
}

function client(model: Model, root: ResourceNode, prefix: string, names: Table): string {
  const fields = root.children.map((child) => `${comment([sentence(child.description)], '  ')}  readonly ${child.name} = new ${names.classOf(child)}(this)`)
  return `${comment([`Every resource of ${model.document['x-orkit'].name}.`])}export abstract class ${prefix}Resources extends ${names.imported('ApiClient')} {\n${fields.join('\n')}\n}`
}

function credentials(model: Model, prefix: string, names: Names): string {
  const x = model.document['x-orkit']
  const members = new Map<string, string>()
  for (const auth of Object.values(x.auth)) {
    for (const { name, env, description } of auth.credentials) {
      if (!members.has(name)) members.set(name, `${comment([`${sentence(description)} Default: the environment's \`${env}\`.`], '  ')}  ${key(name)}?: ${names.imported('Secret')}`)
    }
  }
  return `${comment([`What ${x.name} signs in with.`])}export interface ${prefix}Credentials {\n${[...members.values()].join('\n')}\n}`
}

/** Payload type of each webhook event. */
function webhooks(model: Model, prefix: string, names: Table): string {
  const events = Object.entries(model.document.webhooks ?? {}).flatMap(([event, item]) => {
    const schema = item.post?.requestBody?.content['application/json']?.schema
    const name = schemaName(schema?.$ref)
    return [`${comment([sentence(item.post?.summary ?? item.post?.description ?? '')], '  ')}  ${key(event)}: ${name === undefined ? 'unknown' : names.aliasOf(name)}`]
  })
  return events.length === 0 ? '' : `${comment([`Bodies of the webhooks that ${model.document['x-orkit'].name} sends, by ${spoken('event')}.`])}export interface ${prefix}WebhookEvents {\n${events.join('\n')}\n}`
}
