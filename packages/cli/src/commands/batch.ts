import { adapters, BatchState, cancelBatch, describeOwner, describeSummary, formatReport, readJournal, rowOf, summarize, type Header } from '@orkit/sdk/batch'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import type { Io } from '../app/io.js'
import type { SystemManifest } from '../app/manifest.js'
import { UsageError } from '../app/usage-error.js'
import { paramsOf } from './upload-params.js'
import { asUsageError, reportTarget, runBatch, save } from './upload-run.js'
import { sourceOf, type Origin } from './upload.js'

interface Read { readonly header: Header; readonly state: BatchState }

export async function listBatches(system: string, { io, note }: Context): Promise<Result> {
  const folder = resolve(io.cwd, '.orkit')
  const files = (await readdir(folder).catch(() => [] as string[])).filter((name) => name.endsWith('.journal')).toSorted()
  const rows: Record<string, unknown>[] = []
  for (const name of files) {
    const file = join(folder, name)
    try {
      const { header, state } = await read(file)
      if (header.destination.system !== system) continue
      const summary = summaryOf({ header, state })
      rows.push({ batch: basename(name, '.journal'), items: summary.total, status: describeSummary(summary), complete: summary.complete, ...(state.queued === undefined ? {} : { queue: state.queued.queue, on_queue: state.queued.id }), created: header.created, base_url: header.destination.baseUrl, operation: header.destination.operation, ...(state.owner === undefined ? {} : { account: describeOwner(state.owner) }), file: relative(io.cwd, file) })
    } catch (error) {
      await note(`${relative(io.cwd, file)}: ${(error as Error).message}`)
    }
  }
  if (rows.length === 0) await note('No batches in .orkit.')
  return { kind: 'rows', rows, columns: ['batch', 'items', 'status', 'complete', 'created'] }
}

export async function showBatch({ io, note }: Context, input: Input): Promise<Result> {
  const file = locate(input.values['batch'], io)
  const found = await read(file)
  const summary = summaryOf(found)
  const wanted = input.values['status'] as string[] | undefined
  const rows = found.state.items.map((item) => rowOf(item, found.state.fateOf(item))).filter((row) => wanted === undefined || wanted.includes(row.status))
  const { system, operation, baseUrl } = found.header.destination
  const account = found.state.owner === undefined ? '' : ` for ${describeOwner(found.state.owner)}`
  await note(`${relative(io.cwd, file)}: ${system} ${operation} at ${baseUrl}${account}: ${describeSummary(summary)}${summary.complete ? '' : '; not complete'}`)
  return { kind: 'rows', rows, columns: ['path', 'status', 'job', 'document', 'code', 'message'] }
}

export async function exportBatch({ io, note }: Context, input: Input): Promise<Result> {
  const target = reportTarget(input.values['file'], io, 'file')!
  const { header, state } = await read(locate(input.values['batch'], io))
  const rows = state.items.map((item) => rowOf(item, state.fateOf(item)))
  await save(target.path, formatReport(rows, target.format, `${header.destination.system} ${header.destination.operation}`))
  await note(`${rows.length} items written to ${relative(io.cwd, target.path)}`)
  return { kind: 'none' }
}

export async function cancel({ io, note }: Context, input: Input): Promise<Result> {
  const file = locate(input.values['batch'], io)
  const { header, state: before } = await read(file)
  const { state, cancelled } = await (before.queued === undefined ? cancelBatch(file, header, () => io.now()) : overQueue(file, header, before.queued.queue, input.values['queue'], io)).catch(asUsageError)
  const summary = summaryOf({ header, state })
  await note(`${relative(io.cwd, file)}: ${cancelled} cancelled; ${describeSummary(summary)}`)
  return { kind: 'none' }
}

async function overQueue(file: string, header: Header, shown: string, queue: unknown, io: Io): Promise<{ state: BatchState; cancelled: number }> {
  if (queue === undefined) throw new UsageError(`this batch is on the queue ${shown}`, 'Give --queue with its address, or --queue env.')
  const [{ cancelQueued }, { queueUrl }] = await Promise.all([import('@orkit/sdk/batch/queue'), import('./queue.js')])
  const { state, cancelled } = await cancelQueued(queueUrl(queue, io), { file, header }, () => io.now())
  return { state: state!, cancelled }
}

export async function resumeBatch(manifest: SystemManifest, context: Context, input: Input, retry?: 'failed' | 'all'): Promise<Result> {
  const { io } = context
  const journal = locate(input.values['batch'], io)
  const { header, state } = await read(journal)
  const { destination } = header
  if (destination.system !== manifest.system) throw new UsageError(`${relative(io.cwd, journal)} is a batch of ${destination.system}`, `orkit ${destination.system} batch resume ${relative(io.cwd, journal)}`)
  const adapter = adapters.find((each) => each.system === destination.system && each.operation === destination.operation)
  if (!adapter) throw new UsageError(`this program has no upload by ${destination.operation}`)
  const origin = header.note as unknown as Origin
  if (!state.listed && origin.stdin === true) throw new UsageError('the list came from stdin and was not read to its end', 'Give the upload command again with the same list.')
  const source = state.listed ? undefined : await sourceOf(origin, { ...io, cwd: header.root }, paramsOf(manifest, adapter.operation))
  const client = await context.client(manifest.system)
  return runBatch(context, { manifest, client, adapter, path: destination.path, source, root: header.root, journal, origin, values: input.values, ...(retry === undefined ? {} : { retry }) })
}

async function read(file: string): Promise<Read> {
  const state = new BatchState()
  const header = await readJournal(file, (record) => void state.apply(record)).catch(asUsageError)
  return { header, state }
}

/** As the run that wrote it would count: with `--wait` an accepted item is not at its end. */
function summaryOf({ header, state }: Read) {
  const waits = (header.note as unknown as Origin).wait === true
  return summarize(state, () => !waits)
}

/** A journal by its file, or by its name in .orkit. */
function locate(value: unknown, io: Io): string {
  const file = resolve(io.cwd, String(value))
  if (existsSync(file)) return file
  const named = resolve(io.cwd, '.orkit', `${basename(String(value), '.journal')}.journal`)
  if (existsSync(named)) return named
  throw new UsageError(`there is no batch ${String(value)}`, 'orkit <system> batch list shows the batches of this folder.')
}
