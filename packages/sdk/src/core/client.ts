import { ApiPromise, type Start } from './api-promise.js'
import { Schemes, type AuthFactories } from './auth/select.js'
import { memoryTokenStore } from './auth/types.js'
import type { MultipartEncoder } from './body.js'
import { RetryBudget } from './budget.js'
import { systemClock, type Clock } from './clock.js'
import { checkDuration } from './deadline.js'
import type { Download } from './download.js'
import { env } from './environment.js'
import { isFailure, payloadOf } from './envelope.js'
import { ApiError, AuthenticationError } from './errors/api.js'
import { InvalidArgumentError } from './errors/base.js'
import { errorFrom } from './errors/response.js'
import type { EventStreamOpener } from './event-stream.js'
import type { WaitIds } from './follow.js'
import { createLog, type Log } from './log.js'
import type { Operation, SystemProfile } from './operation.js'
import type { ClientOptions, Fetch, RequestOptions, Secret } from './options.js'
import { PagePromise } from './page-promise.js'
import { platformFetch } from './platform-fetch.js'
import { compose, type Call, type Reply, type Send } from './pipeline.js'
import { at } from './pointer.js'
import { authPolicy, retryPolicy } from './policies.js'
import { RateLimits } from './rate-limits.js'
import { checkHeaders, lowerCase, matches, prepareRequest, type Prepared } from './request.js'
import { createRedactor, type Redactor } from './redact.js'
import { isRepeatable, retryDelay } from './retry.js'
import type { Connection, SocketStream, SocketOpener } from './socket.js'
import { platformWebSocket } from './socket-types.js'
import { StreamPromise } from './stream-promise.js'
import { createTransport } from './transport.js'
import { parseBase, pathNames, type Base, type PathParams } from './url.js'
import type { WaitOptions } from './wait.js'
import { outcomeOf, WaitablePromise } from './waitable.js'
import type { Watcher } from './watch.js'

export type { Secret }

/** What a system brings along: only what its document needs, so that nothing else is bundled. */
export interface ClientParts {
  readonly auth: AuthFactories
  readonly multipart?: MultipartEncoder
  readonly events?: EventStreamOpener
  readonly socket?: SocketOpener
  /** The ids in a start's answer, where the vendor has more shapes than the document shows. */
  readonly waitIds?: WaitIds
  readonly watch?: Watcher
}

/** The arguments of an operation: path parameters, and query, header and body members in one object. */
export interface OperationInput {
  readonly path?: PathParams
  readonly params?: object
}

const TIMEOUT = 60_000
const MAX_RETRIES = 2
const SOCKET_RETRIES = 5
const MAX_RETRY_DELAY = 60_000
const IDLE = 60_000
const MAX_EVENT = 16 * 1024 * 1024

/** Calls the operations of one system. The system's own class adds its resources. */
export class ApiClient {
  readonly profile: SystemProfile
  readonly operations: Readonly<Record<string, Operation>>
  /** What the server last said about its limits, by category. */
  readonly rateLimits: RateLimits
  /** @internal */ readonly _options: ClientOptions
  /** @internal */ readonly _clock: Clock
  /** @internal */ readonly _redactor: Redactor
  private readonly _parts: ClientParts
  private readonly _log: Log
  private readonly _schemes: Schemes
  /** @internal */ readonly _headers: Readonly<Record<string, string>>
  private readonly _send: Send
  private _parsed: { readonly from: string; readonly base: Base } | undefined

  constructor(profile: SystemProfile, operations: Readonly<Record<string, Operation>>, options: ClientOptions, parts: ClientParts) {
    for (const name of ['timeout', 'deadline'] as const) if (options[name] !== undefined) checkDuration(name, options[name])
    this.profile = profile
    this.operations = operations
    this._options = options
    this._parts = parts
    this._clock = { ...systemClock, ...options.clock }
    this._redactor = createRedactor(Object.values(profile.schemes).flatMap((scheme) => scheme.credentials.flatMap((credential) => credential.prefix ?? [])), profile.secrets)
    this._log = createLog(options.logLevel ?? env('ORKIT_LOG'), options.logger)
    this.rateLimits = new RateLimits(profile)
    this._headers = lowerCase(options.headers)
    checkHeaders(this._headers)
    this._schemes = new Schemes({
      profile,
      store: options.tokenStore ?? memoryTokenStore(),
      persistent: options.tokenStore !== undefined,
      clock: this._clock,
      credentials: options as Readonly<Record<string, Secret | undefined>>,
      origin: () => this._base().origin,
      learn: this._redactor.learn,
      invoke: (operation, params, headers) => this._reply({ ...this._operation(operation), auth: [] }, {}, params, { headers: headers ?? {}, retryUnsafe: false }, 'text', false),
    }, parts.auth)
    for (const policy of options.policies ?? []) policy.attach?.(this)
    const shared = { clock: this._clock, hooks: options.hooks ?? {}, log: this._log }
    const budget = options.retryBudget === false ? undefined : options.retryBudget ?? new RetryBudget()
    this._send = compose(
      [retryPolicy({ ...shared, budget }), ...(options.policies ?? []), authPolicy({ now: this._clock.now })],
      createTransport({ ...shared, redactor: this._redactor, rateLimits: this.rateLimits }),
    )
  }

