import { toUpload, type ApiClient, type Operation, type Uploadable } from '@orkit/sdk/core'
import { credentialsOf } from '../client/open.js'

type Ready = ReturnType<ApiClient['_prepare']>

/** The curl command that does what the operation would do. Secrets are shell variables, named as in the environment. */
export function curl(client: ApiClient, id: string, { path, params }: { path: Record<string, string>; params: Record<string, unknown> }): Promise<string> {
  const operation = client._operation(id)
  return curlOf(client, operation, client._prepare(operation, path, params), params)
}

export async function curlOf(client: ApiClient, operation: Operation, ready: Ready, params: Record<string, unknown> = {}): Promise<string> {
  const lines = [`curl --request ${operation.method} ${quote(ready.url)}`]
  for (const [name, value] of Object.entries(ready.headers)) if (name !== 'user-agent') lines.push(`--header ${quote(`${name}: ${value}`)}`)
  for (const header of credential(client, operation)) lines.push(`--header "${header}"`)
  lines.push(...body(client, operation, ready, params))
  return lines.join(' \\\n  ')
}

function body(client: ApiClient, operation: Operation, ready: Ready, params: Record<string, unknown>): string[] {
  if (ready.body === undefined) return operation.method === 'POST' || operation.method === 'PUT' || operation.method === 'PATCH' ? ["--data-raw ''", "--header 'content-type;'"] : []
  // What takes files too is JSON where none is given.
  if (ready.body.headers['content-type'] !== 'application/json') {
    const files = new Set(operation.files)
    const elsewhere = new Set([...(operation.query ?? []), ...(operation.header ?? [])])
    const fields = Object.entries(params).filter(([name, value]) => value !== undefined && value !== null && !elsewhere.has(name))
    return fields.flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((part: unknown) => {
        const file = files.has(name) ? ((part as { path?: string; name?: string }).path ?? (part as { name?: string }).name ?? 'FILE') : undefined
        return file === undefined ? `--form-string ${quote(`${name}=${typeof part === 'string' ? part : JSON.stringify(part)}`)}` : `--form ${quote(`${name}=@"${file.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}";type=${toUpload(part as Uploadable, name).type}`)}`
      }),
    )
  }
  const text = ready.body.open()
  return ["--header 'content-type: application/json'", `--data-raw ${withVariables(client, typeof text === 'string' ? text : JSON.stringify(params)).text}`]
}

/** A JSON body between quotes, what the document marks as secret in it as shell variables, named after the members. */
function withVariables(client: ApiClient, json: string): { readonly text: string; readonly names: readonly string[] } {
  const marked = client.profile.secrets ?? []
  const names = new Set<string>()
  const hidden = (name: string, value: unknown): unknown => {
    if (!marked.includes(name) || typeof value !== 'string' || value === '') return value
    const variable = name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()
    names.add(variable)
    return `__${variable}__`
  }
  const text = JSON.stringify(JSON.parse(json), hidden)
  if (names.size === 0) return { text: quote(json), names: [] }
  return { text: [...names].reduce((line, name) => line.replaceAll(`__${name}__`, `'"$${name}"'`), quote(text)), names: [...names] }
}

function credential(client: ApiClient, operation: Operation): string[] {
  const accepted = operation.auth ?? client.profile.security
  const scheme = schemeOf(client, accepted)
  if (scheme === undefined) return []
  return credentialLines(client, scheme, operation.method)
}

function credentialLines(client: ApiClient, scheme: string, method: Operation['method']): string[] {
  const { strategy, name, in: place, csrf } = client.profile.schemes[scheme]!
  const system = client.profile.system.toUpperCase()
  const key = credentialsOf(client).find((entry) => entry.scheme === scheme && entry.secret && strategy !== 'jwt' && strategy !== 'session')?.env
  switch (strategy) {
    case 'apiKey':
      return [`${name}: $${key}`]
    case 'bearer':
      return [`Authorization: Bearer $${key}`]
    case 'jwt':
      return [`Authorization: Bearer $${system}_TOKEN`]
    default:
      return [`${place === 'cookie' ? 'Cookie' : name}: ${name}=$${system}_SESSION`, ...(csrf?.methods.includes(method) ? [`${csrf.header}: $${system}_CSRF`] : [])]
  }
}

/** The first way of signing in that there is something for, as the client itself chooses. */
const schemeOf = (client: ApiClient, accepted: readonly string[]): string | undefined => {
  const given = client._options as unknown as Readonly<Record<string, unknown>>
  return accepted.find((name) => client.profile.schemes[name]?.credentials.some((credential) => credential.name !== 'totp' && given[credential.name] !== undefined)) ?? accepted[0]
}

/** How to fill the variables of the command, where they are none that a user has at hand. */
export function variablesNote(client: ApiClient, id: string, params: Readonly<Record<string, unknown>> = {}): string | undefined {
  const { names } = client._operation(id).body === 'json' ? withVariables(client, JSON.stringify(params)) : { names: [] }
  const secrets = names.length === 0 ? [] : [`# set ${names.map((name) => `$${name}`).join(', ')}: what the body keeps secret is not shown`]
  const signIn = signInNote(client, id)
  return [...secrets, ...(signIn === undefined ? [] : [signIn])].join('\n') || undefined
}

function signInNote(client: ApiClient, id: string): string | undefined {
  const scheme = schemeOf(client, client._operation(id).auth ?? client.profile.security)
  const strategy = scheme === undefined ? undefined : client.profile.schemes[scheme]!.strategy
  return strategy === 'jwt' || strategy === 'session' ? `# eval "$(orkit ${client.profile.system} auth token --env)"   sets its variables` : undefined
}

/** `NAME=value` of every credential in use, named as in the curl commands. */
export async function shellVariables(client: ApiClient): Promise<Record<string, string>> {
  const variables: Record<string, string> = {}
  for (const scheme of Object.keys(client.profile.schemes)) {
    if (schemeOf(client, [scheme]) === undefined) continue
    const lines = credentialLines(client, scheme, 'POST')
    const headers = await client._authorize('POST', [scheme]).catch(() => ({}) as Record<string, string>)
    for (const line of lines) {
      const [, header, before, variable] = /^([^:]+): (.*)\$(\w+)$/.exec(line)!
      const value = headers[header!.toLowerCase()]
      if (value?.startsWith(before!)) variables[variable!] = value.slice(before!.length)
    }
  }
  return variables
}

export const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`
