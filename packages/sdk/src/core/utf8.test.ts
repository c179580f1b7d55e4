import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Reader } from './utf8.js'

const encoder = new TextEncoder()

function read(...chunks: Uint8Array[]): string {
  const reader = utf8Reader()
  return [...chunks.map((chunk) => reader(chunk)), reader()].join('')
}

/** The bytes, cut at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

describe('UTF-8 in chunks', () => {
  it('reads any bytes, valid or not, as the platform reads them in one piece', () => {
    const places = fc.array(fc.nat(), { maxLength: 12 })
    // Bytes that begin and go on with characters, far more often than chance would have them.
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xe2, 0xed, 0xef, 0xbb, 0xf0, 0x9f, 0xf4, 0x8f, 0xf5, 0xff))
    const arbitrary = fc.oneof(fc.array(byte, { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)), fc.string({ unit: 'binary' }).map((text) => encoder.encode(text)))
    fc.assert(fc.property(arbitrary, places, (bytes, at) => {
      expect(read(...cut(bytes, at))).toBe(new TextDecoder().decode(bytes))
    }), { numRuns: 2_000 })
  })

  it('is the same a byte at a time, and with empty chunks between', () => {
    const bytes = encoder.encode('a é € 😀 \u{10ffff}')
    const single = [...bytes].flatMap((byte) => [Uint8Array.of(byte), new Uint8Array()])
    expect(read(...single)).toBe('a é € 😀 \u{10ffff}')
  })

  it('gives each character as soon as its last byte is there', () => {
    const reader = utf8Reader()
    const [a, b, c] = encoder.encode('€')
    expect([reader(Uint8Array.of(0x41, a!, b!)), reader(Uint8Array.of(c!, 0x42)), reader()]).toEqual(['A', '€B', ''])
  })

  it('drops a byte order mark at the start alone, also a torn one', () => {
    const mark = [0xef, 0xbb, 0xbf]
    expect(read(Uint8Array.of(...mark, 0x41, ...mark))).toBe('A\ufeff')
    expect(read(...mark.map((byte) => Uint8Array.of(byte)), Uint8Array.of(0x41))).toBe('A')
  })

  it('has a character that never becomes whole end as a replacement', () => {
    expect(read(Uint8Array.of(0x41, 0xf0, 0x9f))).toBe('A\ufffd')
  })

  it('keeps nothing of a chunk that is written over after it was read', () => {
    const buffer = encoder.encode('a€').slice(0, 3)
    const reader = utf8Reader()
    const before = reader(buffer)
    buffer.fill(0)
    expect(before + reader(Uint8Array.of(0xac))).toBe('a€')
  })
})
