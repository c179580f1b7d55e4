import { Limiter } from '../rate-limit/limiter.js'
import { ApiPromise, type Start } from './api-promise.js'
import { Schemes, type AuthFactories } from './auth/select.js'
import { memoryTokenStore } from './auth/types.js'
import type { MultipartEncoder } from './body.js'
import { RetryBudget } from './budget.js'
import type { ClientSocket } from './client-socket.js'
import { systemClock, type Clock } from './clock.js'
import { checkDuration } from './deadline.js'
import { IDLE_TIMEOUT, MAX_RETRIES, MAX_RETRY_DELAY, TIMEOUT } from './defaults.js'
import type { Download } from './download.js'
import { env } from './environment.js'
import { isFailure, payloadOf } from './envelope.js'
import { InvalidArgumentError } from './errors/base.js'
import type { EventStreamOpener } from './event-stream.js'
import type { Started, WaitIds } from './follow.js'
import { createLog, type Log } from './log.js'
import type { Operation, SystemProfile } from './operation.js'
import type { ClientOptions, Fetch, RequestOptions, Secret } from './options.js'
import { PagePromise } from './page-promise.js'
import { compose, type Call, type Reply, type Send } from './pipeline.js'
import { platformFetch } from '#platform-fetch'
import { authPolicy, retryPolicy } from './policies.js'
import { RateLimits } from './rate-limits.js'
import { createRedactor, type Redactor } from './redact.js'
import { checkHeaders, lowerCase, matches, prepareRequest, standardHeaders, type Prepared, type RequestContext } from './request.js'
import { isRepeatable } from './retry.js'
import type { SocketStream } from './socket.js'
import { StreamPromise } from './stream-promise.js'
import { createTransport } from './transport.js'
import { parseBase, type Base, type PathParams } from './url.js'
import type { WaitOptions } from './wait.js'
import { WaitablePromise } from './waitable.js'
import type { Watcher } from './watch.js'

export type { Secret }

/** What a system brings along: only what its document needs, so that nothing else is bundled. */
export interface ClientParts {
  /** Makers of strategies, by the name of the strategy. */
  readonly auth: AuthFactories
  /** Writes uploads. Absent: a call with files rejects with `InvalidArgumentError`. */
  readonly multipart?: MultipartEncoder
  /** Reads event streams. Absent: an operation that streams rejects with `InvalidArgumentError`. */
  readonly events?: EventStreamOpener
  /** Opens sockets. Absent: an operation over a socket throws `InvalidArgumentError`. */
  readonly socket?: ClientSocket
  /** The ids in a start's answer, where the vendor has more shapes than the document shows. */
  readonly waitIds?: WaitIds
  /** Makes `.wait()` listen to a socket first, where the document names one. Absent: it only polls. */
  readonly watch?: Watcher
}

/** The arguments of an operation: path parameters, and query, header and body members in one object. */
export interface OperationInput {
  /** Path parameters, by the names in the template. */
  readonly path?: PathParams
  /** Everything else, by the names on the wire: they are told apart by the document. */
  readonly params?: object
}

/** Calls the operations of one system. The system's own class adds its resources. */
export class ApiClient {
  /** What the document says of the whole system. */
  readonly profile: SystemProfile
  /** The operations by id, as the document has them. */
  readonly operations: Readonly<Record<string, Operation>>
  /** What the server last said about its limits, by category, and what was used of them. */
  readonly rateLimits: RateLimits
  /** @internal */ readonly _options: ClientOptions
  /** @internal */ readonly _clock: Clock
  /** @internal */ readonly _redactor: Redactor
  /** @internal */ readonly _parts: ClientParts
  /** @internal */ readonly _schemes: Schemes
  /** The caller's own, for every request. @internal */
  readonly _headers: Readonly<Record<string, string>>
  private readonly _log: Log
  private readonly _send: Send
  private readonly _timeout: number
  private readonly _deadline: number
  private readonly _variable: string
  private _parsed: { readonly from: string; readonly base: Base; readonly requests: RequestContext } | undefined

