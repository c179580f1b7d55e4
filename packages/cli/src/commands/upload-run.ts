import { describeSummary, formatReport, openResults, reportRows, rowOf, shownPath, uploadBatch, type Adapter, type Batch, type BatchClient, type BatchEvent, type BatchOptions, type ReportFormat, type ReportRow, type ResultsFile, type Source, type Summary } from '@orkit/sdk/batch'
import { mkdir } from 'node:fs/promises'
import { dirname, extname, relative, resolve } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import { exit } from '../app/exit.js'
import type { Io } from '../app/io.js'
import type { SystemManifest } from '../app/manifest.js'
import { progressMode, startProgress, type Progress } from '../app/progress.js'
import { replaceFile } from '../app/replace-file.js'
import { report } from '../app/report.js'
import { UsageError } from '../app/usage-error.js'
import { tellActions } from './upload-github.js'
import { BatchDisplay, eventOf } from './upload-progress.js'

export interface BatchRun {
  readonly manifest: SystemManifest
  readonly client: BatchClient
  readonly adapter: Adapter
  readonly path: Readonly<Record<string, string | number>>
  /** Absent: those of the journal. */
  readonly params?: Readonly<Record<string, unknown>>
  /** Absent: what the journal lists. */
  readonly source: Source | undefined
  /** Folder that the paths of the source are relative to. Default: the current one. */
  readonly root?: string
  /** Absent: in memory. */
  readonly journal: string | undefined
  readonly origin: { readonly wait?: true }
  readonly values: Input['values']
  readonly retry?: 'failed' | 'all'
}

/** More rows than this are no answer to look at: only what went wrong is shown then. */
const FEW = 20

const columns = ['path', 'status', 'job', 'document', 'code', 'message'] as const

/** Runs a batch to its end, or to where it is stopped; the rows are its items. */
export async function runBatch(context: Context, run: BatchRun): Promise<Result> {
  const { io, settings } = context
  const { values } = run
  const reportFile = reportTarget(values['report'], io)
  const results = values['results'] === undefined ? undefined : await openResults(resolve(io.cwd, String(values['results']))).catch(asUsageError)
  const batch = (await starterOf(values, io))(run.client, run.source, { ...options(run, io, settings.wait || results !== undefined), ...(results === undefined ? {} : resultOptions(results)) })
  const display = new BatchDisplay(batch, run.manifest.name, () => io.now())
  const watched = settings.output === 'table' && !settings.outputGiven && io.stdout.isTTY
  const progress = startProgress(io, progressMode(io, settings, values['progress'] as string | undefined), display, settings.quiet)
  let summary: Summary | undefined
  async function* rows(): AsyncGenerator<ReportRow> {
    try {
      yield* settings.output === 'table' || settings.output === 'yaml' ? inOrder(batch, display, progress, watched ? FEW : Infinity) : asTheyEnd(batch, display, progress)
      summary = await batch.summary()
    } catch (error) {
      asUsageError(error)
    } finally {
      summary ??= await batch.summary().catch(() => undefined)
      await progress.stop()
      await results?.close()
      if (summary !== undefined) {
        if (reportFile !== undefined) await save(reportFile.path, formatReport(reportRows(batch), reportFile.format, `${run.manifest.system} ${run.adapter.operation}`))
        await conclude(context, run, summary)
        await tellActions(io, run.manifest.name, describeSummary(summary), () => reportRows(batch))
      }
    }
  }
  return { kind: 'rows', rows: rows(), columns: shownColumns(run.adapter), exit: () => exitCode(summary, io), ...(watched ? { noun: '' } : {}) }
}

/** All items in their order, once everything is over; where they are more than `most`, at most so many of those that went wrong. */
async function* inOrder(batch: Batch, display: BatchDisplay, progress: Progress, most: number): AsyncGenerator<ReportRow> {
  for await (const event of batch) show(event, display, progress)
  if (batch.items().length <= most) return yield* reportRows(batch)
  let [wrong, rest] = [0, 0]
  for (const row of reportRows(batch)) {
    if (!/^(failed|rejected|unknown)$/.test(row.status)) rest++
    else if (++wrong <= most) yield row
  }
  progress.note(`${wrong === 0 ? '' : wrong > most ? `The first ${most} of ${wrong} that went wrong are shown. ` : `${rest} without trouble are not shown. `}All of them: -o json, or --report FILE.`)
}

