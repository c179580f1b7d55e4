/** Server-sent events out of memory: what is measured is the reading, not a network. */
import { Orckai } from '@orkit/sdk/orckai'
import { createParser } from 'eventsource-parser'
import OpenAI from 'openai'
import { line, median, ratioOfPairs, type Line } from '../lines.js'

const MIB = 1024 * 1024
const SIZE = 12 * MIB
const CHUNK = 16 * 1024
const PAIRS = 7
/** A pair of 12 MiB takes a fifth of a second, and the machine breathes: more of them, once the compiler has settled. */
const THROUGHPUT_PAIRS = 21
const WARM_UP = 4

export async function sseOpenai(): Promise<Line> {
  const events = smallEvents(SIZE)
  const openai = new OpenAI({ apiKey: 'sk-bench', fetch: async () => respond(chunksOf(events.bytes, CHUNK)) })
  const theirs = async () => openai.chat.completions.create({ model: 'm', messages: [], stream: true })
  const value = await compare(events, async () => ours(events.bytes, CHUNK), theirs)
  return line('SSE throughput, small events', value, { atLeast: 2 }, 'x', 'openai', THROUGHPUT_PAIRS)
}

export async function sseGenerator(): Promise<Line> {
  const events = smallEvents(SIZE)
  const value = await compare(events, async () => ours(events.bytes, CHUNK), async () => viaParser(respond(chunksOf(events.bytes, CHUNK)).body!))
  return line('SSE throughput, small events', value, { atLeast: 1 }, 'x', 'generator over eventsource-parser', THROUGHPUT_PAIRS)
}

/** One event of 8 MB, and how the time grows from half of it: 2 is linear, 4 would be quadratic. */
export async function sseHuge(): Promise<Line[]> {
  const [half, whole] = [hugeEvent(4_000_000), hugeEvent(8_000_000)]
  const times = { half: [] as number[], whole: [] as number[], bytes: [] as number[] }
  await one(whole)
  for (let run = 0; run < PAIRS; run++) {
    times.half.push(await one(half))
    times.whole.push(await one(whole))
    times.bytes.push(await seconds(async () => {
      const reader = respond(chunksOf(whole, 1024)).body!.getReader()
      while (!(await reader.read()).done);
    }))
  }
  const bytes = `reading the bytes alone (${median(times.bytes).toPrecision(2)} s)`
  return [
    line('one 8 MB event in 1 KiB chunks', median(times.whole), { below: 0.3 }, 's', bytes, PAIRS),
    line('the same, against a 4 MB event', median(times.whole) / median(times.half), { below: 3 }, 'x', 'linear is 2', PAIRS),
  ]

  async function one(bytes: Uint8Array): Promise<number> {
    return seconds(async () => {
      let length = 0
      for await (const event of await ours(bytes, 1024)) length += (event as { content?: string }).content?.length ?? 0
      if (length < bytes.length / 2) throw new Error('the large event did not arrive')
    })
  }
}

async function compare(events: { readonly bytes: Uint8Array; readonly count: number }, a: () => Promise<AsyncIterable<unknown>>, b: () => Promise<AsyncIterable<unknown>>): Promise<number> {
  const drain = (open: () => Promise<AsyncIterable<unknown>>) => seconds(async () => {
    let count = 0
    for await (const _ of await open()) count++
    if (count < events.count) throw new Error(`${count} events of ${events.count}`)
  })
  for (let run = 0; run < WARM_UP; run++) for (const each of [a, b]) await drain(each)
  // Throughput is the other way round than time.
  return 1 / await ratioOfPairs(() => drain(a), () => drain(b), THROUGHPUT_PAIRS)
}

function ours(bytes: Uint8Array, chunk: number): PromiseLike<AsyncIterable<unknown>> {
  return new Orckai({ apiKey: 'oak_bench', baseUrl: 'http://localhost', fetch: async () => respond(chunksOf(bytes, chunk)) }).chat.stream({ message: 'hello' })
}

async function* viaParser(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder()
  let ready: string[] = []
  const parser = createParser({ onEvent: ({ data }) => void ready.push(data) })
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    const batch = ready
    ready = []
    for (const data of batch) if (data !== '[DONE]') yield JSON.parse(data)
  }
}

function smallEvents(size: number): { readonly bytes: Uint8Array; readonly count: number } {
  const event = (content: string, done: boolean) => `data: ${JSON.stringify({ id: 'chatcmpl-1234567890', object: 'chat.completion.chunk', created: 1_763_791_425, model: 'default', choices: [{ index: 0, delta: { content } }], content, done })}\n\n`
  const body = event('Hello wo', false)
  const count = Math.floor(size / body.length)
  return { bytes: new TextEncoder().encode(`${body.repeat(count)}${event('', true)}data: [DONE]\n\n`), count }
}

function hugeEvent(size: number): Uint8Array {
  return new TextEncoder().encode(`data: ${JSON.stringify({ content: 'x'.repeat(size), done: true })}\n\n`)
}

function chunksOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at += size))
    },
  }, { highWaterMark: 0 })
}

function respond(body: ReadableStream<Uint8Array>): Response {
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