  constructor(profile: SystemProfile, operations: Readonly<Record<string, Operation>>, options: ClientOptions, parts: ClientParts) {
    this.profile = profile
    this.operations = operations
    this._options = options
    this._parts = parts
    this._variable = `${profile.system.toUpperCase()}_BASE_URL`
    this._timeout = checkDuration('timeout', options.timeout ?? TIMEOUT)
    this._deadline = checkDuration('deadline', options.deadline ?? Infinity)
    const clock = this._clock = { ...systemClock, ...options.clock }
    this._redactor = createRedactor(Object.values(profile.schemes).flatMap((scheme) => scheme.credentials.flatMap((credential) => credential.prefix ?? [])), profile.secrets)
    this._log = createLog(options.logLevel ?? env('ORKIT_LOG'), options.logger)
    this._headers = lowerCase(options.headers)
    checkHeaders(this._headers)
    const credentials = options as Readonly<Record<string, Secret | undefined>>
    const { rateLimit = true } = options
    const limiter = rateLimit === false ? undefined : new Limiter(profile, rateLimit === true ? {} : rateLimit, options, clock)
    this.rateLimits = new RateLimits(profile, limiter)
    this._schemes = new Schemes({
      profile,
      store: options.tokenStore ?? memoryTokenStore(),
      persistent: options.tokenStore !== undefined,
      clock, credentials,
      origin: () => this._base().origin,
      learn: this._redactor.learn,
      invoke: (operation, params, headers) => this._attempt({ ...this._operation(operation), auth: [] }, {}, params, { headers: headers ?? {}, retryUnsafe: false }, 'text', true),
    }, parts.auth)
    for (const policy of options.policies ?? []) policy.attach?.(this)
    const shared = { clock, hooks: options.hooks ?? {}, log: this._log }
    const budget = options.retryBudget === false ? undefined : options.retryBudget ?? new RetryBudget()
    this._send = compose(
      [retryPolicy({ ...shared, budget }), ...(options.policies ?? []), authPolicy({ now: clock.now })],
      createTransport({ ...shared, redactor: this._redactor, rateLimits: this.rateLimits, limiter }),
    )
  }

  /** Where the API is: the option, the environment as it is now, or the vendor's address. */
  get baseUrl(): string {
    return this._options.baseUrl ?? env(this._variable) ?? this.profile.baseUrl
  }

  /** Calls any operation by its id. What comes back depends on its kind: a result, a list, a stream, a socket, a download. */
  request<R = ApiPromise<unknown>>(operation: string, { path = {}, params }: OperationInput = {}, options?: RequestOptions): R {
    const op = this._operation(operation)
    const run = () => {
      if (op.stream?.kind === 'websocket') return this._socket(op, path, params, options)
      if (op.stream !== undefined && matches(op.stream.when, params)) return this._stream(op, path, params, options)
      if (op.binary === true) return this._download(op, path, params, options)
      if (op.paginate !== undefined) return this._list(op, path, params, options)
      return op.wait === undefined ? this._call(op, path, params, options) : this._wait(op, path, params, options)
    }
    return run() as R
  }

  /** Signs in now, rather than with the first call that needs it. */
  async signIn(): Promise<void> {
    const ready = this._schemes.interactive().filter((strategy) => strategy.ready())
    const [strategy] = ready
    if (strategy?.signIn === undefined) throw new InvalidArgumentError(`${this.profile.name}: there is nothing to sign in with`)
    await strategy.signIn()
  }

  /** Ends the session, here and on the server. */
  async signOut(): Promise<void> {
    for (const strategy of this._schemes.interactive()) await strategy.signOut?.()
  }

  /** Follows work that was started earlier to its end. `payload` is what the start answered, or has its ids at the same place. */
  async waitFor<R = unknown>(operation: string, { path = {}, payload }: { path?: PathParams; payload: unknown }, options: WaitOptions = {}): Promise<R> {
    return this._follow<R>({ op: this._operation(operation), path, started: payload, reply: undefined, options: undefined }, options)
  }

  /** @internal */
  _call<T>(op: Operation, path: PathParams, params?: object, options?: RequestOptions): ApiPromise<T> {
    return new ApiPromise<T>(this._start(op, path, params, options), this._result as (reply: Reply) => T)
  }

  /** @internal */
  _list<T>(op: Operation, path: PathParams, params?: object, options?: RequestOptions): PagePromise<T> {
    const position = op.paginate?.position
    return new PagePromise<T>(this._start(op, path, params, options), {
      op,
      profile: this.profile,
      params: { ...params } as Record<string, unknown>,
      prefetch: options?.prefetch,
      signal: options?.signal,
      fetchAt: (next, signal) => this._reply(op, path, position === undefined ? params : { ...params, [position]: next }, signal === undefined ? options : { ...options, signal }, 'text'),
    })
  }

  /** @internal */
  _wait<T, R>(op: Operation, path: PathParams, params?: object, options?: RequestOptions): WaitablePromise<T, R> {
    return new WaitablePromise<T, R>(this._start(op, path, params, options), this._result as (reply: Reply) => T, (started, reply, wait) => this._follow<R>({ op, path, started, reply, options }, wait))
  }

  /** @internal */
  _download(op: Operation, path: PathParams, params?: object, options?: RequestOptions): ApiPromise<Download> {
    const idle = checkDuration('idleTimeout', options?.idleTimeout ?? IDLE_TIMEOUT)
    return new ApiPromise<Download>(this._start(op, path, params, options), async (reply) => new (await import('./download.js')).Download(reply, idle), 'stream')
  }

