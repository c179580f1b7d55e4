import { toUpload, type NamedUpload } from '../../core/uploads.js'

/**
 * An upload of which each piece, and its end, is given only while `check` does not throw. A process that was frozen runs what has come over the network before its
 * timers: by a timer alone, a request that was about to leave would still leave.
 */
export function guarded(source: NamedUpload, check: () => void): NamedUpload {
  const { name, type, size, open } = toUpload(source)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    check()
    for await (const piece of (await open()) as AsyncIterable<Uint8Array>) {
      check()
      yield piece
    }
    check()
  }
  return { name, type, ...(size === undefined ? {} : { size }), stream: pieces }
}
