import { resolve } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import { isFile } from '../app/is-file.js'
import type { ArgManifest, CommandManifest, FlagManifest, SystemManifest } from '../app/manifest.js'
import { rowsOf, type Paged } from './rows.js'
import { UsageError } from '../app/usage-error.js'
import { valueAt } from '../app/value-at.js'

/** Sends one operation and gives back its result in the form that its manifest names. */
export async function runOperation(manifest: SystemManifest, entry: CommandManifest, context: Context, input: Input): Promise<Result> {
  const { settings, io } = context
  const { path, params } = await split(entry, input, io.cwd)
  const client = await context.client(manifest.system)
  if (settings.dryRun) {
    if (entry.output === 'socket') throw new UsageError(`--dry-run: ${entry.id} is a WebSocket, which curl cannot follow`, `orkit ${manifest.system} watch --help`)
    const { curl, variablesNote } = await import('./curl.js')
    const needed = variablesNote(client, entry.id, params)
    if (needed !== undefined) await context.note(needed)
    return plainText(await curl(client, entry.id, { path, params }))
  }
  const call = <T>() => client.request<T>(entry.id, { path, params }, { signal: io.signal })
  // What is read later is asked for then: a failure before that would be nobody's.
  switch (entry.output) {
    case 'list':
      return { kind: 'rows', rows: rowsOf(call<Paged>, io), noun: nounOf(entry), ...columns(entry) }
    case 'stream':
      return streamed(call<PromiseLike<AsyncIterable<unknown>>>)
    case 'socket':
      return { kind: 'rows', rows: { [Symbol.asyncIterator]: () => call<AsyncIterable<unknown>>()[Symbol.asyncIterator]() } }
    case 'file': {
      const download = await call<PromiseLike<{ stream(): AsyncIterable<Uint8Array> }>>()
      return { kind: 'bytes', stream: download.stream() }
    }
    default: {
      if (settings.wait && entry.wait) return waited(call<Waitable>, context, entry)
      const value = await hinted(call<PromiseLike<unknown>>(), manifest, entry)
      return value === undefined ? { kind: 'none', message: `${entry.summary}: done` } : { kind: 'value', value, ...columns(entry) }
    }
  }
}

/** Text as it is, whatever the output format. */
export const plainText = (text: string): Result => ({
  kind: 'bytes',
  stream: (async function* () {
    yield Buffer.from(`${text}\n`)
  })(),
})

/** Who names something that is not there is told how to see what is. */
async function hinted(call: PromiseLike<unknown>, manifest: SystemManifest, entry: CommandManifest): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    const list = [...entry.path.slice(0, -1), 'list']
    const listed = manifest.commands.some(({ path, args }) => path.join(' ') === list.join(' ') && args.length === 0)
    if ((error as Error).name === 'NotFoundError' && listed && entry.args.some((arg) => arg.in === 'path')) (error as { hint?: string }).hint ??= `orkit ${manifest.system} ${list.join(' ')}`
    throw error
  }
}

interface Waitable {
  wait(options: { signal?: AbortSignal; onProgress?: (progress: { id: string; status: string; progress: number | undefined; result: unknown; done: number; total: number }) => void }): Promise<unknown>
}

async function waited(call: () => Waitable, context: Context, entry: CommandManifest): Promise<Result> {
  const { FollowProgress, stepOf } = await import('./follow-progress.js')
  const progress = new FollowProgress(context, entry.id)
  try {
    const value = await call().wait({
      signal: context.io.signal,
      onProgress: ({ status, progress: percent, result, done, total }) => {
        // Of several jobs, what counts is how many have ended.
        if (total > 1) progress.show({ status: `${done} of ${total}`, percent: (done / total) * 100 })
        else {
          const step = stepOf(result)
          // The type of an event is no state.
          const event = (result as { type?: unknown } | null)?.type === status
          progress.show({ ...step, status: step.status ?? (step.detail === undefined && !event ? status : undefined), percent })
        }
      },
    })
    return { kind: 'value', value, ...columns(entry) }
  } finally {
    await progress.stop()
  }
}

/** An event stream: its text for people, its events for machines. */
function streamed(call: () => PromiseLike<AsyncIterable<unknown>>): Result {
  async function* chunks() {
    for await (const event of await call()) yield { text: textOf(event), event }
  }
  return { kind: 'text', chunks: chunks() }
}

const textOf = (event: unknown): string => {
  const { content } = event as { content?: unknown }
  return typeof content === 'string' ? content : ''
}

const columns = (entry: CommandManifest) => (entry.columns ? { columns: entry.columns } : {})

/** `knowledge-bases documents list` gives documents, `billing usage` usage. */
const nounOf = ({ path }: CommandManifest) => (path.length > 1 && /^(list|search|all)/.test(path.at(-1)!) ? path.at(-2)! : path.at(-1)!).replaceAll('-', ' ')

/** Values by place: path parameters, and one flat record of the rest. Files become uploads. */
async function split(entry: CommandManifest, input: Input, cwd: string): Promise<{ path: Record<string, string>; params: Record<string, unknown> }> {
  const path: Record<string, string> = {}
  const params: Record<string, unknown> = { ...input.body }
  const inputs = new Map<string, ArgManifest | FlagManifest>([...entry.flags, ...entry.args].map((item) => [item.name, item]))
  for (const [name, item] of inputs) {
    const value = valueAt(input.values, name) ?? (isFile(item) ? valueAt(params, name) : undefined)
    if (item.in === 'path') path[name] = String(value ?? params[name] ?? '')
    else if (value !== undefined) merge(params, name, await asUpload(item, value, cwd))
  }
  for (const name of Object.keys(path)) delete params[name]
  return { path, params }
}

async function asUpload(item: ArgManifest | FlagManifest, value: unknown, cwd: string): Promise<unknown> {
  if (!isFile(item)) return value
  const { fileFromPath } = await import('@orkit/sdk/node')
  // The path is kept for `--dry-run`.
  const open = async (file: string) => Object.assign(await fileFromPath(resolve(cwd, file)), { path: resolve(cwd, file) })
  return Array.isArray(value) ? Promise.all((value as string[]).map(open)) : open(String(value))
}

/** Lays a flag over the body: dotted names go into nested objects and keep their neighbours. */
function merge(params: Record<string, unknown>, name: string, value: unknown): void {
  const [first, ...rest] = name.split('.')
  if (rest.length === 0) {
    params[first!] = value
    return
  }
  const nested = params[first!]
  const copy: Record<string, unknown> = typeof nested === 'object' && nested !== null ? { ...(nested as Record<string, unknown>) } : {}
  merge(copy, rest.join('.'), value)
  params[first!] = copy
}
