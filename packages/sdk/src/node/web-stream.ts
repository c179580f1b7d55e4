import type { Readable } from 'node:stream'

/** Bytes that are taken from the connection before anybody has asked for them. */
const AHEAD = 64 * 1024

/**
 * A web stream over a Node stream, with back-pressure. What came before a failure is read before the failure is told, which neither a Node stream nor a web stream does of itself: both
 * throw away what they hold.
 */
export function webStream(source: Readable, onUse: () => void): ReadableStream<Uint8Array> {
  const pieces: Uint8Array[] = []
  let held = 0
  let end: { readonly error?: unknown } | undefined
  let wake: (() => void) | undefined
  const settle = (how: { readonly error?: unknown }) => {
    end ??= how
    wake?.()
  }
  source.on('data', ({ buffer, byteOffset, byteLength }: Buffer) => {
    pieces.push(new Uint8Array(buffer, byteOffset, byteLength))
    held += byteLength
    if (held >= AHEAD) source.pause()
    wake?.()
  })
  source.once('end', () => settle({}))
  source.once('error', (error) => settle({ error }))
  source.once('close', () => { if (end === undefined) settle({ error: cut() }) })
  const failed = failureOf(source)
  if (failed !== undefined) settle({ error: failed })

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      onUse()
      if (pieces.length === 0 && end === undefined) await new Promise<void>((resolve) => { wake = resolve })
      wake = undefined
      const piece = pieces.shift()
      if (piece !== undefined) {
        held -= piece.byteLength
        if (held < AHEAD && end === undefined && source.isPaused()) source.resume()
        controller.enqueue(piece)
      } else if (end !== undefined && 'error' in end) controller.error(end.error)
      else controller.close()
    },
    cancel: () => {
      pieces.length = 0
      source.destroy()
    },
  }, { highWaterMark: 0 })
}

/** What a body failed of before anybody read it, which no event says any more; undefined for one that can be read. */
export function failureOf(source: Readable): Error | undefined {
  return source.destroyed && !source.readableEnded ? source.errored ?? cut() : undefined
}

export function cut(): Error {
  return Object.assign(new Error('the connection was closed before the body was complete'), { code: 'ECONNRESET' })
}
