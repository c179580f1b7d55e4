import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sleep } from '../core/clock.js'
import type { Download } from '../core/download.js'
import { ApiError } from '../core/errors/api.js'
import { AbortedError, ConnectionError, TimeoutError } from '../core/errors/network.js'
import type { RequestOptions } from '../core/options.js'
import { retryDelay } from '../core/retry.js'

/** How a download is taken up again. */
export interface ResumeOptions {
  /** How often a cut download is taken up again without a byte coming in between. Default 5. */
  maxRetries?: number
  /** Ends it with an `AbortedError`; what came so far stays for the next call. */
  signal?: AbortSignal
  /** Called after each piece that is written. Bytes: `received` counts those of earlier runs too, `total` is undefined where the server does not say. */
  onProgress?: (progress: { readonly received: number; readonly total: number | undefined }) => void
}

/** What is known of a part that is on disk: by it the server says whether it is still part of the same file. */
interface PartFacts {
  readonly validator: string
  readonly total: number | undefined
}

/**
 * Writes a download to a file, and takes it up where it was cut: `await resumeToFile((more) => orca.reports.download(id, more), 'report.pdf')`. What came so far is kept
 * beside the target, also when the process dies; the next call goes on from there. Where the server allows no ranges, or the file has changed since, it begins
 * anew. The target appears whole or not at all.
 */
export async function resumeToFile(start: (options: RequestOptions) => PromiseLike<Download>, target: string, { maxRetries = 5, signal, onProgress }: ResumeOptions = {}): Promise<string> {
  const part = join(dirname(target), `.${basename(target)}.part`)
  await mkdir(dirname(target), { recursive: true })
  for (let failures = 0; ;) {
    const before = await sizeOf(part)
    try {
      await once(start, part, signal, onProgress)
      await rename(part, target)
      await rm(`${part}.json`, { force: true })
      return target
    } catch (error) {
      if (await sizeOf(part) > before) failures = 0
      if (!mayPass(error) || ++failures > maxRetries) throw error
      await sleep(retryDelay(failures, undefined, Math.random), signal).catch(() => undefined)
      if (signal?.aborted) throw new AbortedError('the download was aborted by the caller', { reason: signal.reason })
    }
  }
}

async function once(start: (options: RequestOptions) => PromiseLike<Download>, part: string, signal: AbortSignal | undefined, onProgress: ResumeOptions['onProgress']): Promise<void> {
  const facts = await factsOf(part)
  const have = facts === undefined ? 0 : await sizeOf(part)
  const ranged = facts !== undefined && have > 0
  let download: Download
  try {
    download = await start({ ...(signal === undefined ? {} : { signal }), headers: { 'accept-encoding': 'identity', ...(ranged ? { range: `bytes=${have}-`, 'if-range': facts.validator } : {}) } })
  } catch (error) {
    if (!ranged || !(error instanceof ApiError) || error.status !== 416) throw error
    if (have === facts.total) return
    await rm(part, { force: true })
    return once(start, part, signal, onProgress)
  }
  const { headers, status } = download.response
  const [, from, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? []
  const continues = status === 206 && ranged && Number(from) === have
  if (status === 206 && !continues) {
    // A piece that was not asked for: begin anew without asking for one.
    await download.cancel()
    await rm(part, { force: true })
    await rm(`${part}.json`, { force: true })
    throw new ConnectionError(`the server sent another range than bytes ${have}-`, { code: 'range_mismatch' })
  }
  const total = continues ? (whole === undefined || whole === '*' ? facts!.total : Number(whole)) : download.size
  const validator = strong(headers.get('etag')) ?? headers.get('last-modified') ?? undefined
  // Emptied before it is said to be of another version: in between, the process may die.
  const file = await open(part, continues ? 'a' : 'w')
  let received = continues ? have : 0
  try {
    // A server that names no version could send the rest of another file, and ranges count the bytes of the wire: decoded ones do not fit them.
    if (validator !== undefined && headers.get('content-encoding') === null && (continues || headers.get('accept-ranges') === 'bytes')) await writeFile(`${part}.json`, JSON.stringify({ validator, total } satisfies PartFacts))
    else await rm(`${part}.json`, { force: true })
    for await (const chunk of download.stream()) {
      await file.writeFile(chunk)
      received += chunk.byteLength
      onProgress?.({ received, total })
    }
    if (total !== undefined && received !== total) throw new ConnectionError(`${received} of ${total} bytes came`, { code: 'truncated' })
    await file.sync()
  } finally {
    await file.close()
  }
}

function strong(etag: string | null): string | undefined {
  return etag === null || etag.startsWith('W/') ? undefined : etag
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(({ size }) => size, () => 0)
}

async function factsOf(part: string): Promise<PartFacts | undefined> {
  try {
    const facts = JSON.parse(await readFile(`${part}.json`, 'utf8')) as PartFacts
    return typeof facts.validator === 'string' ? facts : undefined
  } catch {
    return undefined
  }
}

function mayPass(error: unknown): boolean {
  return (error instanceof ConnectionError || error instanceof TimeoutError || error instanceof ApiError) && error.retryable
}
