import type { ApiClient, Operation } from '@orkit/sdk/core'
import type { Context, Input, Result } from '../app/command.js'
import { plainText } from './operation.js'
import { rowsOf } from './rows.js'
import { UsageError } from '../app/usage-error.js'

/** A call of the user's own making: a documented operation where the path matches one, else a bare request on the same pipeline. */
export async function runApi(context: Context, input: Input): Promise<Result> {
  const { values } = input
  const system = values['system'] as string
  const method = values['method'] as Operation['method']
  const given = values['path'] as string
  if (!given.startsWith('/')) throw new UsageError(`the path '${given}' does not begin with '/'`, 'Paths come after the base URL: /agents')
  const url = new URL(given, 'http://path.invalid')
  const client = await context.client(system)
  const match = find(client, method, url.pathname)
  const query = Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]).map(([name, all]) => [name, (all as string[]).length > 1 ? all : (all as string[])[0]]))
  const options = { signal: context.io.signal, query, headers: headers((values['header'] as string[] | undefined) ?? []) }
  if (values['paginate']) {
    if (!match?.operation.paginate) throw new UsageError(`${method} ${url.pathname} is not a list`, 'Leave --paginate out.')
    return { kind: 'rows', rows: rowsOf(client.request<Parameters<typeof rowsOf>[0]>(match.operation.id, { path: match.path }, options), context.io) }
  }
  const operation: Operation = { ...match?.operation, id: match?.operation.id ?? 'api', method, path: match?.operation.path ?? encodeTemplate(url.pathname), ...(input.body ? { body: 'json' as const } : {}) }
  const ready = client._prepare(operation, match?.path ?? {}, input.body, options)
  if (context.settings.dryRun) {
    const { curlOf } = await import('./curl.js')
    return plainText(await curlOf(client, operation, ready))
  }
  const reply = await client._exchange(operation, ready, options, 'text')
  const text = reply.text
  if (text === '') return { kind: 'none', message: `${reply.status}` }
  const type = reply.response.headers.get('content-type') ?? ''
  if (!/json/.test(type)) return { kind: 'text', chunks: (async function* () { yield { text, event: text } })() }
  return { kind: 'value', value: reply.json() }
}

const encodeTemplate = (pathname: string) => pathname.replaceAll('{', '%7B').replaceAll('}', '%7D')

function find(client: ApiClient, method: string, pathname: string): { operation: Operation; path: Record<string, string> } | undefined {
  const given = pathname.split('/')
  let best: { operation: Operation; path: Record<string, string>; literal: number } | undefined
  for (const operation of Object.values(client.operations)) {
    if (operation.method !== method || operation.stream?.kind === 'websocket') continue
    const steps = operation.path.split('/')
    if (steps.length !== given.length) continue
    const path: Record<string, string> = {}
    let literal = 0
    const fits = steps.every((step, index) => {
      const name = /^\{(.+)\}$/.exec(step)?.[1]
      if (name === undefined) {
        literal++
        return step === given[index]
      }
      path[name] = decodeURIComponent(given[index]!)
      return given[index] !== ''
    })
    if (fits && literal > (best?.literal ?? -1)) best = { operation, path, literal }
  }
  return best
}

function headers(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const match = /^([\w-]+):\s*(.*)$/.exec(line)
      if (!match) throw new UsageError(`--header '${line}' has no ':'`, "Example: --header 'X-Trace: 1'")
      return [match[1]!, match[2]!]
    }),
  )
}
