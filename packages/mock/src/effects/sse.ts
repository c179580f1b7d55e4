import type { Lifetime } from '../kernel/reply.js'
import type { Members } from '../kernel/types.js'

/** An event with fields of the protocol; a plain object without `data` is the data itself. */
export interface SseEvent {
  data: unknown
  event?: string
  id?: string
  retry?: number
}

/** One event as it stands on the wire. Line breaks in data make several `data:` lines; in names and ids they are refused. */
export function frame(event: SseEvent): string {
  let out = ''
  for (const name of ['event', 'id'] as const) {
    const value = event[name]
    if (value === undefined) continue
    if (/[\r\n\0]/.test(value)) throw new Error(`An event's ${name} may hold no line break`)
    out += `${name}: ${value}\n`
  }
  if (event.retry !== undefined) out += `retry: ${event.retry}\n`
  const data = typeof event.data === 'string' ? event.data : JSON.stringify(event.data)
  for (const line of data.split(/\r\n|\r|\n/)) out += `data: ${line}\n`
  return `${out}\n`
}

/** The events as text, one piece an event. Ends, and lets the generator clean up, as soon as the request's life does. */
export async function* sseFrames(events: AsyncIterable<SseEvent | Members>, lifetime: Lifetime, check: (data: unknown) => void): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]()
  try {
    for (;;) {
      if (lifetime.closed) return
      const { done, value } = await iterator.next()
      if (done || lifetime.closed) return
      const event: SseEvent = isEvent(value) ? value : { data: value }
      if (typeof event.data !== 'string') check(event.data)
      yield frame(event)
    }
  } finally {
    await iterator.return?.(undefined)
  }
}

const FIELDS = new Set(['data', 'event', 'id', 'retry'])

function isEvent(value: SseEvent | Members): value is SseEvent {
  return 'data' in value && Object.keys(value).every((key) => FIELDS.has(key))
}
