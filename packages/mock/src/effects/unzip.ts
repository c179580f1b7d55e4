import { unzipSync } from 'fflate'

const MAX_UNZIPPED = 32 * 1024 * 1024

/** Only the members asked for, and none that would unfold beyond measure. */
export function unzip(bytes: Uint8Array, wanted: (name: string) => boolean): Record<string, Uint8Array> {
  let total = 0
  return unzipSync(bytes, { filter: (file) => wanted(file.name) && (total += file.originalSize) <= MAX_UNZIPPED })
}
