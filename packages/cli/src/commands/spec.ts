import { nodeTransport } from '@orkit/sdk/node'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import { decodeText } from '../app/decode-text.js'
import { exit } from '../app/exit.js'
import { printable } from '../app/output/plain.js'
import { UsageError } from '../app/usage-error.js'
import { plainText } from './operation.js'
import { compareDocuments } from './spec-compare.js'
import type { Change, OpenApi } from './spec-types.js'

/** The document of this version: the reference server carries all five. */
async function ownDocument(context: Context, system: string): Promise<OpenApi> {
  const { createMock } = await import('@orkit/mock')
  const name = system as Parameters<ReturnType<typeof createMock>['baseUrl']>[0]
  const mock = createMock({ systems: [name] })
  context.onClose(() => mock.close())
  const { origin } = new URL(mock.baseUrl(name))
  const document = (await (await mock.fetch(`${origin}/${name}/openapi.json`)).json()) as OpenApi
  return document
}

export async function runSpec(context: Context, { values }: Input): Promise<Result> {
  const document = await ownDocument(context, String(values['system']))
  return plainText(context.settings.output === 'yaml' ? (await import('yaml')).stringify(document).trimEnd() : JSON.stringify(document, null, 2))
}

export async function runDiff(context: Context, { values }: Input): Promise<Result> {
  const { settings, io } = context
  const own = await ownDocument(context, String(values['system']))
  const theirs = await givenDocument(String(values['document']), context)
  const changes = compareDocuments(own, theirs)
  const breaking = changes.filter((change) => change.breaking).length
  const code = breaking > 0 ? exit.unexpected : exit.ok
  if (settings.output !== 'table') return { kind: 'rows', rows: changes, columns: ['breaking', 'operation', 'kind', 'where', 'message'], exit: () => code }
  await io.stdout.write(`${human(changes, breaking)}\n`)
  return { kind: 'none', exit: code }
}

function human(changes: readonly Change[], breaking: number): string {
  if (changes.length === 0) return 'Nothing changes.'
  const lines = [`${breaking} breaking, ${changes.length - breaking} other change${changes.length - breaking === 1 ? '' : 's'}`]
  let before = ''
  for (const change of changes) {
    const head = `${change.breaking ? 'BREAKING' : 'other'}  ${change.operation}`
    if (head !== before) lines.push('', head)
    before = head
    lines.push(`  ${[change.where, change.message].filter(Boolean).join(': ')}`)
  }
  return printable(lines.join('\n'))
}

async function givenDocument(source: string, context: Context): Promise<OpenApi> {
  const text = await read(source, context)
  let document: unknown
  try {
    document = text.trimStart().startsWith('{') ? JSON.parse(text) : (await import('yaml')).parse(text)
  } catch (error) {
    throw new UsageError(`${source} is neither JSON nor YAML: ${(error as Error).message.split('\n')[0]}`)
  }
  const { openapi, paths } = (document ?? {}) as { openapi?: unknown; paths?: unknown }
  if (typeof openapi !== 'string' || !openapi.startsWith('3.') || typeof paths !== 'object' || paths === null) throw new UsageError(`${source} is not an OpenAPI 3 document`, 'It needs openapi: 3.x and paths.')
  return document as OpenApi
}

const MAX_HOPS = 5
const FETCH_TIMEOUT = 60_000

/** Through the proxy and with the authorities of the environment, as every other request. */
async function fetched(source: string, { io, settings }: Context): Promise<string> {
  const transport = nodeTransport({ env: io.env })
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(settings.timeout ?? FETCH_TIMEOUT)])
  try {
    for (let url = source, hops = 0; ; hops++) {
      const answer = await transport(url, { method: 'GET', redirect: 'manual', signal, headers: { accept: 'application/json, application/yaml;q=0.9, */*;q=0.5' } })
      const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
      const text = await answer.text()
      if (answer.ok) return text
      if (location === null || hops === MAX_HOPS) throw new Error(`the server answered ${answer.status}`)
      url = new URL(location, url).href
    }
  } finally {
    transport.close()
  }
}

async function read(source: string, context: Context): Promise<string> {
  const { io } = context
  if (source === '-') return io.stdin.text()
  try {
    if (!/^https?:\/\//i.test(source)) return decodeText(await readFile(resolve(io.cwd, source)))
    return await fetched(source, context)
  } catch (error) {
    if (io.signal.aborted) throw error
    throw new UsageError(`cannot read ${source}: ${(error as Error).message}`)
  }
}
