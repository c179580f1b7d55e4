import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { get, load } from './load.js'
import { line, type Line, median } from '../lines.js'

const RUNS = 7
const PATH = '/api/v1/agents/a1b2c3d4-0000-4000-8000-000000000001'
const KEY = { 'x-api-key': 'oak_test_full_access_0000000000000000' }
const CONNECTIONS = 32

/** Requests a second for one stored object: key, scope, limit, validation and journal on. Bare, ours and Prism in turn; the median of the ratios. */
export async function throughput(): Promise<Line[]> {
  const mock = await server('mock')
  const answer = await fetch(`http://127.0.0.1:${mock.port}/orckai${PATH}`, { headers: KEY })
  if (answer.status !== 200) throw new Error(`the object is answered with ${answer.status}`)
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)))
  const bare = await server('bare', JSON.stringify({ headers, body: await answer.text() }))
  const peer = await prism()
  const request = get(`/orckai${PATH}`, KEY)
  const ofPrism = get(PATH.replace('/api/v1', ''), KEY)
  const run = (port: number, text: string, ms = 1_500): Promise<number> => load({ port, request: text, connections: CONNECTIONS, ms, warmUp: 400 })
  await Promise.all([run(mock.port, request), run(bare.port, request)])
  const toBare: number[] = []
  const toPrism: number[] = []
  const figures: number[] = []
  for (let i = 0; i < RUNS; i++) {
    // In turn, and the other way round every second time: what else the machine does hits both.
    const first = i % 2 === 0 ? await run(bare.port, request) : 0
    const ours = await run(mock.port, request)
    const base = first || (await run(bare.port, request))
    const theirs = await run(peer.port, ofPrism, 1_000)
    figures.push(ours)
    toBare.push(ours / base)
    toPrism.push(ours / theirs)
  }
  for (const child of [mock.child, bare.child, peer.child]) child.kill('SIGKILL')
  return [
    line('requests/s, GET of one stored object, five systems, 32 connections', median(toBare), { atLeast: 0.6 }, 'x', 'bare node:http, the same bytes', RUNS, `${Math.round(median(figures))}/s`),
    line('requests/s, the same', median(toPrism), { atLeast: 10 }, 'x', 'Prism 5.14.2, the same document', RUNS),
  ]
}

interface Started {
  port: number
  child: ChildProcess
}

function server(kind: string, argument = ''): Promise<Started> {
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), [kind, argument], { execArgv: ['--import', 'tsx'] })
  return new Promise((resolve, reject) => {
    child.once('message', (port) => resolve({ port: port as number, child }))
    child.once('exit', (code) => reject(new Error(`${kind} ended with ${code}`)))
  })
}

/** Prism with Orckai's document, quiet, on a free port, once it answers. */
export async function prism(): Promise<Started> {
  const port = await freePort()
  const cli = fileURLToPath(new URL('../node_modules/@stoplight/prism-cli/dist/index.js', import.meta.url))
  const document = fileURLToPath(new URL('../../spec/dist/orckai.gen.json', import.meta.url))
  const child = spawn(process.execPath, [cli, 'mock', document, '-p', String(port), '-h', '127.0.0.1', '-v', 'error'], { stdio: ['ignore', 'ignore', 'inherit'] })
  await answers(`http://127.0.0.1:${port}${PATH.replace('/api/v1', '')}`, KEY)
  return { port, child }
}

/** Resolves when the address is answered with 200. */
export async function answers(url: string, headers: Record<string, string>): Promise<void> {
  const { request } = await import('node:http')
  for (;;) {
    const status = await new Promise<number>((resolve) => {
      const call = request(url, { headers, agent: false }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode!))
      })
      call.on('error', () => resolve(0))
      call.end()
    })
    if (status === 200) return
    if (status > 0) throw new Error(`${url} answers ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
