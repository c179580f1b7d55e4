import { Lifetime, Reply } from '../../kernel/reply.js'
import type { MockRequest } from '../../kernel/request.js'
import { parseContentType, parseCookies } from '../../kernel/request.js'
import type { Operation, System } from '../../kernel/system.js'
import { isSecretMember } from '../../world/redact.js'
import { Checker } from './check.js'
import { Drift, type DriftReport } from './drift.js'
import { forward, headersBack } from './forward.js'

export interface ProxyOptions {
  /** The real service's base URL, with the vendor's base path: what a client would be given. */
  target: string
  /** Called when something was found that was not known before. */
  onFinding?: () => void
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
    const prefix = `/${this.system.name}/`
    const path = request.path.startsWith(prefix) ? request.path.slice(prefix.length - 1) : request.path
    const found = this.system.router.match(request.method, path)
    const operation = found.kind === 'found' ? found.route : undefined
    this.keepSecrets(request)
    const before = this.count()
    if (operation && found.kind === 'found') await this.checker.request(operation, found.path, request)
    else this.drift.add({ direction: 'request', kind: 'undocumented-operation', pointer: `${request.method} ${path}` })
    const rest = path.startsWith(this.basePath) ? path.slice(this.basePath.length) : path
    const abort = new AbortController()
    let response: Response
    try {
      response = await forward(request, `${this.target}${rest}${request.query ? `?${request.query}` : ''}`, abort.signal)
    } catch (error) {
      const cause = (error as Error).cause as { code?: string } | undefined
      return new Reply(502, { error: `The target cannot be reached: ${cause?.code ?? (error as Error).message}` })
    }
    if (operation) this.drift.answered(operation.id, response.status)
    const type = response.headers.get('content-type') ?? ''
    const reply = parseContentType(type).type === 'text/event-stream' && response.body
      ? this.stream(operation, response, response.body, type, abort)
      : await this.whole(operation, request.method, response, type)
    if (this.count() > before) this.options.onFinding?.()
    return reply
  }

  private async whole(operation: Operation | undefined, method: string, response: Response, type: string): Promise<Reply> {
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (operation && method !== 'HEAD') this.checker.answer(operation, response.status, type, bytes)
    if (bytes.length === 0) return new Reply(response.status, undefined, headersBack(response))
    return Reply.raw(response.status, bytes, headersBack(response))
  }

  /** Passed on as it comes; each event is looked at on the way. */
  private stream(operation: Operation | undefined, response: Response, body: ReadableStream<Uint8Array>, type: string, abort: AbortController): Reply {
    if (operation) this.checker.answer(operation, response.status, type, undefined)
    const lifetime = new Lifetime()
    lifetime.onClose(() => abort.abort())
    const look = (data: string): void => {
      const before = this.count()
      if (operation) this.checker.event(operation, response.status, data)
      if (this.count() > before) this.options.onFinding?.()
    }
    const reply = Reply.raw(response.status, watched(body, look), headersBack(response))
    reply.lifetime = lifetime
    return reply
  }

  private count(): number {
    return this.drift.size
  }

  /** Whatever signs in may come back in an answer. */
  private keepSecrets({ headers }: MockRequest): void {
    for (const [name, value] of Object.entries(headers)) {
      if (name === 'authorization') this.drift.secret(value.replace(/^\w+\s+/, ''))
      if (name === 'x-api-key' || name === 'x-csrf-token' || isSecretMember(name.replaceAll('-', '_'))) this.drift.secret(value)
      if (name === 'cookie') for (const cookie of Object.values(parseCookies(value))) this.drift.secret(cookie)
    }
  }
}

/** The bytes as they are; the data of each whole event goes to `look`. */
async function* watched(body: ReadableStream<Uint8Array>, look: (data: string) => void): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of body) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) {
      const data = block.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, '')).join('\n')
      if (data !== '') look(data)
    }
    yield piece
  }
}
