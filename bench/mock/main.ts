/** `pnpm bench:mock [--json] [measure ...]`: the table of the server's bars, with what was measured now. Exit 1 when a bar is missed. */
import { fork, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Line } from './lines.js'

const MEASURES = ['throughput', 'startUp', 'bigList', 'perCall', 'heap']

const args = process.argv.slice(2).filter((arg) => arg !== '--')
const json = args.includes('--json')
const asked = args.filter((arg) => !arg.startsWith('-'))
const unknown = asked.filter((name) => !MEASURES.includes(name))
if (unknown.length > 0) {
  console.error(`no measure ${unknown.join(', ')}; there are ${MEASURES.join(', ')}`)
  process.exit(2)
}

// What users install is measured, not the sources.
if (!args.includes('--no-build')) {
  const mock = fileURLToPath(new URL('../../packages/mock', import.meta.url))
  const built = spawnSync('pnpm', ['run', 'build'], { cwd: mock, env: { ...process.env, ORKIT_BUILD_TYPES: '0' }, encoding: 'utf8', shell: process.platform === 'win32' })
  if (built.status !== 0) {
    console.error(built.error?.message ?? built.stdout + built.stderr)
    process.exit(1)
  }
}

let missed = 0
if (!json) console.log('| measure | against | measured | bar | runs | |\n|---|---|---|---|---|---|')
for (const name of asked.length > 0 ? asked : MEASURES) {
  for (const line of await measure(name)) {
    if (!line.ok) missed++
    console.log(json ? JSON.stringify(line) : `| ${line.measure} | ${line.peer} | ${line.value}${line.detail ? ` (${line.detail})` : ''} | ${line.bar} | ${line.runs} | ${line.ok ? 'ok' : 'missed'} |`)
  }
}
process.exitCode = missed === 0 ? 0 : 1

function measure(name: string): Promise<Line[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('measure.ts', import.meta.url)), [name], { execArgv: ['--expose-gc', '--import', 'tsx'] })
    child.once('message', (lines) => resolve(lines as Line[]))
    child.once('exit', (code) => { if (code !== 0) reject(new Error(`${name} ended with ${code}`)) })
  })
}
