import { Download, matchOperation, type ApiClient, type Operation } from '@orkit/sdk/core'
import type { Context, Input, Result } from '../app/command.js'
import { plainText } from './operation.js'
import { rowsOf, type Paged } from './rows.js'
import { secretWarning } from '../app/typed-secret.js'
import { UsageError } from '../app/usage-error.js'

/** A call of the user's own making: a documented operation where the path matches one, else a bare request on the same pipeline. */
export async function runApi(context: Context, input: Input): Promise<Result> {
  const { values, body } = input
  const method = values['method'] as Operation['method']
  const { pathname, searchParams } = pathOf(values['path'] as string)
  const sent = headers((values['header'] as string[] | undefined) ?? [])
  const secret = Object.keys(sent).find((name) => /^(authorization|cookie)$|token|secret|api-?key/i.test(name))
  if (secret !== undefined && !context.settings.mock) await context.note(secretWarning(`--header ${secret}`, {}))
  const client = await context.client(values['system'] as string)
  const match = find(client, method, pathname)
  const options = { signal: context.io.signal, query: queryOf(searchParams), headers: sent }
  if (values['paginate']) {
    if (!match?.operation.paginate) throw new UsageError(`${method} ${pathname} is not a list`, 'Leave --paginate out.')
    return { kind: 'rows', rows: rowsOf(() => client.request<Paged>(match.operation.id, { path: match.path }, options), context.io) }
  }
  const operation: Operation = { ...match?.operation, id: match?.operation.id ?? 'api', method, path: match?.operation.path ?? encodeTemplate(pathname), ...(body ? { body: 'json' as const } : {}) }
  const ready = client._prepare(operation, match?.path ?? {}, body, options)
  if (context.settings.dryRun) {
    const { curlOf } = await import('./curl.js')
    return plainText(await curlOf(client, operation, ready))
  }
  // What a path that no document knows answers with may be anything; a documented file or stream comes as it is.
  const isText = match !== undefined && operation.binary !== true && operation.stream === undefined
  const reply = await client._exchange(operation, ready, options, isText ? 'text' : 'stream')
  const type = reply.response.headers.get('content-type') ?? ''
  if (!isText && !/json/.test(type)) return { kind: 'bytes', stream: new Download(reply).stream() }
  const text = isText ? reply.text : await new Download(reply).text()
  if (text === '') return { kind: 'none', message: `${reply.status}` }
  return /json/.test(type) ? { kind: 'value', value: JSON.parse(text) } : { kind: 'text', chunks: (async function* () { yield { text, event: text } })() }
}

function pathOf(given: string): URL {
  if (!given.startsWith('/')) throw new UsageError(`the path '${given}' does not begin with '/'`, 'Paths come after the base URL: /agents')
  const url = new URL(`http://path.invalid${given}`)
  try {
    decodeURIComponent(url.pathname)
  } catch {
    throw new UsageError(`the path '${given}' holds a % that is no escape`, 'A % itself is %25.')
  }
  return url
}

const queryOf = (search: URLSearchParams): Record<string, string | string[]> =>
  Object.fromEntries([...new Set(search.keys())].map((name) => [name, search.getAll(name)] as const).map(([name, all]) => [name, all.length > 1 ? all : all[0]!]))

const encodeTemplate = (pathname: string) => pathname.replaceAll('{', '%7B').replaceAll('}', '%7D')

function find(client: ApiClient, method: string, pathname: string): { operation: Operation; path: Record<string, string> } | undefined {
  const operation = matchOperation(client.operations, method, pathname)
  if (operation === undefined) return undefined
  const given = pathname.split('/')
  const names = operation.path.split('/').map((step) => /^\{(.+)\}$/.exec(step)?.[1])
  return { operation, path: Object.fromEntries(names.flatMap((name, index) => (name === undefined ? [] : [[name, decodeURIComponent(given[index]!)]]))) }
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
