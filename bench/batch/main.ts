/** `pnpm bench:batch [--json] [measure ...]`: the table of the batch bars, with what was measured now. Exit 1 when a bar is missed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Bench } from './measures.js'

const MEASURES = ['small', 'limited', 'memory', 'resume'] as const
const args = process.argv.slice(2).filter((arg) => arg !== '--')
const asked = args.filter((arg) => !arg.startsWith('-'))
const unknown = asked.filter((name) => !(MEASURES as readonly string[]).includes(name))
if (unknown.length > 0) {
  console.error(`no measure ${unknown.join(', ')}; there are ${MEASURES.join(', ')}`)
  process.exit(2)
}
// What users install is measured, not the sources.
if (!args.includes('--no-build')) {
  const built = spawnSync('pnpm', ['run', 'build'], { cwd: fileURLToPath(new URL('../../packages/sdk', import.meta.url)), env: { ...process.env, ORKIT_BUILD_TYPES: '0' }, encoding: 'utf8', shell: process.platform === 'win32' })
  if (built.status !== 0) {
    console.error(built.stdout, built.stderr)
    process.exit(1)
  }
}
const folder = mkdtempSync(join(tmpdir(), 'orkit-bench-'))
let missed = 0
try {
  if (!args.includes('--json')) console.log('| measure | against | measured | bar | runs | |\n|---|---|---|---|---|---|')
  const bench = new Bench(folder)
  for (const name of MEASURES.filter((each) => asked.length === 0 || asked.includes(each))) {
    for (const line of [await bench[name]()].flat()) {
      if (!line.ok) missed++
      console.log(args.includes('--json') ? JSON.stringify(line) : `| ${line.measure} | ${line.peer} | ${line.value} | ${line.bar} | ${line.runs} | ${line.ok ? 'ok' : 'missed'} |`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = missed === 0 ? 0 : 1
