import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { line, type Line, median } from '../lines.js'
import { answers, freePort, prism } from './throughput.js'

const RUNS = 7

/** The five systems, each asked for one thing that wants no credential or a seeded one. */
const FIRST: readonly (readonly [path: string, headers: Record<string, string>])[] = [
  ['/orca/api/v1/public/health', {}],
  ['/orckai/api/v1/agents', { 'x-api-key': 'oak_test_full_access_0000000000000000' }],
  ['/flexorch/v1/usage', { 'x-api-key': 'dfx_test_full_access_0000000000000000' }],
  ['/klarefi/api/v1/me', { authorization: 'Bearer sk_test_full_access_0000000000000000' }],
  ['/orbiter/api/health', {}],
]

/** From starting the process to the first answer of each of the five systems; Prism with one of them in turn. */
export async function startUp(): Promise<Line[]> {
  const ours: number[] = []
  const ratios: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const own = await mock()
    const since = performance.now()
    const { child } = await prism()
    const theirs = performance.now() - since
    child.kill('SIGKILL')
    ours.push(own)
    ratios.push(own / theirs)
  }
  return [
    line('start to first answer, five systems', median(ours), { atMost: 300 }, 'ms', 'itself', RUNS),
    line('the same', median(ratios), { atMost: 0.25 }, 'x time', 'Prism 5.14.2 with one system', RUNS),
    await slowest(),
  ]
}

/** In process, from loading the package to the first answer: the slowest of the five, each by its median. */
async function slowest(): Promise<Line> {
  const medians: [string, number][] = []
  for (const [path, headers] of FIRST) {
    const [, system = '', rest = ''] = /^\/(\w+)(.*)$/.exec(path) ?? []
    const times: number[] = []
    for (let i = 0; i < RUNS; i++) {
      const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL('start-one.mjs', import.meta.url)), system, rest, JSON.stringify(headers)])
      times.push(Number(stdout))
    }
    medians.push([system, median(times)])
  }
  const [name, value] = medians.toSorted(([, a], [, b]) => b - a)[0]!
  return line('start to first answer in process, the slowest system', value, { below: 100 }, 'ms', name, RUNS)
}

async function mock(): Promise<number> {
  const port = await freePort()
  const since = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(new URL('start.mjs', import.meta.url)), String(port)], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (const [path, headers] of FIRST) await answers(`http://127.0.0.1:${port}${path}`, headers)
  const spent = performance.now() - since
  child.kill('SIGKILL')
  return spent
}
