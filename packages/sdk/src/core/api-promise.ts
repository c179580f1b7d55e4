import type { Reply } from './pipeline.js'
import { trueResponse } from './true-response.js'

/** A result with what the answer said around it. */
export interface WithResponse<T> {
  /** The payload, as the promise itself gives it. */
  readonly data: T
  /** The answer; its body has been read. */
  readonly response: Response
  /** The vendor's id of the request; undefined where it gives none. */
  readonly requestId: string | undefined
  /** How many requests were made. */
  readonly attempts: number
  /** The key that the call carried, where its operation takes one. */
  readonly idempotencyKey: string | undefined
}

export type Start = (read: 'text' | 'stream') => Promise<Reply>

const soon = /* @__PURE__ */ Promise.resolve()

/**
 * The promise of a result. The request starts in the same turn of the event loop, after the caller had the chance to ask for the raw answer instead;
 * it is made once, however often the promise is used.
 */
export class ApiPromise<T> extends Promise<T> {
  private _started: Promise<Reply> | undefined
  private _parsed: Promise<T> | undefined
  private readonly _start: Start
  private readonly _parse: (reply: Reply) => T | Promise<T>
  protected readonly _read: 'text' | 'stream'

  constructor(start: Start, parse: (reply: Reply) => T | Promise<T>, read: 'text' | 'stream' = 'text') {
    super(() => undefined)
    this._start = start
    this._parse = parse
    this._read = read
    // A job of its own, without the context that queueMicrotask keeps on Node.
    void soon.then(() => void this._reply(this._read))
  }

  /** Promises made from this one are plain. */
  static override get [Symbol.species](): PromiseConstructor { return Promise }

  /** The answer as it came, its body unread: reading or cancelling it is then the caller's. */
  async asResponse(): Promise<Response> {
    const reply = await this._reply('stream')
    if (reply.attempt === undefined) return (await import('./light-response.js')).lightResponse(reply.response, reply.text)
    reply.attempt.end()
    return trueResponse(reply.response)
  }

  /** The payload with what the answer said around it: status, headers, request id, attempts. */
  async withResponse(): Promise<WithResponse<T>> {
    const [data, { response, requestId, attempts, idempotencyKey }] = await Promise.all([this._data(), this._reply(this._read)])
    // Only who looks at it has one made.
    return { data, get response() { return trueResponse(response) }, requestId, attempts, idempotencyKey }
  }

  override then<A = T, B = never>(done?: ((value: T) => A | PromiseLike<A>) | null, failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this._data().then(done, failed)
  }

  override catch<B = never>(failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this._data().catch(failed)
  }

  override finally(done?: (() => void) | null): Promise<T> {
    return this._data().finally(done)
  }

  protected _reply(read: 'text' | 'stream'): Promise<Reply> {
    return this._started ??= this._start(read)
  }

  private _data(): Promise<T> {
    return this._parsed ??= this._reply(this._read).then((reply) => {
      if (this._read === 'text' && reply.attempt !== undefined) throw new TypeError('asResponse() has taken the answer: its body is for the caller to read')
      return this._parse(reply)
    })
  }
}
