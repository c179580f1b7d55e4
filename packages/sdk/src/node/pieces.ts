import { open } from 'node:fs/promises'

/** Bytes that are read at a time. */
export const PIECE = 1 << 16
/** Buffers that are kept for the next reader at most: what sixteen uploads at a time have under way. */
const KEPT = 64
/** By name, as there may be more than one copy of this module. */
const RETURN = Symbol.for('orkit.piece.return')

const spare: Buffer[] = []

/** A buffer for a piece. It comes back by `giveBack`, or is garbage like any other. */
export function borrow(): Buffer {
  const known = spare.pop()
  if (known !== undefined) return lend(known)
  // One of its own: a slice of Node's pool would lead to others' bytes.
  return lend(Buffer.allocUnsafeSlow(PIECE))
}

/** Called by whoever knows that nobody looks at a piece any more; of bytes that were not borrowed, and a second time, it does nothing. */
export function giveBack(piece: Uint8Array): void {
  const memory = piece.buffer as { [RETURN]?: () => void }
  const back = memory[RETURN]
  memory[RETURN] = undefined
  back?.()
}

function lend(buffer: Buffer): Buffer {
  ;(buffer.buffer as { [RETURN]?: () => void })[RETURN] = () => {
    if (spare.length < KEPT) spare.push(buffer)
  }
  return buffer
}

/**
 * A file piece by piece. A transport that gives pieces back keeps the memory of many large uploads flat; with any other each piece is a
 * buffer of its own that nobody touches again.
 */
export async function* readPieces(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    for (;;) {
      const buffer = borrow()
      const { bytesRead } = await handle.read(buffer, 0, PIECE, null)
      if (bytesRead === 0) return giveBack(buffer)
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}
