import type { Body, MultipartEncoder } from './body.js'
import { isBrowser } from './environment.js'
import { InvalidArgumentError } from './errors/base.js'
import { randomId } from './idempotency.js'
import { chunksOf, isUploadable, toUpload, type Progress, type Upload, type Uploadable } from './uploads.js'
import { scalar } from './url.js'

interface Part { readonly head: Uint8Array<ArrayBuffer>; readonly upload?: Upload; readonly text?: Uint8Array<ArrayBuffer> }

const encoder = /* @__PURE__ */ new TextEncoder()
const bytes = (text: string) => encoder.encode(text) as Uint8Array<ArrayBuffer>
const CRLF = '\r\n'

/**
 * `multipart/form-data` in the order of the fields. Bytes and blobs go as one Blob, whose length is known everywhere; as soon as a part is a stream the
 * body is a stream too, with a `Content-Length` when all sizes are known. Nothing is read before the transport asks for it.
 */
export const encodeMultipart: MultipartEncoder = (fields, files, onProgress) => {
  const boundary = `orkit-${randomId()}`
  const parts = Object.entries(fields).flatMap(([name, value]) => partsOf(boundary, name, value, files.includes(name)))
  const tail = bytes(`--${boundary}--${CRLF}`)
  const total = sizeOf(parts, tail)
  const replayable = parts.every((part) => part.upload?.replayable ?? true)
  const type = `multipart/form-data; boundary=${boundary}`
  // Browsers get a Blob for progress too, which is then told once, when all is handed over: many of them cannot send a stream.
  if ((onProgress === undefined || isBrowser()) && parts.every((part) => part.upload === undefined || part.upload.bytes !== undefined)) {
    const blob = new Blob([...parts.flatMap((part) => [part.head, part.upload?.bytes ?? part.text!, CRLF]), tail], { type })
    const open = () => {
      onProgress?.({ sent: blob.size, total: blob.size })
      return blob
    }
    return { headers: { 'content-type': type }, replayable, open }
  }
  const headers: Record<string, string> = total === undefined ? { 'content-type': type } : { 'content-type': type, 'content-length': String(total) }
  return { headers, replayable, open: opener(() => write(parts, tail), replayable, total, onProgress) } satisfies Body
}

function partsOf(boundary: string, name: string, value: unknown, isFile: boolean): Part[] {
  if (value === undefined || value === null) return []
  const values = Array.isArray(value) ? value : [value]
  return values.map((each: unknown) => {
    if (isFile && typeof each !== 'string' ? true : !isFile && isUploadable(each) && !isPlainData(each)) {
      const upload = toUpload(each as Uploadable, name)
      return { head: bytes(`--${boundary}${CRLF}Content-Disposition: form-data; name="${quote(name)}"; filename="${quote(upload.name)}"${CRLF}Content-Type: ${upload.type}${CRLF}${CRLF}`), upload }
    }
    if (isFile) throw new InvalidArgumentError(`${name} must be a file; for text give { name: 'file.txt', data: text }, for a path use fileFromPath of @orkit/sdk/node`)
    return { head: bytes(`--${boundary}${CRLF}Content-Disposition: form-data; name="${quote(name)}"${CRLF}${CRLF}`), text: bytes(scalar(each)) }
  })
}

/** A settings object with a member called `data` is a field, not a file. */
function isPlainData(value: unknown): boolean {
  return Object.getPrototypeOf(value) === Object.prototype && !('name' in (value as object) && ('data' in (value as object) || 'stream' in (value as object)))
}

/** As browsers write names: UTF-8 as it is, quotes and line ends as percent escapes, other control characters dropped. */
function quote(name: string): string {
  // oxlint-disable-next-line no-control-regex
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A').replace(/[\u0000-\u001f\u007f]/g, '')
}

function sizeOf(parts: readonly Part[], tail: Uint8Array): number | undefined {
  let total = tail.byteLength
  for (const part of parts) {
    const size = part.upload ? part.upload.size : part.text!.byteLength
    if (size === undefined) return undefined
    total += part.head.byteLength + size + CRLF.length
  }
  return total
}

async function* write(parts: readonly Part[], tail: Uint8Array): AsyncGenerator<Uint8Array> {
  const end = bytes(CRLF)
  for (const { head, upload, text } of parts) {
    yield head
    if (text) yield text
    else yield* content(upload!)
    yield end
  }
  yield tail
}

async function* content(upload: Upload): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const chunk of chunksOf(await upload.open())) {
    sent += chunk.byteLength
    if (upload.size !== undefined && sent > upload.size) break
    yield chunk
  }
  if (upload.size !== undefined && sent !== upload.size) throw new InvalidArgumentError(`${upload.name} changed while it was sent: ${upload.size} bytes were announced`)
}

function opener(source: () => AsyncGenerator<Uint8Array>, replayable: boolean, total: number | undefined, onProgress: ((progress: Progress) => void) | undefined): () => ReadableStream<Uint8Array> {
  let opened = false
  return () => {
    if (opened && !replayable) throw new InvalidArgumentError('this body was sent already and its source cannot be read twice')
    opened = true
    const chunks = source()
    let sent = 0
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = await chunks.next()
        if (next.done) return controller.close()
        sent += next.value.byteLength
        controller.enqueue(next.value)
        onProgress?.({ sent, total })
      },
      async cancel() {
        await chunks.return(undefined)
      },
    }, { highWaterMark: 0 })
  }
}
