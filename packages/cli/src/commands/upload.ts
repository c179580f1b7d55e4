import { adapterFor, destinationOf, fromList, fromPaths, readManifest, shownAddress, type Adapter, type PathOptions, type Source, type SourceEntry } from '@orkit/sdk/batch'
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import type { Io } from '../app/io.js'
import type { SystemManifest } from '../app/manifest.js'
import { UsageError } from '../app/usage-error.js'
import { givenParams, paramsOf, type Params } from './upload-params.js'
import { asUsageError, runBatch } from './upload-run.js'

/** Where a batch comes from, as the journal's header keeps it. */
export interface Origin {
  readonly paths: readonly string[]
  readonly manifest?: string
  readonly stdin?: true
  readonly wait?: true
  /** False: ignore files do not hold. */
  readonly ignore?: false
}

export async function runUpload(manifest: SystemManifest, context: Context, input: Input): Promise<Result> {
  const { io, settings } = context
  const { values } = input
  const adapter = chosenAdapter(manifest.system, values['dashboard'] === true)
  const params = paramsOf(manifest, adapter.operation)
  const given = commonParams(adapter, params, values)
  const origin = originOf(values, settings.wait)
  const source = await sourceOf(origin, io, params)
  if (settings.dryRun) return { kind: 'rows', rows: planned(source), columns: ['path', 'params', 'message'] }
  const client = await context.client(manifest.system)
  const path = adapter.target === undefined ? {} : { [adapter.target.param]: String(values['to']) }
  const destination = destinationOf(client, adapter, path)
  const journal = values['journal'] === 'none' ? undefined : resolve(io.cwd, (values['journal'] as string | undefined) ?? join('.orkit', `${batchName(manifest.system, [destination, settings.profile, given, origin.paths, origin.manifest ?? '', io.cwd])}.journal`))
  return runBatch(context, { manifest, client, adapter, path, params: given, source, journal, origin, values })
}

/** What the source gives, checked; read from stdin or the manifest at once, from the disk as it is needed. */
export async function sourceOf(origin: Origin, io: Io, params: Params): Promise<Source> {
  const parts: Source[] = []
  const options = { cwd: io.cwd, ...(origin.ignore === false ? { ignoreFiles: false } : {}) }
  if (origin.paths.length > 0) parts.push(entriesOf(origin.paths, options))
  if (origin.manifest !== undefined) parts.push(await readManifest(resolve(io.cwd, origin.manifest), params).catch(asUsageError))
  if (origin.stdin) parts.push(entriesOf([...fromList(await io.stdin.text())].map((entry) => entry.path!), options))
  return (async function* () {
    for (const part of parts) yield* part
  })()
}

/** Addresses as they are, anything else as files, folders and patterns. */
async function* entriesOf(given: readonly string[], options: PathOptions): AsyncGenerator<SourceEntry> {
  for (const each of given) {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(each)) yield { url: each }
    else yield* fromPaths([each], options)
  }
}

function chosenAdapter(system: string, dashboard: boolean): Adapter {
  const adapter = adapterFor(system, system === 'orca' ? (dashboard ? 'files' : 'public') : undefined)
  if (!adapter) throw new UsageError(`${system} has no uploads`)
  return adapter
}

function commonParams(adapter: Adapter, params: Params, values: Input['values']): Record<string, unknown> {
  const given = givenParams(params, (values['param'] as string[] | undefined) ?? [])
  if (values['case-type'] !== undefined) given['case_type_id'] = values['case-type']
  const missing = (adapter.required ?? []).filter((name) => given[name] === undefined)
  if (missing.length > 0 && values['manifest'] === undefined) throw new UsageError(`missing ${missing.map((name) => (name === 'case_type_id' ? '--case-type' : `--param ${name}=...`)).join(', ')}`)
  return given
}

function originOf(values: Input['values'], wait: boolean): Origin {
  const paths = (values['paths'] as string[] | undefined) ?? []
  const manifest = values['manifest'] as string | undefined
  if (paths.length === 0 && manifest === undefined) throw new UsageError('nothing to upload', 'Give files, folders, patterns, - for a list on stdin, or --manifest FILE.')
  const stdin = paths.includes('-')
  return { paths: paths.filter((path) => path !== '-'), ...(manifest === undefined ? {} : { manifest }), ...(stdin ? { stdin: true } : {}), ...(values['all-files'] === true ? { ignore: false as const } : {}), ...(wait || values['results'] !== undefined ? { wait: true } : {}) }
}

/** The same command gives the same name, so that giving it again goes on. */
function batchName(system: string, facts: readonly unknown[]): string {
  return `${system}-${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 10)}`
}

async function* planned(source: Source): AsyncGenerator<unknown> {
  for await (const entry of source) {
    if (typeof entry === 'string') yield { path: entry }
    else yield { path: entry.url === undefined ? (entry.path ?? entry.name) : shownAddress(entry.url), ...(entry.params === undefined ? {} : { params: entry.params }), ...(entry.problem === undefined ? {} : { message: entry.problem.message }) }
  }
}
