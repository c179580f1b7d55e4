import { Lifetime, Reply } from '../../kernel/reply.js'
import type { MockRequest } from '../../kernel/request.js'
import { parseContentType, parseCookies, parseQuery } from '../../kernel/request.js'
import type { Operation, System } from '../../kernel/system.js'
import { isSecretMember } from '../../world/redact.js'
import { Checker } from './check.js'
import { Drift, type DriftReport } from './drift.js'
import { forward, headersBack } from './forward.js'
import { watched } from './watched.js'

export interface ProxyOptions {
  /** The real service's base URL, with the vendor's base path: what a client would be given. */
  target: string
  /** Called when something was found that was not known before. */
  onFinding?: () => void
}

/** A request on its way: what the document calls it, and where it goes. */
export interface Sent {
  operation: Operation | undefined
  url: string
}

/** Stands between a client and a real service, changes nothing, and notes where either departs from the document. */
export class ContractProxy {
  private readonly drift: Drift
  private readonly checker: Checker
  private readonly target: string

  constructor(private readonly system: System, document: unknown, private readonly basePath: string, private readonly options: ProxyOptions) {
    this.target = options.target.replace(/\/+$/, '')
    this.drift = new Drift(system.name, this.target)
    this.checker = new Checker(document, this.drift)
  }

  report(): DriftReport {
    return this.drift.toJSON()
  }

  async respond(request: MockRequest): Promise<Reply> {
    // All of it, before the check would read as much as this server takes: what the target takes is its own affair.
    if (request.method !== 'GET' && request.method !== 'HEAD') await request.body()
    const sent = await this.enter(request)
    const abort = new AbortController()
    let response: Response
    try {
      response = await forward(request, sent.url, abort.signal)
    } catch (error) {
      const cause = (error as Error).cause as { code?: string } | undefined
      return new Reply(502, { error: `The target cannot be reached: ${cause?.code ?? (error as Error).message}` })
    }
    const type = response.headers.get('content-type') ?? ''
    if (parseContentType(type).type === 'text/event-stream' && response.body) return this.stream(sent, response, response.body, type, abort)
    const bytes = new Uint8Array(await response.arrayBuffer())
    this.answered(sent, response.status, type, request.method === 'HEAD' ? 'head' : bytes)
    return bytes.length === 0 ? new Reply(response.status, undefined, headersBack(response)) : Reply.raw(response.status, bytes, headersBack(response))
  }

  /** Finds the operation of a request and holds it against the document. */
  async enter(request: MockRequest): Promise<Sent> {
    const prefix = `/${this.system.name}/`
    const path = request.path.startsWith(prefix) ? request.path.slice(prefix.length - 1) : request.path
    const found = this.system.router.match(request.method, path)
    this.keepSecrets(request)
    await this.noting(async () => {
      if (found.kind === 'found') await this.checker.request(found.route, found.path, request)
      else this.drift.add({ direction: 'request', kind: 'undocumented-operation', pointer: `${request.method} ${path}` })
    })
    return { operation: found.kind === 'found' ? found.route : undefined, url: `${this.address(path)}${request.query ? `?${request.query}` : ''}` }
  }

  /** Holds an answer against the document: its whole body, `undefined` where that is a stream, `head` where there is none to be. */
  answered({ operation }: Sent, status: number, type: string, body: Uint8Array | undefined | 'head'): void {
    if (!operation) return
    this.drift.answered(operation.id, status)
    if (body !== 'head') void this.noting(() => this.checker.answer(operation, status, type, body))
  }

  /** A socket was opened. */
  opened({ operation }: Sent): void {
    if (!operation) return
    this.drift.answered(operation.id, 101)
    void this.noting(() => this.checker.upgraded(operation))
  }

  /** One event of a stream, or message of a socket. */
  event({ operation }: Sent, status: number, data: string): void {
    if (operation) void this.noting(() => this.checker.event(operation, status, data))
  }

  /** Passed on as it comes; each event is looked at on the way. */
  private stream(sent: Sent, response: Response, body: ReadableStream<Uint8Array>, type: string, abort: AbortController): Reply {
    this.answered(sent, response.status, type, undefined)
    const lifetime = new Lifetime()
    lifetime.onClose(() => abort.abort())
    const reply = Reply.raw(response.status, watched(body, (data) => this.event(sent, response.status, data)), headersBack(response))
    reply.lifetime = lifetime
    return reply
  }

  /** Tells of what is found meanwhile that was not known before. */
  private noting<T>(look: () => T): T {
    const before = this.drift.size
    const told = (): void => void (this.drift.size > before && this.options.onFinding?.())
    const result = look()
    if (result instanceof Promise) void result.then(told, () => {})
    else told()
    return result
  }

  /** Paths that the document has beside its base path (sockets, mostly) are beside it at the target too. */
  private address(path: string): string {
    if (path.startsWith(this.basePath)) return this.target + path.slice(this.basePath.length)
    return (this.target.endsWith(this.basePath) ? this.target.slice(0, this.target.length - this.basePath.length) : this.target) + path
  }

  /** Whatever signs in may come back in an answer. */
  private keepSecrets({ headers, query }: MockRequest): void {
    for (const [name, value] of Object.entries(headers)) {
      if (name === 'authorization') this.drift.secret(value.replace(/^\w+\s+/, ''))
      if (name === 'x-api-key' || name === 'x-csrf-token' || isSecretMember(name.replaceAll('-', '_'))) this.drift.secret(value)
      if (name === 'cookie') for (const cookie of Object.values(parseCookies(value))) this.drift.secret(cookie)
    }
    for (const part of query.split('&')) {
      const [name = '', value = ''] = part.split('=')
      if (!isSecretMember(name)) continue
      this.drift.secret(value)
      this.drift.secret(decoded(value))
    }
  }
}

function decoded(text: string): string | undefined {
  try {
    return parseQuery(`x=${text}`)[0]![1]
  } catch {
    return undefined
  }
}
