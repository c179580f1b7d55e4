import type { Subject } from './subject.js'
import type { Cell } from './probes.js'
import { large, streamFetch, vectors, type Vector } from './vectors.js'

/** Runs the SSE conformance table through a client, from chunks to what its user sees. */

async function read(subject: Subject, chunks: readonly (string | Uint8Array)[]): Promise<{ texts: string[]; error?: Error }> {
  const texts: string[] = []
  try {
    for await (const text of subject.open({ url: 'http://127.0.0.1:9', fetch: streamFetch(chunks) }).stream!()) texts.push(text)
  } catch (error) {
    return { texts, error: error as Error }
  }
  return { texts }
}

export async function conforms(subject: Subject, vector: Vector): Promise<Cell> {
  const { event, end } = subject.sse!
  const { texts, error } = await read(subject, [...vector.chunks(event), ...(vector.unfinished === true ? [] : [end])])
  // Where every event carries text, the end marker adds an empty one.
  const got = texts.filter((text) => text !== '')
  const same = JSON.stringify(got) === JSON.stringify(vector.expected)
  if (vector.unfinished === true) return { says: !same ? 'delivers' : error === undefined ? 'drops, silent' : error.name, good: same && error !== undefined }
  return { says: error !== undefined ? `throws ${error.name}` : same ? 'ok' : got.length < vector.expected.length ? 'loses' : 'differs', good: same && error === undefined }
}

/** Seconds for one event of 8 MB in 1 KiB chunks. */
export async function largeEvent(subject: Subject, size = 8 * 1024 * 1024): Promise<{ seconds: number; length: number }> {
  const chunks = [...large(subject.sse!.event, size), new TextEncoder().encode(subject.sse!.end)]
  const start = performance.now()
  const { texts } = await read(subject, chunks)
  return { seconds: (performance.now() - start) / 1000, length: texts[0]?.length ?? 0 }
}

export { vectors }
