/**
 * Text of a file or a pipe. Programs on Windows put a byte order mark in front of UTF-8, and Windows PowerShell writes `>` in UTF-16: both are read for
 * what they are.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}
