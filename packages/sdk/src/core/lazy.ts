import type { Body, MultipartEncoder } from './body.js'
import type { EventStreamOpener } from './event-stream.js'

/** Parts of a system that are loaded by the first call that needs them, so that the others do not carry them. */

export const events: EventStreamOpener = async (reply, settings) => (await import('./event-stream.js')).openEventStream(reply, settings)

/** The body is put together when it is first opened. */
export const multipart: MultipartEncoder = (fields, files, onProgress) => {
  let body: Body | undefined
  return {
    get headers() { return body?.headers ?? {} },
    // Before it is opened nothing of it has been used.
    get replayable() { return body?.replayable ?? true },
    open: async () => {
      body ??= (await import('./multipart.js')).encodeMultipart(fields, files, onProgress)
      return body.open()
    },
  }
}
