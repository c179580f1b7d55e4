/** Text out of bytes whose encoding nobody has told. */

/** UTF-16 by its mark, else UTF-8, else what old programs of the western world wrote. A few broken bytes do not make a text another one. */
export function decode(bytes: Uint8Array): string {
  const wide = utf16(bytes)
  if (wide !== undefined) return new TextDecoder(wide).decode(bytes)
  const text = new TextDecoder('utf-8').decode(bytes)
  const broken = count(text, /\ufffd/g)
  return broken === 0 || count(text, /[^\0-\x7f\ufffd]/g) > broken ? text : western(bytes)
}

/** windows-1252 where it departs from Latin-1. TextDecoder would do, but some Node releases forget these. */
const WESTERN = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

function western(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes).replaceAll(/[\x80-\x9f]/g, (character) => WESTERN[character.charCodeAt(0) - 0x80]!)
}

/** No NUL and hardly any control character in the first part. */
export function isText(bytes: Uint8Array): boolean {
  if (utf16(bytes) !== undefined) return true
  const sample = bytes.subarray(0, 4096)
  let odd = 0
  for (const byte of sample) {
    if (byte === 0) return false
    if (byte < 9 || (byte > 13 && byte < 32)) odd++
  }
  return odd <= sample.length / 50
}

function utf16([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
