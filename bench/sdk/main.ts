/** `pnpm bench:sdk [--json] [measure ...]`: the table of the SDK's bars, with what was measured now. Exit 1 when a bar is missed. */
import { fork, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Line } from './harness.js'

const MEASURES = ['cpuDefault', 'cpuNode', 'cpuOpenai', 'sseOpenai', 'sseGenerator', 'sseHuge', 'uploadMemory', 'prefetch', 'size']

const args = process.argv.slice(2).filter((arg) => arg !== '--')
const json = args.includes('--json')
const asked = args.filter((arg) => !arg.startsWith('-'))
const unknown = asked.filter((name) => !MEASURES.includes(name))
if (unknown.length > 0) {
  console.error(`no measure ${unknown.join(', ')}; there are ${MEASURES.join(', ')}`)
  process.exit(2)
}

// What users install is measured, not the sources.
const sdk = fileURLToPath(new URL('../../packages/sdk', import.meta.url))
const built = spawnSync('pnpm', ['run', 'build'], { cwd: sdk, env: { ...process.env, ORKIT_BUILD_TYPES: '0' }, encoding: 'utf8', shell: process.platform === 'win32' })
if (built.status !== 0) {
  console.error(built.stdout, built.stderr)
  process.exit(1)
}

let missed = 0
if (!json) console.log(`| measure | against | measured | bar | runs | |\n|---|---|---|---|---|---|`)
for (const name of asked.length > 0 ? asked : MEASURES) {
  for (const line of [await measure(name)].flat()) {
    if (!line.ok) missed++
    console.log(json ? JSON.stringify(line) : `| ${line.measure} | ${line.peer} | ${line.value} | ${line.bar} | ${line.runs} | ${line.ok ? 'ok' : 'missed'} |`)
  }
}
process.exitCode = missed === 0 ? 0 : 1

function measure(name: string): Promise<Line | Line[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('measure.ts', import.meta.url)), [name])
    child.once('message', (lines) => resolve(lines as Line | Line[]))
    child.once('exit', (code) => { if (code !== 0) reject(new Error(`${name} ended with ${code}`)) })
  })
}
