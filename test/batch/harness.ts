import { build, type Plugin } from 'esbuild'
import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alias } from '../../tools/alias.mjs'
import { target, type WorkerConfig } from './clients.js'
import type { Entry, SystemUnderTest } from './ledger.js'
import { random } from './random.js'
import type { ServerConfig } from './server.js'

/** The proof: processes are killed at random instants, and each file is taken exactly once. */

type Stage = Pick<Trial, 'system' | 'adapter' | 'files' | 'settleMs' | 'folder' | 'workMs' | 'faults' | 'seed'>

export interface Trial {
  readonly system: SystemUnderTest
  readonly adapter: string
  readonly files: number
  /** SIGKILLs of the uploading process. */
  readonly kills: number
  /** SIGKILLs of the server. */
  readonly serverKills: number
  readonly workMs: number
  /** How long the client takes for granted that the server may still work. */
  readonly settleMs: number
  /** Share of uploads that go wrong. */
  readonly faults: number
  readonly seed: number
  readonly folder: string
  readonly log?: (text: string) => void
}

export interface Outcome {
  readonly files: number
  readonly kills: number
  readonly serverKills: number
  readonly runs: number
  readonly accepted: number
  /** Files that the server took more than once, and those it never took. */
  readonly doubled: readonly string[]
  readonly missing: readonly string[]
  readonly results: number
  readonly doubledResults: readonly string[]
  readonly missingResults: readonly string[]
  /** Requests that carried several files. */
  readonly shared: number
  /** Files that were carried beyond once each. */
  readonly sentAgain: number
  readonly faults: Readonly<Record<string, number>>
  readonly seconds: number
  readonly summary: { readonly complete: boolean; readonly states: Readonly<Record<string, number>>; readonly codes: Readonly<Record<string, number>> }
}

export const adapters: readonly (readonly [SystemUnderTest, string])[] = [['flexorch', 'documents'], ['orckai', 'documents'], ['orbiter', 'documents'], ['klarefi', 'process'], ['orca', 'public'], ['orca', 'files']]

/** Workspace imports lead to sources, as in every test. */
const sources: Plugin = {
  name: 'sources',
  setup(builder) {
    builder.onResolve({ filter: /^@orkit\// }, ({ path }) => {
      const found = alias.find(({ find }: { find: RegExp }) => find.test(path))
      return found === undefined ? undefined : { path: path.replace(found.find, found.replacement) }
    })
  },
}

export interface Programs {
  readonly server: string
  readonly worker: string
  readonly queueWorker: string
  readonly queueSubmitter: string
}