/** Each item when it has ended: first those of earlier runs, at last those that are left. */
async function* asTheyEnd(batch: Batch, display: BatchDisplay, progress: Progress): AsyncGenerator<ReportRow> {
  const told = new Set<number>()
  function* ended(final: boolean): Generator<ReportRow> {
    for (const item of batch.items()) {
      const fate = batch.fateOf(item)
      if (told.has(item.n) || !(final || display.isEnd(fate))) continue
      told.add(item.n)
      yield rowOf(item, fate)
    }
  }
  for await (const event of batch) {
    show(event, display, progress)
    if (event.type === 'listed') yield* ended(false)
    if (event.type !== 'item' || told.has(event.item.n)) continue
    const fate = batch.fateOf(event.item)
    if (!display.isEnd(fate)) continue
    told.add(event.item.n)
    yield rowOf(event.item, fate)
  }
  yield* ended(true)
}

function show(event: BatchEvent, display: BatchDisplay, progress: Progress): void {
  display.take(event)
  progress.changed()
  const value = eventOf(event)
  if (value !== undefined) progress.event(value)
  const note = display.noteOf(event)
  if (note !== undefined) progress.note(note)
}

/** On this machine, or over a queue; only then is its code loaded. */
async function starterOf(values: Input['values'], io: Io): Promise<typeof uploadBatch> {
  if (values['queue'] === undefined) {
    if (values['detach'] === true) throw new UsageError('--detach goes with --queue')
    return uploadBatch
  }
  if (values['journal'] === 'none') throw new UsageError('--queue needs a journal', 'It is how this command finds its items again on the queue.')
  const unkept = ['concurrency', 'max-credits', 'files-per-request'].find((name) => values[name] !== undefined)
  if (unkept !== undefined) throw new UsageError(`--${unkept} is not kept over a queue`, unkept === 'concurrency' ? 'Give it to orkit batch work.' : 'Send without --queue.')
  const [{ queueBatch }, { queueUrl }] = await Promise.all([import('@orkit/sdk/batch/queue'), import('./queue.js')])
  const queue = queueUrl(values['queue'], io)
  return (client, source, more) => queueBatch(client, source, { ...more, queue, ...(values['detach'] === true ? { detach: true } : {}) })
}

function options({ values, adapter, path, params, journal, origin, retry, source, root }: BatchRun, io: Io, wait: boolean): BatchOptions {
  const number = (name: string) => values[name] as number | undefined
  const concurrency = number('concurrency')
  const filesPerRequest = number('files-per-request')
  const [maxFailures, maxDuration, settle] = [number('max-failures'), number('max-duration'), number('settle')]
  return {
    adapter, path, wait: wait || origin.wait === true, signal: io.signal, note: { ...origin, adapter: adapter.name },
    ...(params === undefined ? {} : { params }),
    ...(source === undefined ? {} : { root: root ?? io.cwd }),
    ...(journal === undefined ? {} : { journal }),
    ...(concurrency === undefined ? {} : { concurrency: positive('concurrency', concurrency) }),
    ...(filesPerRequest === undefined ? {} : { filesPerRequest: positive('files-per-request', filesPerRequest) }),
    ...(values['rate'] === undefined ? {} : { rate: rateOf(String(values['rate'])) }),
    ...(values['fail-fast'] === true ? { failFast: true } : {}),
    ...(maxFailures === undefined ? {} : { maxFailures }),
    ...(maxDuration === undefined ? {} : { maxDurationMs: maxDuration * 1000 }),
    ...(settle === undefined ? {} : { settleMs: settle * 1000 }),
    ...(retry === undefined ? {} : { retry }),
    ...(values['skip-existing'] === true ? { skipExisting: true } : {}),
    ...(number('max-credits') === undefined ? {} : { maxCredits: number('max-credits')! }),
    ...(values['accept-account'] === true ? { acceptAccount: true } : {}),
  }
}