  /** Where the API is. */
  get baseUrl(): string {
    return this._options.baseUrl ?? env(`${this.profile.system.toUpperCase()}_BASE_URL`) ?? this.profile.baseUrl
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
    return this._follow<R>(this._operation(operation), path, payload, options, undefined)
  }

  /** @internal */
  _call<T>(op: Operation, path: PathParams, params?: object, options?: RequestOptions): ApiPromise<T> {
    return new ApiPromise<T>(this._start(op, path, params, options), (reply) => this._result(reply) as T)
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
    return new WaitablePromise<T, R>(this._start(op, path, params, options), (reply) => this._result(reply) as T, (started, reply, wait) => this._follow<R>(op, path, started, wait, options, reply))
  }

  /** @internal */
  _download(op: Operation, path: PathParams, params?: object, options?: RequestOptions): ApiPromise<Download> {
    const idle = checkDuration('idleTimeout', options?.idleTimeout ?? IDLE)
    return new ApiPromise<Download>(this._start(op, path, params, options), async (reply) => new (await import('./download.js')).Download(reply, idle), 'stream')
  }

  /** @internal */
  _stream<E>(op: Operation, path: PathParams, params?: object, options?: RequestOptions): StreamPromise<E> {
    const { events } = this._parts
    return new StreamPromise<E>(this._start(op, path, { ...params, ...op.stream?.when }, options), (reply) => {
      if (events === undefined) throw new InvalidArgumentError(`${this.profile.name} was built without streams`)
      return events<E>(reply, {
        op, profile: this.profile, clock: this._clock, idleTimeout: checkDuration('idleTimeout', options?.idleTimeout ?? IDLE), maxEventSize: options?.maxEventSize ?? MAX_EVENT,
        reopen: !isRepeatable(op, reply.idempotencyKey, options?.retryUnsafe ?? false) ? undefined : async (retry, error) => {
          if (retry > (options?.maxRetries ?? this._options.maxRetries ?? MAX_RETRIES)) throw error
          // Left in the pause: the call itself says so, with the caller's reason.
          await this._clock.sleep(retryDelay(retry, undefined, this._clock.random), options?.signal).catch(() => undefined)
          return this._reply(op, path, { ...params, ...op.stream?.when }, reply.idempotencyKey === undefined ? options : { ...options, idempotencyKey: reply.idempotencyKey }, 'stream')
        },
      })
    })
  }

  /** @internal */
  _socket<M>(op: Operation, path: PathParams, params?: object, options: RequestOptions = {}, polls = true): SocketStream<M> {
    const { socket } = this._parts
    if (socket === undefined) throw new InvalidArgumentError(`${this.profile.name} was built without sockets`)
    const fallback = op.stream?.fallback
    const followed = fallback === undefined ? undefined : Object.values(this.operations).find((each) => each.wait?.poll === fallback)?.wait
    const look = fallback === undefined ? undefined : () => this._byName(this._operation(fallback), { ...path, ...params }, { signal: options.signal, timeout: options.timeout }).then((reply) => this._result(reply))
    const factory = this._options.webSocket ?? platformWebSocket()
    return socket<M>({
      op,
      connect: factory === undefined ? undefined : () => this._connect(op, path, params, options),
      isOver: followed === undefined ? undefined : (polled) => outcomeOf(followed, String(at(polled, followed.status) ?? '')) !== 'running',
      poll: polls ? look : undefined,
      look,
      signal: options.signal,
      clock: this._clock,
      maxRetries: options.maxRetries ?? SOCKET_RETRIES,
      idleTimeout: options.idleTimeout ?? IDLE,
    })
  }

  /** A request as it will be sent, without credentials: for tools. @internal */
  _prepare(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions = {}): Prepared {
    return prepareRequest({ profile: this.profile, headers: this._headers, multipart: this._parts.multipart, pathOverrides: this._options.pathOverrides, base: this._base() }, op, path, params, options)
  }

  /** The reply of a call whose request is ready: the way in for other front ends on the same pipeline. @internal */
  async _exchange(op: Operation, ready: Prepared, options: RequestOptions, read: 'text' | 'stream'): Promise<Reply> {
    const deadline = checkDuration('deadline', options.deadline ?? this._options.deadline ?? Infinity)
    const call: Call = {
      profile: this.profile, op, url: ready.url, headers: ready.headers, body: ready.body, read,
      auth: this._schemes.pick(op, ready.headers),
      timeout: checkDuration('timeout', options.timeout ?? this._options.timeout ?? TIMEOUT),
      deadline,
      deadlineAt: deadline === Infinity ? Infinity : this._clock.now() + deadline,
      signal: options.signal,
      maxRetries: Math.max(0, options.maxRetries ?? this._options.maxRetries ?? MAX_RETRIES),
      maxRetryDelay: options.maxRetryDelay ?? this._options.maxRetryDelay ?? MAX_RETRY_DELAY,
      retryUnsafe: options.retryUnsafe ?? false,
      idempotencyKey: ready.key,
      fetch: (this._options.fetch as Fetch | undefined) ?? platformFetch,
      attempt: 0, waited: 0, sending: {}, opened: false,
    }
    const observer = this._schemes.observer(op)
    const reply = await this._send(call)
    if (observer?.observe !== undefined) await observer.observe(op, reply)
    return reply
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
    const from = this.baseUrl
    if (this._parsed?.from !== from) this._parsed = { from, base: parseBase(from, this._options.allowInsecureHttp) }
    return this._parsed.base
  }