/** Programs as one file each: a process that is killed a hundred times should not spend its life on loading. */
export async function bundle(folder: string): Promise<Programs> {
  const here = (name: string) => fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  await build({
    entryPoints: [here('server'), here('worker'), here('queue-worker'), here('queue-submitter')], outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, splitting: true, chunkNames: '[name]-[hash]', platform: 'node', format: 'esm', target: 'node20', plugins: [sources], external: ['msw', 'pg', 'redis'], logLevel: 'error',
    banner: { js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);" },
  })
  return { server: join(folder, 'server.mjs'), worker: join(folder, 'worker.mjs'), queueWorker: join(folder, 'queue-worker.mjs'), queueSubmitter: join(folder, 'queue-submitter.mjs') }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export class ServerProcess {
  accepted = 0
  port = 0
  sent = 0
  shared = 0
  credentials: Readonly<Record<string, unknown>> = {}
  base = ''
  faults: Record<string, number> = {}
  private sharedSinceStart = 0
  private faultsSinceStart: Record<string, number> = {}
  private child: ChildProcess | undefined

  constructor(private readonly program: string, private readonly config: Omit<ServerConfig, 'port'>) {}

  async start(): Promise<void> {
    const child = (this.child = fork(this.program, [JSON.stringify({ ...this.config, port: this.port, seed: this.config.seed + this.accepted })], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] }))
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code, signal) => reject(new Error(`the server ended: ${code ?? signal}`)))
      child.on('message', (message: { ready?: number; credentials?: Record<string, unknown>; base?: string; accepted?: number }) => {
        if (message.accepted !== undefined) this.accepted = message.accepted
        if (message.ready === undefined) return
        this.port = message.ready
        this.credentials = message.credentials!
        this.base = message.base!
        resolve()
      })
    })
  }

  /** Returns how many files were sent to it since it was started. */
  async kill(): Promise<number> {
    await this.ledger()
    for (const [name, count] of Object.entries(this.faultsSinceStart)) this.faults[name] = (this.faults[name] ?? 0) + count
    this.faultsSinceStart = {}
    this.shared += this.sharedSinceStart
    const ended = new Promise((resolve) => this.child!.once('exit', resolve))
    this.child!.kill('SIGKILL')
    await ended
    return this.sent
  }

  /** What was taken, and how often the server was asked to since its start. */
  async ledger(): Promise<readonly Entry[]> {
    const answer = await new Promise<{ ledger: Entry[]; counts: { files: number; shared: number }; faults: Record<string, number> }>((resolve) => {
      const take = (message: { ledger?: Entry[] }) => {
        if (message.ledger === undefined) return
        this.child!.off('message', take)
        resolve(message as never)
      }
      this.child!.on('message', take)
      this.child!.send('ledger')
    })
    this.sent = answer.counts.files
    this.sharedSinceStart = answer.counts.shared
    this.faultsSinceStart = answer.faults
    return answer.ledger
  }
}

export interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly err: string }

export class WorkerProcess {
  alive = true
  readonly ended: Promise<Ended>
  private readonly child: ChildProcess

  constructor(program: string, config: object, env: Readonly<Record<string, string | undefined>> = {}) {
    const child = (this.child = fork(program, [JSON.stringify(config)], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] }))
    let [out, err] = ['', '']
    child.stdout!.on('data', (chunk) => void (out += String(chunk)))
    child.stderr!.on('data', (chunk) => void (err += String(chunk)))
    this.ended = new Promise((resolve) => child.on('close', (code, signal) => {
      this.alive = false
      resolve({ code, signal, out, err })
    }))
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  /** Stands still from here on, wherever it is; what was written to its sockets is still sent. */
  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.child.kill('SIGCONT')
  }
}

/** Documents, the server that takes them, and what a program needs to send them there. */
export async function stage(programs: Programs, { system, adapter, files, settleMs, ...options }: Stage): Promise<{ documents: string; server: ServerProcess; config: WorkerConfig }> {
  const documents = writeDocuments({ system, files, folder: options.folder })
  const server = new ServerProcess(programs.server, { system, state: join(options.folder, 'state.json'), workMs: options.workMs, jobMs: 400, faults: options.faults, seed: options.seed })
  await server.start()
  const baseUrl = `http://127.0.0.1:${server.port}${server.base}`
  const config: WorkerConfig = {
    system, adapter, baseUrl, credentials: server.credentials, path: await target({ system, baseUrl, credentials: server.credentials }), folder: documents, files,
    journal: join(options.folder, 'batch.journal'), results: join(options.folder, 'results.jsonl'), settleMs,
  }
  return { documents, server, config }
}

