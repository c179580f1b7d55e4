/**
 * Text out of UTF-8 in chunks. The start of a character at a chunk's end is kept for the next one, so that each call decodes whole characters: a decoder in
 * streaming mode gives the same text, but Node's goes a slower way there and makes strings of two bytes a character.
 */
export function utf8Reader(): (chunk?: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = new Uint8Array()
  let first = true
  return (chunk) => {
    const bytes = chunk === undefined ? rest : rest.length === 0 ? chunk : joined(rest, chunk)
    // Without a chunk the text is over, and what is kept never becomes a character.
    const end = bytes.length - (chunk === undefined ? 0 : unfinished(bytes))
    rest = bytes.slice(end)
    const text = decoder.decode(bytes.subarray(0, end))
    if (!first || text === '') return text
    first = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }
}

/** How many bytes at the end begin a character that goes on after them. */
export function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes.at(-back) ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0
  }
  return 0
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