function resultOptions(results: ResultsFile): BatchOptions {
  return {
    results: true,
    onResult: async (item, result) => {
      await results.write(item.id ?? item.path, { path: shownPath(item), ...(item.job === undefined ? {} : { job: item.job }), ...(item.document === undefined ? {} : { document: item.document }), result })
    },
  }
}

function rateOf(text: string): 'documented' | 'off' | number {
  if (text === 'documented' || text === 'off') return text
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(`--rate: '${text}' is not a rate`, 'Use documented, off, or a number of requests a minute.')
}

function positive(name: string, value: number): number {
  if (value < 1) throw new UsageError(`--${name} must be at least 1`)
  return value
}

export function reportTarget(value: unknown, io: Io, label = '--report'): { path: string; format: ReportFormat } | undefined {
  if (value === undefined) return undefined
  const format = extname(String(value)).slice(1)
  if (format !== 'csv' && format !== 'jsonl' && format !== 'xml') throw new UsageError(`${label}: the name must end in .csv, .jsonl or .xml: ${String(value)}`)
  return { path: resolve(io.cwd, String(value)), format }
}

export async function save(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await replaceFile(path, text)
}

/** What came out, and how to go on. */
async function conclude({ io, note }: Context, run: BatchRun, summary: Summary): Promise<void> {
  const { stopped } = summary
  const repeated = [summary.same > 0 ? `${summary.same} with the same content as another` : '', summary.duplicates > 0 ? `${summary.duplicates} known to the server` : ''].filter(Boolean).join(', ')
  const codes = Object.entries(summary.codes).map(([code, count]) => `${code} ${count}`).join(', ')
  await note(`${run.manifest.name}: ${describeSummary(summary)}${repeated ? ` (${repeated})` : ''}${codes ? `; ${codes}` : ''}`)
  if (stopped?.kind === 'error') {
    const told = report(stopped.error)
    await note(`stopped: ${[told.message, ...told.details].join('\n  ')}`)
  } else if (stopped?.kind === 'failures') await note(`stopped after ${stopped.failures} failure${stopped.failures === 1 ? '' : 's'}`)
  else if (stopped?.kind === 'credits') await note(`stopped at the ceiling of --max-credits: ${stopped.spent} used by this run`)
  else if (stopped?.kind === 'duration') await note('stopped: its time was up')
  if (summary.complete) return
  if (run.journal === undefined) await note('Without a journal there is nothing to go on from.')
  else {
    const file = relative(io.cwd, run.journal) || run.journal
    await note(`${run.values['queue'] === undefined ? 'Go on with' : 'Workers go on. Come back with'}: orkit ${run.manifest.system} batch resume ${file}${run.values['queue'] === undefined ? '' : ' --queue ...'}`)
  }
}

export function exitCode(summary: Summary | undefined, io: Io): number {
  if (summary === undefined) return exit.unexpected
  const { states, stopped, complete } = summary
  if (!complete && io.signal.aborted) return exit.interrupted
  if (!complete && stopped?.kind === 'error') {
    const code = report(stopped.error).exit
    return code === exit.unexpected ? exit.incomplete : code
  }
  if (!complete && stopped?.kind !== 'failures') return exit.incomplete
  return states.failed + states.rejected > 0 ? exit.someFailed : exit.ok
}

/** What is wrong with the journal or the manifest was found before anything was sent. */
export function asUsageError(error: unknown): never {
  const known = error as Error & { hint?: string }
  if (/^(Journal|JournalLocked|Manifest|InvalidArgument)Error$/.test(known.name)) throw new UsageError(known.message, known.hint)
  if ((known as NodeJS.ErrnoException).code === 'ENOENT') throw new UsageError(known.message)
  throw error
}

const shownColumns = (adapter: Adapter) => (adapter.follow?.by === 'document' || adapter.name === 'files' ? columns.filter((name) => name !== 'job') : columns.filter((name) => name !== 'document'))