  /** @internal */
  _operation(id: string): Operation {
    const op = Object.hasOwn(this.operations, id) ? this.operations[id] : undefined
    if (op === undefined) throw new InvalidArgumentError(`${this.profile.name} has no operation ${id}`)
    return op
  }

  private _start(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions | undefined): Start {
    return (read) => this._reply(op, path, params, options, read)
  }

  /** One call, and the other operation where this one is not there. */
  private _reply(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions = {}, read: 'text' | 'stream' = 'text', fallback = true): Promise<Reply> {
    try {
      const reply = this._exchange(op, this._prepare(op, path, params, options), options, read)
      const other = op.fallback === undefined || !fallback ? undefined : this.operations[op.fallback.operation]
      return other === undefined ? reply : reply.catch((error) => this._instead(error, op, other, { ...params, ...path }, options, read))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  private async _instead(error: unknown, op: Operation, other: Operation, values: Record<string, unknown>, options: RequestOptions, read: 'text' | 'stream'): Promise<Reply> {
    const isAbsent = (each: unknown) => each instanceof ApiError && op.fallback!.on.includes(each.status)
    if (!isAbsent(error) || pathNames(other.path).some((name) => values[name] === undefined)) throw error
    try {
      return await this._byName(other, values, options, read)
    } catch (second) {
      // Neither is there: the first answer is about the operation that was asked for.
      throw isAbsent(second) ? error : second
    }
  }

  /** Calls an operation with values that are told apart by their names. */
  private _byName(op: Operation, values: Readonly<Record<string, unknown>>, options: RequestOptions, read: 'text' | 'stream' = 'text'): Promise<Reply> {
    const names = new Set(pathNames(op.path))
    const entries = Object.entries(values)
    const path = Object.fromEntries(entries.filter(([name]) => names.has(name))) as PathParams
    return this._reply(op, path, Object.fromEntries(entries.filter(([name]) => !names.has(name))), options, read, false)
  }

  private _result(reply: Reply): unknown {
    const body = reply.json()
    if (isFailure(body, reply.op, this.profile)) {
      throw errorFrom({ profile: this.profile, op: reply.op, status: reply.status, headers: reply.response.headers, text: reply.text, attempts: reply.attempts, idempotencyKey: reply.idempotencyKey, now: this._clock.now(), clean: this._redactor.text })
    }
    return payloadOf(body, reply.op, this.profile)
  }

  private async _follow<R>(op: Operation, path: PathParams, started: unknown, wait: WaitOptions, options: RequestOptions | undefined, reply?: Reply): Promise<R> {
    const { follow } = await import('./follow.js')
    return follow<R>({
      owner: this,
      clock: this._clock,
      ids: this._parts.waitIds,
      watch: this._parts.watch === undefined || (this._options.webSocket ?? platformWebSocket()) === undefined ? undefined : {
        run: this._parts.watch,
        open: (id, values, signal) => this._socket(this._operation(id), values, undefined, { signal, maxRetries: 0 }, false),
      },
      operation: (id) => this._operation(id),
      call: (poll, values, more) => this._byName(poll, values, more),
      result: (answer) => this._result(answer),
    }, { op, path, started, reply, options }, wait)
  }

  private async _connect(op: Operation, path: PathParams, params: object | undefined, options: RequestOptions): Promise<Connection> {
    const { url, headers } = this._prepare(op, path, params, options)
    const factory = (this._options.webSocket ?? platformWebSocket())!
    const auth = this._schemes.pick(op, headers)
    const sending = { ...headers }
    let target = url.replace(/^http/, 'ws')
    let used = ''
    if (factory.sendsHeaders !== false) used = await auth?.apply({ op } as Call, sending) ?? ''
    else if (auth?.token !== undefined) target += `${target.includes('?') ? '&' : '?'}token=${encodeURIComponent(used = await auth.token())}`
    return {
      socket: await factory(target, { headers: sending }),
      renew: async () => (await auth?.recover?.({ op } as Call, new AuthenticationError({ system: this.profile.name, operation: op.id, status: 401, message: 'the socket was refused' }), used)) ?? false,
    }
  }
}

/** A group of operations. */
export class Resource {
  constructor(protected readonly _client: ApiClient) {}
}
