import { joinBytes } from './bytes.js'
import { connectionError } from './connection.js'
import { TimeoutError } from './errors/network.js'
import { IdleWatch } from './idle-watch.js'
import type { Reply } from './pipeline.js'

/** A file as the answer of an operation. It can be read once. */
export class Download {
  /** Name that the server gives, safe as one path segment; undefined when it gives none. */
  readonly name: string | undefined
  /** Media type; `application/octet-stream` where the server names none. */
  readonly type: string
  /** Undefined when the server does not say, or compresses. */
  readonly size: number | undefined
  /** The answer; its body is what the methods here read. */
  readonly response: Response
  private readonly _reply: Reply
  private readonly _idleTimeout: number

  /** `idleTimeout`: milliseconds that a byte may be waited for. */
  constructor(reply: Reply, idleTimeout = Infinity) {
    const { headers } = reply.response
    this._reply = reply
    this._idleTimeout = idleTimeout
    this.response = reply.response
    this.name = filenameOf(headers.get('content-disposition'))
    this.type = headers.get('content-type') ?? 'application/octet-stream'
    const length = headers.get('content-length')
    this.size = length !== null && /^\d+$/.test(length) && headers.get('content-encoding') === null ? Number(length) : undefined
  }

  /** The bytes as they come. A cut connection and one that falls silent are errors, and leaving the loop closes it. */
  async *stream(): AsyncGenerator<Uint8Array> {
    const { system, op, response, attempt, attempts } = this._reply
    const idle = this._idleTimeout
    const silence = () => new TimeoutError(`${system} ${op.id}: nothing came for ${idle} ms`, { system, operation: op.id, attempts, scope: 'attempt', timeoutMs: idle })
    const source = response.body?.getReader()
    const watch = new IdleWatch(idle, () => (attempt === undefined ? void source?.cancel() : attempt.refuse(silence())))
    let received = 0
    let complete = false
    try {
      while (source !== undefined) {
        watch.begin()
        const reading = source.read()
        const next = await (attempt === undefined ? reading : attempt.run(reading))
        watch.end()
        if (watch.expired) throw silence()
        if (next.done) break
        received += next.value.byteLength
        yield next.value
      }
      if (this.size !== undefined && received < this.size) throw new Error(`${received} of ${this.size} bytes came`)
      complete = true
    } catch (error) {
      throw attempt?.ended() ?? (error instanceof TimeoutError ? error : undefined) ?? connectionError(error, { system, operation: op.id, attempts, timeout: Infinity })
    } finally {
      watch.stop()
      if (complete) attempt?.end()
      else {
        attempt?.cancel()
        await source?.cancel().catch(() => undefined)
      }
    }
  }

  /** All of it, in memory. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.stream()) {
      chunks.push(chunk)
      size += chunk.byteLength
    }
    return joinBytes(chunks, size)
  }

  /** All of it, in memory. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  /** All of it as text, read as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  /** All of it, in memory, with its type. */
  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.type })
  }

  /** Closes the connection without reading. */
  async cancel(): Promise<void> {
    this._reply.attempt?.cancel()
    await this.response.body?.cancel().catch(() => undefined)
  }
}

/** The name in a `Content-Disposition`, reduced to one harmless path segment. */
export function filenameOf(disposition: string | null): string | undefined {
  if (disposition === null) return undefined
  const extended = /(?:^|[;\s])filename\*\s*=\s*(?:UTF-8|ISO-8859-1)'[^']*'([^;]+)/i.exec(disposition)?.[1]
  const plain = /(?:^|[;\s])filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))/i.exec(disposition)
  return safeName((extended === undefined ? undefined : decode(extended.trim())) ?? plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2])
}

/** Names of devices on Windows, with whatever comes after a dot. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])\s*(?:\.|$)/i
/** Control characters, halves of characters, marks that turn the direction of writing (and so hide an extension), and what Windows refuses. */
const REFUSED = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"|?*]/gu
const EDGES = /^\s+|[.\s]+$/g
/** Bytes; file systems take 255, and a file that is being written has a longer name for a while. */
const LONGEST = 200

/** Nothing of a path, nothing that a system reserves or refuses, and not too long for any. */
export function safeName(name: string | undefined): string | undefined {
  const last = name?.split(/[/\\]/).pop()?.replace(REFUSED, '_').replace(EDGES, '')
  const clean = last === undefined ? undefined : shorten(last).replace(EDGES, '')
  if (clean === undefined || clean === '') return undefined
  return RESERVED.test(clean) ? `_${clean}` : clean
}

/** The extension stays. */
function shorten(name: string): string {
  const size = (text: string) => new TextEncoder().encode(text).length
  if (size(name) <= LONGEST) return name
  const extension = /\.[^.\s]{1,16}$/.exec(name)?.[0] ?? ''
  let left = LONGEST - size(extension)
  let stem = ''
  for (const character of name.slice(0, name.length - extension.length)) {
    left -= size(character)
    if (left < 0) break
    stem += character
  }
  return stem + extension
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
