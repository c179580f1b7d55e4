import { createHash } from 'node:crypto'
import { IdleWatch } from '../core/idle-watch.js'
import type { Fetch } from '../core/options.js'
import { chunksOf } from '../core/uploads.js'
import { nodeTransport } from '../node/transport.js'
import { bareAddress } from './address.js'
import { hashBytes } from './identity.js'
import { ItemProblem, type Prepared } from './prepare.js'

export interface RemoteFile {
  /** Where it is fetched; may hold a signature, which nothing shows. */
  readonly source: string
  readonly name: string
  readonly sha256?: string | undefined
  readonly size?: number | undefined
}

let transport: Fetch | undefined
/** Milliseconds without a byte after which a source is given up. */
const IDLE = 60_000
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/**
 * A file of an object store, sent on as it comes: never whole in memory. Its size is asked for first, with a range of one byte, as a signature for GET is not one
 * for HEAD. Bytes that are not those of the hash, or of the size, are noticed before the last of them is passed on, so the server never has a whole wrong file.
 */
export async function prepareRemote(file: RemoteFile, fetch: Fetch = (transport ??= nodeTransport()), idle = IDLE): Promise<Prepared> {
  const shown = bareAddress(file.source)
  const { protocol, hostname } = new URL(file.source)
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.test(hostname))) throw new ItemProblem('INVALID_ADDRESS', `${shown}: only https:// addresses are fetched`)
  const { size, tag } = await look(file.source, shown, fetch)
  if (size === 0) throw new ItemProblem('EMPTY_FILE', `${shown} is empty`)
  if (file.size !== undefined && file.size !== size) throw new ItemProblem('CHANGED', `${shown} has ${size} bytes; ${file.size} were expected`)
  const sha256 = file.sha256 ?? hashBytes(Buffer.from(`url:${shown}\n${size}\n${tag ?? ''}`))
  return {
    sha256, size, unchanged: async () => true,
    upload: { name: file.name, size, stream: () => content(file, shown, size, tag, fetch, idle) },
  }
}

async function look(source: string, shown: string, fetch: Fetch): Promise<{ size: number; tag: string | undefined }> {
  const response = await get(source, shown, fetch, { range: 'bytes=0-0' }, AbortSignal.timeout(30_000))
  await response.body?.cancel()
  const length = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? (response.status === 206 ? undefined : response.headers.get('content-length'))
  if (length === undefined || length === null) throw new ItemProblem('NO_SIZE', `${shown} does not say how long it is`)
  return { size: Number(length), tag: response.headers.get('etag') ?? undefined }
}

async function* content({ source, sha256 }: RemoteFile, shown: string, size: number, tag: string | undefined, fetch: Fetch, idle: number): AsyncGenerator<Uint8Array> {
  const changed = () => new Error(`${shown} was changed while it was sent`)
  const ending = new AbortController()
  // Only while something is waited for: how fast it is taken is not the source's affair.
  const watch = new IdleWatch(idle, () => ending.abort(new ItemProblem('SOURCE_STALLED', `${shown}: nothing came for ${idle / 1_000} s`)))
  try {
    watch.begin()
    const response = await get(source, shown, fetch, {}, ending.signal)
    if ((response.headers.get('etag') ?? undefined) !== tag || response.body === null) throw changed()
    const hash = createHash('sha256')
    let [seen, held] = [0, undefined as Uint8Array | undefined]
    for await (const chunk of chunksOf(response.body)) {
      watch.end()
      seen += chunk.byteLength
      if (seen > size) throw changed()
      hash.update(chunk)
      if (held !== undefined) yield held
      held = chunk
      watch.begin()
    }
    watch.end()
    if (seen !== size || (sha256 !== undefined && hash.digest('hex') !== sha256)) throw changed()
    if (held !== undefined) yield held
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error
  } finally {
    watch.stop()
    ending.abort()
  }
}

async function get(source: string, shown: string, fetch: Fetch, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
  let response: Response
  try {
    response = await fetch(source, { method: 'GET', headers: { ...headers, 'accept-encoding': 'identity' }, redirect: 'error', signal })
  } catch (error) {
    throw new ItemProblem('SOURCE_UNREACHABLE', `${shown} cannot be fetched: ${String((error as NodeJS.ErrnoException).code ?? (error as Error).name)}`)
  }
  // How an empty file is answered for.
  if (response.ok || (response.status === 416 && response.headers.get('content-range')?.endsWith('/0') === true)) return response
  await response.body?.cancel()
  throw new ItemProblem(response.status === 404 ? 'NOT_FOUND' : `SOURCE_HTTP_${response.status}`, `${shown} answers ${response.status}${response.status === 403 ? ': the signature of its address may have expired' : ''}`)
}
