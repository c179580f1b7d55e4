import { createParser } from 'eventsource-parser'
import { utf8Reader } from './utf8.js'

/** Bytes to events, by the WHATWG text: a thin adapter around eventsource-parser, which does the parsing. */

/** One event of a stream as it came. */
export interface ServerEvent {
  /** Its `data` lines, joined by line feeds. */
  readonly data: string
  /** Its name; undefined where it has none. */
  readonly event: string | undefined
  /** Its id; undefined where it has none. */
  readonly id: string | undefined
}

/** Events out of chunks of bytes, wherever those are cut. */
export interface SseDecoder {
  /** Events that are complete with this chunk. */
  feed(chunk: Uint8Array): ServerEvent[]
  /** Events that only the end of the stream completes. */
  end(): ServerEvent[]
  /** More than the limit was buffered without an event coming of it; nothing further can be read. */
  readonly overflowed: boolean
  /** Milliseconds, as the server last asked. */
  readonly retry: number | undefined
}

/** A decoder for one stream. `maxEventSize`: the most characters that are buffered for an event, default 16 Mi. */
export function createSseDecoder(maxEventSize = 16 * 1024 * 1024): SseDecoder {
  const read = utf8Reader()
  let events: ServerEvent[] = []
  let overflowed = false
  let retry: number | undefined
  let last = ''
  const parser = createParser({
    onEvent: (event) => void events.push(event as ServerEvent),
    onRetry: (ms) => { retry = ms },
    onError: (error) => { overflowed ||= error.type === 'max-buffer-size-exceeded' },
    maxBufferSize: maxEventSize,
  })
  const push = (text: string): ServerEvent[] => {
    if (text !== '' && !overflowed) {
      last = text
      parser.feed(text)
    }
    const ready = events
    events = []
    return ready
  }
  return {
    feed: (chunk) => push(read(chunk)),
    // A last CR waits for an LF that does not come.
    end: () => [...push(read()), ...(last.endsWith('\r') ? push('\n') : [])],
    get overflowed() { return overflowed },
    get retry() { return retry },
  }
}