export async function trial(programs: Programs, options: Trial): Promise<Outcome> {
  const { system, files, log = () => {} } = options
  const began = Date.now()
  const chance = random(options.seed)
  const { documents, server, config } = await stage(programs, options)

  // Instants: when so many files have been taken, and a moment later; the last ones while jobs are followed.
  const targets = Array.from({ length: options.kills }, () => Math.floor(chance() * files * 0.97)).toSorted((a, b) => a - b)
  const atServer = new Set(Array.from({ length: options.serverKills }, (_, index) => Math.floor(((index + chance()) * options.kills) / options.serverKills)))
  let [kills, serverKills, runs, before] = [0, 0, 0, 0]
  for (const [index, goal] of targets.entries()) {
    const worker = new WorkerProcess(programs.worker, config)
    runs++
    const start = server.accepted
    const deadline = Date.now() + 60_000
    // At the latest when the work has surely begun, or the batch would be over before its kills are.
    while (worker.alive && server.accepted < Math.max(goal, start) && Date.now() < deadline) await sleep(3)
    await sleep(chance() * 450)
    if (atServer.has(index)) {
      before += await server.kill()
      serverKills++
      await sleep(chance() * 300)
      await server.start()
      await sleep(chance() * 600)
    }
    if (!worker.alive) {
      const { code, err, out } = await worker.ended
      if (err !== '') throw new Error(`seed ${options.seed}: the worker failed (${code}): ${err}`)
      log(`  ended by itself: ${out.slice(0, 300)}`)
      continue
    }
    worker.kill()
    const { err } = await worker.ended
    if (err !== '') throw new Error(`seed ${options.seed}: the worker failed: ${err}`)
    kills++
    if (kills % 10 === 0) log(`  ${kills} kills, ${server.accepted} taken`)
  }
  let last: Ended | undefined
  for (let again = 0; again < 40 && last?.code !== 0; again++) {
    last = await new WorkerProcess(programs.worker, config).ended
    runs++
    if (last.err !== '') throw new Error(`seed ${options.seed}: the worker failed: ${last.err}`)
    if (last.code !== 0) log(`  not complete: ${last.out}`)
  }
  const ledger = await server.ledger()
  const sent = before + (await server.kill())
  return {
    files, kills, serverKills, runs, ...compare(ledger, system, files), ...resultsOf(config.results, documents, system, files), sentAgain: sent - files, shared: server.shared, faults: server.faults,
    seconds: Math.round((Date.now() - began) / 1000), summary: JSON.parse(last!.out) as Outcome['summary'],
  }
}

/** Small files, each with content of its own; returns their folder. */
export function writeDocuments({ system, files, folder }: Pick<Trial, 'system' | 'files' | 'folder'>): string {
  const documents = join(folder, 'documents')
  mkdirSync(documents, { recursive: true })
  for (let index = 0; index < files; index++) writeFileSync(join(documents, nameOf(system, index).replace(/^https:.*\//, '').replace(/pdf$/, 'txt')), system === 'orca' ? `id,name\n${index},n${index}\n` : `Document number ${index}`.padEnd(40 + (index % 7), '.'))
  return documents
}

const nameOf = (system: SystemUnderTest, index: number) => (system === 'klarefi' ? `https://files.example.com/f${index}.pdf` : `f${index}.${system === 'orca' ? 'csv' : 'txt'}`)

export function compare(ledger: readonly Entry[], system: SystemUnderTest, files: number): Pick<Outcome, 'accepted' | 'doubled' | 'missing'> {
  const taken = new Map<string, Set<string>>()
  for (const { key, id, again } of ledger) if (!again) taken.set(key, (taken.get(key) ?? new Set()).add(id))
  const counted = ledger.filter((entry) => !entry.again)
  const names = Array.from({ length: files }, (_, index) => nameOf(system, index))
  return { accepted: counted.length, doubled: names.filter((name) => counted.filter((entry) => entry.key === name).length > 1), missing: names.filter((name) => !taken.has(name)) }
}

export function resultsOf(file: string, documents: string, system: SystemUnderTest, files: number): Pick<Outcome, 'results' | 'doubledResults' | 'missingResults'> {
  const paths = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { path: string }).path.replace(/^(?!https:).*[\\/]/, ''))
  const seen = new Map<string, number>()
  for (const path of paths) seen.set(path, (seen.get(path) ?? 0) + 1)
  const names = Array.from({ length: files }, (_, index) => nameOf(system, index))
  return { results: paths.length, doubledResults: [...seen].filter(([, count]) => count > 1).map(([name]) => name), missingResults: names.filter((name) => !seen.has(name)) }
}
