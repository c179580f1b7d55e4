import type { Lifetime } from '../kernel/reply.js'
import type { Members } from '../kernel/types.js'
import type { Alarm } from '../world/clock.js'

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

export interface SseOptions {
  lifetime: Lifetime
  /** Sees the data of each event before it is sent; throws to refuse it. */
  check?(data: unknown): void
  /** Without one there are no heartbeats. */
  clock?: { now(): number; at(time: number, run: () => void, background?: boolean): Alarm }
  /** The client's `Last-Event-ID`: events up to and including it are passed over, where ids are numbers that count up. */
  after?: string
}

/** A comment; parsers pass over it. */
export const HEARTBEAT = ': heartbeat\n\n'
/** Milliseconds of silence before one is sent: below the idle limit of any proxy. */
export const HEARTBEAT_EVERY = 15_000

/** The events as text, one piece an event, and a heartbeat in each long silence. Ends, and lets the generator clean up, as soon as the request's life does. */
export async function* sseFrames(events: AsyncIterable<SseEvent | Members>, { lifetime, check, clock, after }: SseOptions): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<SseEvent | Members>> | undefined
  try {
    for (;;) {
      if (lifetime.closed) return
      pending ??= iterator.next()
      const result = clock ? await orSilence(pending, clock) : await pending
      if (result === undefined) {
        if (!lifetime.closed) yield HEARTBEAT
        continue
      }
      pending = undefined
      if (result.done || lifetime.closed) return
      const { value } = result
      const event: SseEvent = isEvent(value) ? value : { data: value }
      if (after !== undefined && event.id !== undefined && isUpTo(event.id, after)) continue
      if (typeof event.data !== 'string') check?.(event.data)
      yield frame(event)
    }
  } finally {
    // What the generator still says after the end interests nobody.
    pending?.catch(() => {})
    await iterator.return?.(undefined)
  }
}

/** The next event, or `undefined` after a long silence. */
async function orSilence<T>(next: Promise<T>, clock: NonNullable<SseOptions['clock']>): Promise<T | undefined> {
  let alarm: Alarm | undefined
  const silence = new Promise<undefined>((resolve) => (alarm = clock.at(clock.now() + HEARTBEAT_EVERY, () => resolve(undefined), true)))
  try {
    return await Promise.race([next, silence])
  } finally {
    alarm!.cancel()
  }
}

function isUpTo(id: string, last: string): boolean {
  return /^\d+$/.test(id) && /^\d+$/.test(last) && Number(id) <= Number(last)
}

const FIELDS = new Set(['data', 'event', 'id', 'retry'])

function isEvent(value: SseEvent | Members): value is SseEvent {
  return 'data' in value && Object.keys(value).every((key) => FIELDS.has(key))
}
