import type { ApiClient, Operation } from '@orkit/sdk/core'
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
  lines.push(...body(operation, ready, params))
  return lines.join(' \\\n  ')
}

function body(operation: Operation, ready: Ready, params: Record<string, unknown>): string[] {
  if (ready.body === undefined) return []
  if (operation.body === 'multipart') {
    const files = new Set(operation.files)
    return Object.entries(params).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((part: unknown) => {
        const file = files.has(name) ? ((part as { path?: string; name?: string }).path ?? (part as { name?: string }).name ?? 'FILE') : undefined
        return file === undefined ? `--form-string ${quote(`${name}=${typeof part === 'string' ? part : JSON.stringify(part)}`)}` : `--form ${quote(`${name}=@${file}`)}`
      }),
    )
  }
  const text = ready.body.open()
  return ["--header 'content-type: application/json'", `--data-raw ${quote(typeof text === 'string' ? text : JSON.stringify(params))}`]
}

function credential(client: ApiClient, operation: Operation): string[] {
  const accepted = operation.auth ?? client.profile.security
  const scheme = accepted[0]
  if (scheme === undefined) return []
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
      return [`${place === 'cookie' ? 'Cookie' : name}: ${name}=$${system}_SESSION`, ...(csrf?.methods.includes(operation.method) ? [`${csrf.header}: $${system}_CSRF`] : [])]
  }
}

const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`
