/** The SSE conformance table: streams as their bytes, and the events they are by the WHATWG text. */

export interface ServerEvent { readonly event?: string; readonly data: string }

export interface Vector {
  readonly name: string
  /** The chunks of the answer, from a way to write an event. The stream's own end follows, unless `end` is false. */
  chunks(write: (text: string) => ServerEvent): readonly (string | Uint8Array)[]
  readonly expected: readonly string[]
  /** The stream is over without its end marker, which is for the client to notice. */
  readonly unfinished?: true
}

const encoder = new TextEncoder()
const lines = ({ event, data }: ServerEvent, eol: string) => [...(event === undefined ? [] : [`event: ${event}`]), `data: ${data}`].map((line) => line + eol).join('')
const block = (event: ServerEvent, eol = '\n') => lines(event, eol) + eol
const bytes = (text: string) => Array.from(encoder.encode(text), (byte) => Uint8Array.of(byte))
const MULTI = 'žluť 🐎 日本'

export const vectors: readonly Vector[] = [
  { name: 'LF', chunks: (write) => [block(write('a')) + block(write('b'))], expected: ['a', 'b'] },
  { name: 'CRLF', chunks: (write) => [block(write('a'), '\r\n') + block(write('b'), '\r\n')], expected: ['a', 'b'] },
  { name: 'bare CR', chunks: (write) => [block(write('a'), '\r') + block(write('b'), '\r')], expected: ['a', 'b'] },
  { name: 'CRLF split inside an event', chunks: (write) => { const text = block(write('a'), '\r\n'); const cut = text.indexOf('\r') + 1; return [text.slice(0, cut), text.slice(cut)] }, expected: ['a'] },
  { name: '1-byte chunks', chunks: (write) => bytes(block(write(MULTI)) + block(write('b'))), expected: [MULTI, 'b'] },
  { name: 'BOM', chunks: (write) => ['\ufeff' + block(write('a'))], expected: ['a'] },
  { name: 'BOM split', chunks: (write) => bytes('\ufeff' + block(write('a'))), expected: ['a'] },
  { name: 'comments', chunks: (write) => [': hello\n\n' + block(write('a')) + ':\n' + block(write('b'))], expected: ['a', 'b'] },
  { name: 'no space after colon', chunks: (write) => [block(write('a')).replaceAll(': {', ':{')], expected: ['a'] },
  { name: 'multi-line data', chunks: (write) => { const { event, data } = write('a'); const cut = data.indexOf(',') + 1; return [`${event === undefined ? '' : `event: ${event}\n`}data: ${data.slice(0, cut)}\ndata: ${data.slice(cut)}\n\n`] }, expected: ['a'] },
  { name: 'U+2028 in data', chunks: (write) => [block(write('a\u2028b'))], expected: ['a\u2028b'] },
  { name: 'id with NUL, retry with letters', chunks: (write) => [`id: a\0b\nretry: 1x\n${block(write('a'))}`], expected: ['a'] },
  { name: 'event without data', chunks: (write) => [`event: ping\n\n${block(write('a'))}`], expected: ['a'] },
  { name: 'sentinel text inside payload', chunks: (write) => [block(write('say [DONE] now')) + block(write('b'))], expected: ['say [DONE] now', 'b'] },
  { name: 'last event without blank line', chunks: (write) => [block(write('a')) + lines(write('lost'), '\n')], expected: ['a'], unfinished: true },
]

/** One event of `size` characters in chunks of 1 KiB. */
export function large(write: (text: string) => ServerEvent, size: number): Uint8Array[] {
  const whole = encoder.encode(block(write('x'.repeat(size))))
  return Array.from({ length: Math.ceil(whole.length / 1024) }, (_, i) => whole.subarray(i * 1024, (i + 1) * 1024))
}

/** A `fetch` that answers every request with these chunks; Orbiter's sign-in is not needed for streams. */
export function streamFetch(chunks: readonly (string | Uint8Array)[]): typeof fetch {
  return async () => {
    let next = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks[next++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
      },
    })
    return new Response(body, { status: 200, headers: { 'content-type': 'text/event-stream' } })
  }
}
