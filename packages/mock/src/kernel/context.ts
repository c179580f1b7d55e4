import type { UploadedFile } from './body.js'
import type { RouteOperation } from './document.js'
import type { Actor } from './profile.js'
import type { MockRequest } from './request.js'
import { setAt } from './pointer.js'
import { type Lifetime, Reply } from './reply.js'
import { SystemContext } from './system-context.js'
import type { Json, Members } from './types.js'
import type { SystemWorld } from '../world/system-world.js'
import { publicCopy } from '../world/copy.js'
import { type SseEvent, sseFrames } from '../effects/sse.js'
import { paginate, type PageOf } from './paging.js'
import { parseCookies } from './request.js'

/** Nobody: the actor of an operation that needs no credential. */
export const ANONYMOUS: Actor = { scheme: '', credential: '', org: 'main', scopes: [] }

/** What a behaviour gets: the request, already proved and validated, and everything it may do. */
export class Context extends SystemContext {
  constructor(
    world: SystemWorld,
    readonly op: RouteOperation,
    readonly request: MockRequest,
    readonly actor: Actor,
    owner: string,
    /** Ends when the answer has been sent or the client is gone. */
    readonly lifetime: Lifetime,
    readonly path: Readonly<Record<string, string>> = {},
    /** Query parameters, coerced to their types. Undocumented ones are texts. */
    readonly query: Readonly<Record<string, Json>> = {},
    /** The parsed body; of a multipart body the members that are no files. */
    readonly body: Json = undefined,
    readonly files: Readonly<Record<string, UploadedFile[]>> = {},
  ) {
    super(world, owner)
  }

  get org(): string {
    return this.actor.org
  }

  /** A request header. */
  header(name: string): string | undefined {
    return this.request.headers[name.toLowerCase()]
  }

  cookie(name: string): string | undefined {
    return parseCookies(this.request.headers['cookie'])[name]
  }

  /** The first file of a part (of any part when no name is given). */
  file(part?: string): UploadedFile | undefined {
    return part === undefined ? Object.values(this.files)[0]?.[0] : this.files[part]?.[0]
  }

  /** The documented success with this payload, in the vendor's envelope. */
  ok(payload?: Json): Reply {
    return this.reply(this.op.success, payload)
  }

  created(payload: Json): Reply {
    return this.reply(201, payload)
  }

  accepted(payload: Json): Reply {
    return this.reply(202, payload)
  }

  noContent(): Reply {
    return new Reply(204)
  }

  /** Any status with a payload in the envelope. Internal members (`_...`) are dropped. */
  reply(status: number, payload?: Json, headers?: Record<string, string>): Reply {
    if (payload === undefined && this.op.responses[status]?.content === undefined) return new Reply(status, undefined, headers)
    return new Reply(status, this.wrap(publicCopy(payload ?? null)), headers)
  }

  /** A whole body as it stands, beside or without the envelope. */
  bare(body: Json, status = this.op.success): Reply {
    return new Reply(status, publicCopy(body))
  }

  /** One page of `items`, already shown, cut by the operation's own pagination. */
  page(items: readonly Json[], extra?: Members): Reply {
    return paginate(this, { kind: 'all', items }, extra)
  }

  /** One page that was already cut. */
  pageOf(page: PageOf, extra?: Members): Reply {
    return paginate(this, page, extra)
  }

  /** A stream of server-sent events; each object becomes one `data:` line. The generator ends early when the client goes. */
  sse(events: AsyncIterable<SseEvent | Members>, status = this.op.success): Reply {
    const frames = sseFrames(events, {
      lifetime: this.lifetime,
      check: (event) => this.world.checkEvent(this.op, event),
      clock: this.world.clock,
      ...(this.op.method === 'GET' && this.header('last-event-id') !== undefined && { after: this.header('last-event-id') }),
    })
    return Reply.raw(status, frames, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
  }

  /** A download. */
  download(content: string | Uint8Array, type: string, name?: string, status = this.op.success): Reply {
    return Reply.raw(status, content, { 'content-type': type, ...(name && { 'content-disposition': attachment(name) }) })
  }

  redirect(location: string, status = this.op.success): Reply {
    return new Reply(status, undefined, { location })
  }

  /** Waits on the world's clock, or until the client goes. Only in streams and sockets. */
  async sleep(ms: number): Promise<void> {
    await this.world.clock.sleep(ms, this.lifetime)
    this.changing()
  }

  override changing(): void {
    this.lifetime.hold()
  }

  /** A short pause between pieces of a stream; none on a frozen clock. */
  pace(): Promise<void> {
    return this.world.clock.frozen ? Promise.resolve() : this.sleep(this.world.options.streamDelay)
  }

  /**
   * How something long should end: header `X-Mock-Outcome: success|failure|degraded`, else by a word in one of the names
   * ("fail", "degraded"), else success.
   */
  outcome(...names: readonly (string | undefined)[]): 'success' | 'failure' | 'degraded' {
    const header = this.header('x-mock-outcome')
    if (header === 'failure' || header === 'degraded' || header === 'success') return header
    const text = names.join(' ')
    if (/(?:^|[^a-z])(?:fail(?:s|ed|ing|ure)?|corrupt(?:ed)?|broken)(?:[^a-z]|$)/i.test(text)) return 'failure'
    return /(?:^|[^a-z])degraded(?:[^a-z]|$)/i.test(text) ? 'degraded' : 'success'
  }

  wrap(payload: Json): Json {
    if (!this.op.wrapped) return payload
    const { document } = this.world.system.definition
    return setAt({ ...document.constants }, document.payload, payload)
  }
}

/** RFC 6266: a name that a header cannot hold goes beside it, encoded. */
function attachment(name: string): string {
  const safe = name.replaceAll(/[\p{Cc}"\\]|[\ud800-\udfff]/gu, '_')
  const plain = safe.replaceAll(/[^ -~]/gu, '_')
  return `attachment; filename="${plain}"${plain === safe ? '' : `; filename*=UTF-8''${encodeURIComponent(safe).replaceAll(/['()*]/g, (mark) => `%${mark.codePointAt(0)!.toString(16)}`)}`}`
}
