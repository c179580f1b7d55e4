// `pnpm bench:cli [--json] [--runs N] [--peers [FOLDER]]`: what a start of the CLI costs, in CPU time, against `node -e 0` on the same Node.
// Commands are run in turn, medians of 20. Exit 1 when a bar is missed. Build the CLI first (`pnpm build`).
//
// Peers are installed into FOLDER (default: out/bench-peers) where they are not there yet, by npm and without their scripts. They are no
// dependencies of this workspace: together they weigh 600 MB, more than all the rest of it. Newer ones ask for packages or a Node that not
// every machine has, so their versions are fixed. `vercel --version` has a path of its own that loads next to nothing: what Node itself takes of
// it is shown beside it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort } from 'node:worker_threads'
import { cpuTime, median } from './cpu-time.mjs'

const peers = [['vercel', '60.1.3', 'vercel/dist/vc.js'], ['wrangler', '4.50.0', 'wrangler/bin/wrangler.js']]

if (isMainThread) await main()
else serve()

async function main() {
  const args = process.argv.slice(2).filter((arg) => arg !== '--')
  const valueOf = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
  const runs = Number(valueOf('--runs') ?? 20)
  const cli = fileURLToPath(new URL('../../packages/cli/bin/orkit.cjs', import.meta.url))
  if (!existsSync(join(cli, '../../dist/main.cjs'))) throw new Error('the CLI is not built: pnpm build')
  const folder = args.includes('--peers') ? resolve(valueOf('--peers')?.replace(/^--.*/, '') || fileURLToPath(new URL('../../out/bench-peers', import.meta.url))) : undefined
  if (folder !== undefined) install(folder)
  const home = mkdtempSync(join(tmpdir(), 'orkit-bench-'))
  // The server has a thread of its own: while a child is waited for, this one stands still.
  const server = new Worker(new URL(import.meta.url))
  const port = await new Promise((ready, failed) => server.once('message', ready).once('error', failed))
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...inherited } = process.env
  const env = { ...inherited, CI: '1', HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, ORCKAI_BASE_URL: `http://127.0.0.1:${port}`, ORCKAI_API_KEY: 'oak_bench_000000000000000000000000', VERCEL_TELEMETRY_DISABLED: '1', WRANGLER_SEND_METRICS: 'false' }
  const node = (...line) => () => cpuTime(process.execPath, line, env)
  const cases = new Map([
    ['node -e 0', node('-e', '0')],
    ['orkit --version', node(cli, '--version')],
    ['orkit orckai agents --help', node(cli, 'orckai', 'agents', '--help')],
    ['orkit orckai agents list -o json', node(cli, 'orckai', 'agents', 'list', '-o', 'json')],
  ])
  const bars = { 'orkit --version': 1.3, 'orkit orckai agents --help': 1.8, 'orkit orckai agents list -o json': 2.6 }
  const skipped = []
  for (const [peer, , bin] of peers) {
    const path = folder === undefined ? '' : join(folder, 'node_modules', bin)
    if (existsSync(path)) cases.set(`${peer} --version`, node(path, '--version'))
    else skipped.push({ measure: `orkit --version against ${peer}`, skipped: folder === undefined ? 'without --peers' : `${path} is not there` })
  }
  try {
    const times = new Map([...cases.keys()].map((name) => [name, []]))
    for (const run of cases.values()) run()
    for (let round = 0; round < runs; round++) for (const [name, run] of cases) times.get(name).push(run())
    const medians = new Map([...times].map(([name, all]) => [name, median(all)]))
    const base = medians.get('node -e 0')
    const lines = Object.entries(bars).map(([name, bar]) => line(name, medians.get(name) / base, `<= ${bar} x`, medians.get(name) / base <= bar, `node -e 0 (${base.toFixed(0)} ms)`, runs))
    for (const [peer, version] of peers) {
      const theirs = medians.get(`${peer} --version`)
      if (theirs !== undefined) lines.push(line('orkit --version', medians.get('orkit --version') / theirs, '< 0.5 x', medians.get('orkit --version') / theirs < 0.5, `${peer} ${version} --version (${theirs.toFixed(0)} ms, of which node -e 0 is ${(base / theirs).toPrecision(2)})`, runs))
    }
    print(lines, skipped, args.includes('--json'))
    process.exitCode = lines.every(({ ok }) => ok) ? 0 : 1
  } finally {
    await server.terminate()
    rmSync(home, { recursive: true, force: true })
  }
}

function install(folder) {
  const wanted = peers.filter(([name]) => !existsSync(join(folder, 'node_modules', name))).map(([name, version]) => `${name}@${version}`)
  if (wanted.length === 0) return
  mkdirSync(folder, { recursive: true })
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', folder, ...wanted], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) process.stderr.write(`bench: ${wanted.join(' and ')} could not be installed\n`)
}

function line(measure, value, bar, ok, peer, runs) {
  return { measure, value: Number(value.toPrecision(3)), bar, ok, peer, runs }
}

function print(lines, skipped, json) {
  if (json) return console.log([...lines, ...skipped].map((each) => JSON.stringify(each)).join('\n'))
  console.log('| measure (CPU time) | against | measured | bar | runs | |\n|---|---|---|---|---|---|')
  for (const { measure, peer, value, bar, runs, ok } of lines) console.log(`| ${measure} | ${peer} | ${value} | ${bar} | ${runs} | ${ok ? 'ok' : 'missed'} |`)
  for (const { measure, skipped: why } of skipped) console.log(`| ${measure} | | | < 0.5 x | | skipped: ${why} |`)
}

/** One answer, always the same, so that only the client is measured. */
function serve() {
  const agents = Array.from({ length: 20 }, (_, index) => ({ id: `a1b2c3d4-0000-4000-8000-${String(index).padStart(12, '0')}`, name: `Agent ${index}`, isActive: true, createdAt: '2026-03-01T12:00:00.000Z' }))
  const body = JSON.stringify({ success: true, data: agents, count: agents.length })
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body))
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
}
