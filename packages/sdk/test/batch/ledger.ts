import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface LedgerOptions {
  /** Milliseconds that a request is worked on after its last byte, whether its client lives or not. */
  workMs?: number
  /** Answers or cuts the connection before or after the work; undefined: as usual. */
  fault?(count: number, when: 'before' | 'after', request: IncomingMessage, response: ServerResponse): boolean
  jobMs?: number
  /** The older form of an answer: ids without names. */
  nameless?: boolean
  /** Files that are listed as rejected. */
  reject?(filename: string): boolean
  /** Files that the answer leaves out, though they are taken. */
  omit?(filename: string): boolean
  /** Takes the same content a second time, as systems do that do not look. */
  forgetful?: boolean
}

export interface Accepted { readonly sha: string; readonly filename: string; readonly size: number; readonly job: string; readonly at: number }

/** A server in the manner of FlexOrch that keeps a ledger of what it took: it goes on working when its client has died. */
export class Ledger {
  readonly accepted: Accepted[] = []
  requests = 0
  /** Requests that carried files, and the files that they carried. */
  uploads = 0
  files = 0
  /** The names that came together, request by request. */
  readonly groups: string[][] = []
  /** Uploads of content that was there already. */
  duplicates = 0
  lists = 0
  inWork = 0
  busiest = 0
  private readonly server: Server

  constructor(private readonly options: LedgerOptions = {}) {
    this.server = createServer((request, response) => void this.answer(request, response).catch(() => response.destroy()))
    this.server.keepAliveTimeout = 60_000
  }

  /** The most files that came together. */
  get together(): number {
    return Math.max(0, ...this.groups.map((names) => names.length))
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++
    const path = request.url!.split('?')[0]
    if (request.method === 'POST') return this.upload(request, response)
    if (path === '/jobs' || path === '/documents') {
      this.lists++
      const url = new URL(request.url!, 'http://ledger')
      const [page, size] = [Number(url.searchParams.get('page') ?? 1), Number(url.searchParams.get('page_size') ?? 20)]
      const items = this.accepted.toReversed().slice((page - 1) * size, page * size).map((each) => this.job(each))
      return send(response, 200, { data: { items, total: this.accepted.length, page, page_size: size } })
    }
    if (path === '/knowledge-bases/kb/documents') {
      this.lists++
      return send(response, 200, { success: true, data: this.accepted.map((each) => this.document(each)) })
    }
    const found = this.accepted.find((each) => path === `/jobs/${each.job}`)
    return found ? send(response, 200, { data: this.job(found) }) : send(response, 404, { error: { code: 'NOT_FOUND', message: 'no such job' } })
  }

  private async upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const count = ++this.uploads
    this.busiest = Math.max(this.busiest, ++this.inWork)
    try {
      if (this.options.fault?.(count, 'before', request, response)) return
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const parts = partsOf(Buffer.concat(chunks).toString('latin1'))
      if (parts.length === 0) return send(response, 400, { error: { code: 'MISSING_INPUT', message: 'no file' } })
      this.files += parts.length
      this.groups.push(parts.map(({ filename }) => filename))
      await new Promise((resolve) => setTimeout(resolve, this.options.workMs ?? 0))
      const rejected = parts.filter(({ filename }) => this.options.reject?.(filename)).map(({ filename }) => ({ filename, error: 'UNSUPPORTED_FILE' }))
      const jobs = parts.filter(({ filename }) => !this.options.reject?.(filename)).map((part) => this.takeIn(part))
      if (this.options.fault?.(count, 'after', request, response)) return
      if (request.url!.startsWith('/knowledge-bases/')) return send(response, 201, { success: true, data: this.document(jobs[0]!.entry) })
      if (this.options.nameless === true) return send(response, 202, { data: { job_ids: jobs.map(({ entry }) => entry.job), status: 'queued' } })
      const named = jobs.filter(({ entry }) => !(parts.length > 1 && this.options.omit?.(entry.filename)))
      return send(response, 202, { data: { accepted: jobs.length, rejected, jobs: named.map(({ entry, filename, known }) => ({ filename, job_id: entry.job, status: 'queued', ...(known ? { is_duplicate: true, existing_job_id: entry.job } : {}) })) } })
    } finally {
      this.inWork--
    }
  }

  private takeIn({ filename, content }: Part): { readonly entry: Accepted; readonly filename: string; readonly known: boolean } {
    const sha = createHash('sha256').update(content, 'latin1').digest('hex')
    const known = this.options.forgetful ? undefined : this.accepted.find((each) => each.sha === sha)
    if (known) this.duplicates++
    const entry = known ?? { sha, filename, size: content.length, job: String(1000 + this.accepted.length), at: Date.now() }
    if (!known) this.accepted.push(entry)
    return { entry, filename, known: known !== undefined }
  }

  private document({ job, at, filename, size }: Accepted) {
    return { id: `doc-${job}`, name: filename, fileSize: size, status: Date.now() - at >= (this.options.jobMs ?? 0) ? 'ready' : 'processing', createdAt: new Date(at).toISOString() }
  }

  private job({ job, at, sha, filename }: Accepted) {
    const done = Date.now() - at >= (this.options.jobMs ?? 0)
    return { id: job, job_id: job, status: done ? 'completed' : 'running', filename, sha }
  }
}

interface Part { readonly filename: string; readonly content: string }

/** The files of a multipart body. */
function partsOf(body: string): Part[] {
  const boundary = body.slice(0, body.indexOf('\r\n'))
  return body.split(`${boundary}`).flatMap((part) => {
    const match = /filename="([^"]*)"\r\n[^\r]*\r\n\r\n([\s\S]*)\r\n$/.exec(part)
    return match === null ? [] : { filename: match[1]!, content: match[2]! }
  })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
