import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseDecoder } from './sse.js'

const encoder = new TextEncoder()

function decode(...chunks: Uint8Array[]): { data: string; event?: string; id?: string }[] {
  const decoder = createSseDecoder()
  return [...chunks.flatMap((chunk) => decoder.feed(chunk)), ...decoder.end()].map(({ data, event, id }) => ({ data, ...(event === undefined ? {} : { event }), ...(id === undefined ? {} : { id }) }))
}
const text = (...chunks: string[]) => decode(...chunks.map((chunk) => encoder.encode(chunk)))

/** Vectors by the WHATWG text: what a stream holds, and the events it is. */
const vectors: [name: string, stream: string, events: ReturnType<typeof text>][] = [
  ['LF', 'data: a\n\ndata: b\n\n', [{ data: 'a' }, { data: 'b' }]],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', [{ data: 'a' }, { data: 'b' }]],
  ['CR', 'data: a\r\rdata: b\r\r', [{ data: 'a' }, { data: 'b' }]],
  ['mixed line ends', 'data: a\r\ndata: b\rdata: c\n\r\n', [{ data: 'a\nb\nc' }]],
  ['a last event that ends in a bare CR', 'data: a\n\ndata: last\r\r', [{ data: 'a' }, { data: 'last' }]],
  ['a byte order mark', '\ufeffdata: a\n\n', [{ data: 'a' }]],
  ['no space after the colon', 'data:a\n\n', [{ data: 'a' }]],
  ['only one space is taken', 'data:  a\n\n', [{ data: ' a' }]],
  ['several lines of data', 'data: a\ndata: b\n\n', [{ data: 'a\nb' }]],
  ['comments', ': hello\ndata: a\n:\n\n', [{ data: 'a' }]],
  ['names and ids', 'event: x\nid: 7\ndata: a\n\n', [{ data: 'a', event: 'x', id: '7' }]],
  ['an id with NUL is ignored', 'id: a\0b\ndata: a\n\n', [{ data: 'a' }]],
  ['an event without data is none', 'event: x\n\ndata: a\n\n', [{ data: 'a' }]],
  ['empty data is an event', 'data\n\ndata:\n\n', [{ data: '' }, { data: '' }]],
  ['an unfinished event is none', 'data: a\n\ndata: b', [{ data: 'a' }]],
  ['an event without its last blank line is none', 'data: a\n\ndata: b\n', [{ data: 'a' }]],
  ['U+2028 is no line end', 'data: a\u2028b\n\n', [{ data: 'a\u2028b' }]],
  ['unknown fields', 'nope: 1\ndata: a\n\n', [{ data: 'a' }]],
  ['a name without a colon', 'data\ndata: b\n\n', [{ data: '\nb' }]],
  ['text of several bytes', 'data: žluťoučký 🐎 日本\n\n', [{ data: 'žluťoučký 🐎 日本' }]],
]

describe('vectors, split at every byte', () => {
  it.each(vectors)('%s', (_, stream, events) => {
    expect(text(stream)).toEqual(events)
    const bytes = encoder.encode(stream)
    for (let at = 0; at <= bytes.length; at++) expect(decode(bytes.subarray(0, at), bytes.subarray(at)), `split at ${at}`).toEqual(events)
    expect(decode(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(events)
  })
})

it('gives the same events however the bytes are cut (P)', () => {
  const line = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }).map((value) => `data: ${value.replace(/[\r\n]/g, '')}`), fc.constantFrom('', '', 'event: e', 'id: 1', ': c', 'x'))
  fc.assert(fc.property(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 12 }), fc.array(fc.nat(200), { maxLength: 6 }), (lines, cuts) => {
    const bytes = encoder.encode(lines.map(([content, end]) => content + end).join(''))
    const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
    expect(decode(...places.slice(1).map((end, i) => bytes.subarray(places[i], end)))).toEqual(decode(bytes))
  }))
})

it('reads the reconnection time, digits only', () => {
  const decoder = createSseDecoder()
  decoder.feed(encoder.encode('retry: 250\n\nretry: 1x\n\n'))
  expect(decoder.retry).toBe(250)
})

it('says when too much is buffered, and reads one large event in linear time', { retry: 2 }, () => {
  const small = createSseDecoder(100)
  small.feed(encoder.encode(`data: ${'x'.repeat(200)}`))
  expect(small.overflowed).toBe(true)
  const large = createSseDecoder()
  const kilobyte = encoder.encode('x'.repeat(1024))
  const start = performance.now()
  large.feed(encoder.encode('data: '))
  for (let i = 0; i < 8192; i++) large.feed(kilobyte)
  const [event] = large.feed(encoder.encode('\n\n'))
  expect(event!.data).toHaveLength(8 * 1024 * 1024)
  expect(performance.now() - start).toBeLessThan(1500)
})
