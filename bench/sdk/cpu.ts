/** CPU time of the calling process for one small JSON GET over loopback, 32 at a time. */
import { nodeTransport } from '@orkit/sdk/node'
import { Orckai, type ClientOptions } from '@orkit/sdk/orckai'
import OpenAI from 'openai'
import { line, ratioOfPairs, type Line } from '../lines.js'
import { startServer } from './harness.js'

const CONCURRENCY = 32
const CALLS = 2_000
const PAIRS = 11

export async function cpuDefault(): Promise<Line> {
  return compare('CPU per call, default transport', 'bare fetch', { atMost: 1.1 }, (base) => client(base), bare)
}

export async function cpuNode(): Promise<Line> {
  return compare('CPU per call, node transport', 'bare fetch', { atMost: 0.5 }, (base) => client(base, nodeTransport()), bare)
}

/** What it costs to go through the platform's fetch all the same: no bar, since most of it is what fetch takes for a signal. */
export async function cpuFetch(): Promise<Line> {
  return compare('CPU per call, fetch of the platform', 'bare fetch', null, (base) => client(base, globalThis.fetch), bare)
}

export async function cpuOpenai(): Promise<Line> {
  return compare('CPU per call, default transport', 'openai', { atMost: 0.6 }, (base) => client(base), (base) => {
    const openai = new OpenAI({ apiKey: 'sk-bench', baseURL: base })
    return () => openai.get('/agents/a')
  })
}

/** What a program without a client has to write: the key, and what it takes. */
function bare(base: string): () => Promise<unknown> {
  return () => fetch(`${base}/agents/a`, { headers: { accept: 'application/json', 'x-api-key': 'oak_bench' } }).then((response) => response.json())
}

/** All policies on, as they are by default; only that 32 may be under way at once. */
function client(baseUrl: string, over?: ClientOptions['fetch']): () => PromiseLike<unknown> {
  const orckai = new Orckai({ apiKey: 'oak_bench', baseUrl, rateLimit: { concurrent: { standard: CONCURRENCY } }, ...(over === undefined ? {} : { fetch: over }) })
  return () => orckai.agents.get('a')
}

async function compare(measure: string, peer: string, bar: { readonly atMost: number } | null, ours: (base: string) => () => PromiseLike<unknown>, theirs: (base: string) => () => PromiseLike<unknown>): Promise<Line> {
  const server = await startServer()
  try {
    const base = `${server.origin}/api/v1`
    const [a, b] = [ours(base), theirs(base)]
    for (const each of [a, b, a, b]) await cpuOf(each)
    const value = await ratioOfPairs(() => cpuOf(a), () => cpuOf(b), PAIRS)
    return line(measure, value, bar, 'x', peer, PAIRS)
  } finally {
    server.stop()
  }
}

/** Microseconds of user and system time for each call. */
async function cpuOf(call: () => PromiseLike<unknown>): Promise<number> {
  const before = process.cpuUsage()
  let left = CALLS
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    while (left-- > 0) await call()
  }))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / CALLS
}
