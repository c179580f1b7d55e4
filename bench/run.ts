/** What `pnpm bench:sdk`, `bench:mock` and `bench:batch` have in common: arguments, a fresh build, the table or its lines, and the exit code. */
import { fork, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Line } from './lines.js'

export interface Suite {
  readonly measures: readonly string[]
  /** Folder of the package that is measured: what users install, not the sources. */
  readonly package: string
  measure(name: string): Promise<Line | readonly Line[]>
}

/** `[--json] [--no-build] [measure ...]`; the exit code is 1 when a bar is missed, 2 for a measure that there is not. */
export async function runBench({ measures, package: folder, measure }: Suite, args = process.argv.slice(2)): Promise<void> {
  const asked = args.filter((arg) => !arg.startsWith('-'))
  const unknown = asked.filter((name) => !measures.includes(name))
  if (unknown.length > 0) {
    console.error(`no measure ${unknown.join(', ')}; there are ${measures.join(', ')}`)
    process.exit(2)
  }
  if (!args.includes('--no-build')) build(folder)
  const json = args.includes('--json')
  let missed = 0
  if (!json) console.log('| measure | against | measured | bar | runs | |\n|---|---|---|---|---|---|')
  for (const name of asked.length > 0 ? asked : measures) {
    for (const line of [await measure(name)].flat()) {
      if (!line.ok) missed++
      console.log(json ? JSON.stringify(line) : row(line))
    }
  }
  process.exitCode = missed === 0 ? 0 : 1
}

/** Runs one measure in a process of its own, so that none warms up or fragments another's heap; the program sends its lines. */
export function inOwnProcess(program: URL, name: string, execArgv?: readonly string[]): Promise<Line | Line[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(program), [name], execArgv === undefined ? {} : { execArgv: [...execArgv] })
    child.once('message', (lines) => resolve(lines as Line | Line[]))
    child.once('exit', (code) => { if (code !== 0) reject(new Error(`${name} ended with ${code}`)) })
  })
}

const row = ({ measure, peer, value, detail, bar, runs, ok }: Line) => `| ${measure} | ${peer} | ${value}${detail === undefined ? '' : ` (${detail})`} | ${bar} | ${runs} | ${ok ? 'ok' : 'missed'} |`

function build(folder: string): void {
  const cwd = fileURLToPath(new URL(`../packages/${folder}`, import.meta.url))
  const built = spawnSync('pnpm', ['run', 'build'], { cwd, env: { ...process.env, ORKIT_BUILD_TYPES: '0' }, encoding: 'utf8', shell: process.platform === 'win32' })
  if (built.status === 0) return
  console.error(built.error?.message ?? built.stdout + built.stderr)
  process.exit(1)
}