  /** @internal */
  _stream<E>(op: Operation, path: PathParams, params?: object, options?: RequestOptions): StreamPromise<E> {
    const asked = { ...params, ...op.stream?.when }
    return new StreamPromise<E>(this._start(op, path, asked, options), async (reply) => (await import('./client-stream.js')).streamOf<E>(this, reply, op, path, asked, options))
  }

  /** @internal */
  _socket<M>(op: Operation, path: PathParams, params?: object, options: RequestOptions = {}, polls = true): SocketStream<M> {
    const { socket } = this._parts
    if (socket === undefined) throw new InvalidArgumentError(`${this.profile.name} was built without sockets`)
    return socket<M>(this, op, path, params, options, polls)
  }

  /** A request as it will be sent, without credentials: for tools. @internal */
  _prepare(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions = {}): Prepared {
    return prepareRequest(this._target().requests, op, path, params, options)
  }

  /** The reply of a call whose request is ready: the way in for other front ends on the same pipeline. @internal */
  _exchange(op: Operation, ready: Prepared, options: RequestOptions, read: 'text' | 'stream', internal = false): Promise<Reply> {
    const { _options: own } = this
    const deadline = options.deadline === undefined ? this._deadline : checkDuration('deadline', options.deadline)
    const call: Call = {
      profile: this.profile, op, url: ready.url, host: this._base().host, headers: ready.headers, body: ready.body, read,
      auth: this._schemes.pick(op, ready.headers),
      timeout: options.timeout === undefined ? this._timeout : checkDuration('timeout', options.timeout),
      deadline,
      deadlineAt: deadline === Infinity ? Infinity : this._clock.now() + deadline,
      signal: options.signal,
      maxRetries: Math.max(0, options.maxRetries ?? own.maxRetries ?? MAX_RETRIES),
      maxRetryDelay: options.maxRetryDelay ?? own.maxRetryDelay ?? MAX_RETRY_DELAY,
      repeatable: isRepeatable(op, ready.key, options.retryUnsafe),
      unqueued: options.rateLimit === false,
      internal,
      idempotencyKey: ready.key,
      fetch: (own.fetch as Fetch | undefined) ?? platformFetch,
      attempt: 0, waited: 0, sending: {}, opened: false, credential: '', lane: undefined,
    }
    const observer = this._schemes.observer(op)
    const reply = this._send(call)
    return observer?.observe === undefined ? reply : reply.then(async (answer) => {
      await observer.observe!(op, answer)
      return answer
    })
  }

  /** The headers that prove who calls, as a request under the system's usual scheme would carry them now: for tools. @internal */
  async _authorize(method: Operation['method'] = 'GET', auth?: readonly string[]): Promise<Record<string, string>> {
    const headers: Record<string, string> = {}
    const op: Operation = { id: 'authorize', method, path: '/', ...(auth === undefined ? {} : { auth }) }
    await this._schemes.pick(op, headers)?.apply({ op } as Call, headers)
    return headers
  }

  /** @internal */
  _base(): Base {
    return this._target().base
  }

  /** @internal */
  _operation(id: string): Operation {
    const op = Object.hasOwn(this.operations, id) ? this.operations[id] : undefined
    if (op === undefined) throw new InvalidArgumentError(`${this.profile.name} has no operation ${id}`)
    return op
  }

  /** One call, and the other operation where this one is not there. @internal */
  _reply(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions = {}, read: 'text' | 'stream' = 'text'): Promise<Reply> {
    const reply = this._attempt(op, path, params, options, read)
    if (op.fallback === undefined) return reply
    return reply.catch(async (error) => (await import('./fallback.js')).callInstead(this, error, op, { ...params, ...path }, options, read))
  }

  /** One call. @internal */
  _attempt(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions, read: 'text' | 'stream', internal = false): Promise<Reply> {
    try {
      return this._exchange(op, this._prepare(op, path, params, options), options, read, internal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** What an answer holds; a promise only where that is a failure. @internal */
  readonly _result = (reply: Reply): unknown => {
    const body = reply.json()
    return isFailure(body, reply.op, this.profile) ? import('./failure.js').then(({ reportedIn }) => reportedIn(this, reply)) : payloadOf(body, reply.op, this.profile)
  }

  private _start(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions | undefined): Start {
    return (read) => this._reply(op, path, params, options, read)
  }

  private async _follow<R>(started: Started, wait: WaitOptions): Promise<R> {
    return (await import('./client-follow.js')).followStarted<R>(this, started, wait)
  }

  /** Where requests go and what all of them carry, worked out once for each base URL. */
  private _target() {
    const from = this.baseUrl
    if (this._parsed?.from === from) return this._parsed
    const base = parseBase(from, this._options.allowInsecureHttp)
    const requests: RequestContext = { profile: this.profile, headers: standardHeaders(this._headers), multipart: this._parts.multipart, pathOverrides: this._options.pathOverrides, base }
    return this._parsed = { from, base, requests }
  }
}

/** A group of operations. */
export class Resource {
  constructor(protected readonly _client: ApiClient) {}
}
