import type { Clock } from './clock.js'
import { explain, FINAL_CODES, UNAUTHENTICATED } from './close-codes.js'
import { InvalidArgumentError, OrkitError } from './errors/base.js'
import { AbortedError } from './errors/network.js'
import { StreamError } from './errors/outcome.js'
import type { Operation } from './operation.js'
import { at, isObject } from './pointer.js'
import { retryDelay } from './retry.js'
import { offAbort, onAbort } from './signals.js'
import type { WebSocketLike } from './socket-types.js'
import { failureIn } from './stream-failure.js'

/** How the messages of a socket are read. */
export interface SocketSettings {
  /** The system's name. */
  readonly system: string
  /** What the document says of the operation. */
  readonly op: Operation
  /** Opens a connection, with a credential of the moment. Undefined: no socket can be had here. */
  readonly connect: (() => Promise<Connection>) | undefined
  /** Reads the state by request, where the document names an operation for it. */
  readonly poll: (() => Promise<unknown>) | undefined
  /** The same, to look while an open socket is silent; given also where polling does not take over. */
  readonly look: (() => Promise<unknown>) | undefined
  /** Whether what was polled is the end: its shape may differ from that of a message. */
  readonly isOver: ((polled: unknown) => boolean) | undefined
  /** The caller's own. */
  readonly signal: AbortSignal | undefined
  /** Time, chance and sleeping. */
  readonly clock: Clock
  /** Connections in a row that may fail before the stream does. */
  readonly maxRetries: number
  /** Milliseconds without a message; `Infinity` for none. */
  readonly idleTimeout: number
}

/** A socket, and what its credential needs should it be refused. */
export interface Connection {
  /** Opening, or open. */
  readonly socket: WebSocketLike
  /** Gets a new credential; true when there is one. */
  readonly renew: () => Promise<boolean>
}

export type SocketOpener = <M>(settings: SocketSettings) => SocketStream<M>

const POLL = 1_000
const MAX_QUEUE = 10_000
const OPEN_TIMEOUT = 15_000
/** An open socket that has been silent for so long is asked about, then after twice as long. Never later than a twelfth of the idle timeout. */
const SILENCE = 5_000
const PROGRESS = ['progress', 'percentage', 'percent'] as const

type Happening = { readonly kind: 'message'; readonly text: string } | { readonly kind: 'silence' } | { readonly kind: 'close'; readonly code: number; readonly opened: boolean; /** Of an answer that was no upgrade, where the platform tells. */ readonly status?: number }

/** Messages of a socket, in order, to the one that ends them. Reconnects when cut, falls back to polling when no socket can be had. */
export class SocketStream<M> implements AsyncIterable<M> {
  private readonly _settings: SocketSettings
  private readonly _stop = new AbortController()
  private _taken = false
  private _highest = -Infinity
  private _last = ''
  private _received = 0

  constructor(settings: SocketSettings) {
    this._settings = settings
  }

  /** Closes the socket and ends the loop. */
  close(): void {
    this._stop.abort()
  }

  /** The last message, when all have come. */
  async final(): Promise<M | undefined> {
    let last: M | undefined
    for await (const message of this) last = message
    return last
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<M, void, undefined> {
    if (this._taken) throw new TypeError('these messages are being read already')
    this._taken = true
    const { signal, system, op } = this._settings
    const leave = () => this._stop.abort()
    if (signal?.aborted) leave()
    else if (signal !== undefined) onAbort(signal, leave)
    try {
      yield* this._messages()
      if (signal?.aborted) throw new AbortedError(`${system} ${op.id}: aborted by the caller`, { system, operation: op.id, reason: signal.reason })
    } finally {
      if (signal !== undefined) offAbort(signal, leave)
      this._stop.abort()
    }
  }

  private async *_messages(): AsyncGenerator<M, void, undefined> {
    const { connect, poll, isOver, maxRetries, clock, op } = this._settings
    let failures = 0
    let opened = false
    let renewed = false
    while (connect !== undefined && !this._stop.signal.aborted) {
      let code = 1006
      let status: number | undefined
      let renew: Connection['renew'] | undefined
      try {
        const made = await connect()
        renew = made.renew
        for await (const happening of connection(made.socket, this._stop.signal, this._settings)) {
          if (happening.kind === 'close') {
            ({ code, status } = happening)
            opened ||= happening.opened
            break
          }
          if (happening.kind === 'silence') {
            const state = await this._look()
            if (state === undefined) continue
            yield* state
            return
          }
          failures = 0
          renewed = false
          const message = this._accept(happening.text)
          if (message === undefined) continue
          yield message
          if (this._isEnd(message)) return
        }
      } catch (error) {
        if (error instanceof OrkitError && !(error instanceof StreamError && error.reason === 'connection')) throw error
      }
      if (this._stop.signal.aborted) return
      // A credential that has run out is renewed once, and the socket opened again at once.
      if ((status === 401 || UNAUTHENTICATED.has(code)) && !renewed && renew !== undefined && await renew()) {
        renewed = true
        continue
      }
      const final = FINAL_CODES.has(code) || (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429)
      if (final || ++failures > maxRetries) {
        const why = status === undefined ? `closed with ${code} (${explain(code)})` : `refused with ${status} (${explain(4000 + status)})`
        if (poll === undefined || opened && final) throw this._failure('refused', `the socket was ${why}`, status ?? code)
        break
      }
      await this._pause(retryDelay(failures, undefined, clock.random))
    }
    if (poll === undefined) {
      if (this._stop.signal.aborted) return
      throw new InvalidArgumentError(`${op.id}: this platform has no WebSocket; pass webSocket: nodeWebSocket() from @orkit/sdk/node`)
    }
    while (!this._stop.signal.aborted) {
      const polled = (await poll()) ?? null
      const over = isOver?.(polled) ?? false
      const message = this._accept(JSON.stringify(polled), over)
      if (message !== undefined) yield message
      if (over || this._isEnd(polled)) return
      await this._pause(POLL)
    }
  }

  /**
   * The state, by request, if it is the end: a socket that was opened as the work ended may have missed the last message, and nothing more will come by it.
   * Undefined while the work goes on, and where the look fails: the socket still counts.
   */
  private async _look(): Promise<M[] | undefined> {
    const { look, isOver } = this._settings
    const state = await look?.().catch(() => undefined)
    if (state === undefined || isOver?.(state) !== true) return undefined
    const message = this._accept(JSON.stringify(state), true)
    return message === undefined ? [] : [message]
  }

  /** A message to pass on: progress never goes back, and what was just said is not said again. */
  private _accept(text: string, over = false): M | undefined {
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch {
      throw this._failure('decode', 'the socket sent a message that is not JSON')
    }
    if (isObject(message)) {
      if (message['type'] === 'ping' || message['type'] === 'pong' || message['type'] === 'heartbeat') return undefined
      for (const name of PROGRESS) {
        const value = message[name]
        if (typeof value !== 'number') continue
        this._highest = Math.max(this._highest, value)
        message[name] = this._highest
      }
      const failure = failureIn(this._settings.op.stream, message)
      if (failure !== undefined && !over && !this._isEnd(message)) throw this._failure('event', `the server reported: ${typeof failure === 'string' ? failure : JSON.stringify(failure)}`)
    }
    const shown = JSON.stringify(message)
    if (shown === this._last) return undefined
    this._last = shown
    this._received++
    return message as M
  }

  private _isEnd(message: unknown): boolean {
    const end = this._settings.op.stream?.end
    return end !== undefined && end.values.includes(at(message, end.at))
  }

  private async _pause(ms: number): Promise<void> {
    await this._settings.clock.sleep(ms, this._stop.signal).catch(() => undefined)
  }

  private _failure(reason: 'refused' | 'decode' | 'event', message: string, code?: number): StreamError {
    const { system, op } = this._settings
    return new StreamError(`${system} ${op.id}: ${message}`, { operation: op.id, reason, received: this._received, ...(code === undefined ? {} : { code: String(code) }) })
  }
}

/** The messages of a socket, by settings of one's own. Nothing is opened before they are read. */
export const openSocket: SocketOpener = (settings) => new SocketStream(settings)

/** One connection as a sequence of messages that a close ends. Its handlers stay until it is closed, so that no event goes unheard. */
async function* connection(socket: WebSocketLike, signal: AbortSignal, { idleTimeout, look, system, op }: SocketSettings): AsyncGenerator<Happening, void, undefined> {
  const queue: Happening[] = []
  let wake: (() => void) | undefined
  let opened = false
  let overflow = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  const push = (happening: Happening) => {
    if (queue.length >= MAX_QUEUE) overflow = true
    else queue.push(happening)
    wake?.()
  }
  const watch = (ms: number) => {
    if (timer !== undefined) clearTimeout(timer)
    if (ms !== Infinity) timer = setTimeout(() => push({ kind: 'close', code: 1006, opened }), ms)
  }
  const listen = (ms: number) => {
    if (silence !== undefined) clearTimeout(silence)
    if (look !== undefined) silence = setTimeout(() => {
      push({ kind: 'silence' })
      listen(ms * 2)
    }, ms)
  }
  const firstLook = Math.min(SILENCE, idleTimeout / 12)
  const leave = () => push({ kind: 'close', code: 1000, opened })
  socket.binaryType = 'arraybuffer'
  const handlers = socket as unknown as Record<'onopen' | 'onmessage' | 'onerror' | 'onclose', (event: { data?: unknown; code?: number }) => void>
  handlers.onopen = () => {
    opened = true
    watch(idleTimeout)
    listen(firstLook)
  }
  handlers.onmessage = ({ data }) => {
    watch(idleTimeout)
    listen(firstLook)
    push({ kind: 'message', text: typeof data === 'string' ? data : new TextDecoder().decode(data as Uint8Array) })
  }
  // What follows an error is a close; without a handler it would be thrown.
  handlers.onerror = (event) => {
    const status = Number(/server response: (\d{3})/.exec(String((event as { message?: unknown }).message))?.[1])
    if (!opened) push({ kind: 'close', code: 1006, opened, ...(status > 0 ? { status } : {}) })
  }
  handlers.onclose = ({ code }) => push({ kind: 'close', code: code ?? 1006, opened })
  watch(OPEN_TIMEOUT)
  if (signal.aborted) leave()
  else onAbort(signal, leave)
  try {
    for (;;) {
      const happening = queue.shift()
      if (happening !== undefined) {
        // What was said meanwhile goes first, and says more.
        if (happening.kind === 'silence' && queue.length > 0) continue
        yield happening
        if (happening.kind === 'close') return
      } else if (overflow) {
        throw new StreamError(`${system} ${op.id}: more than ${MAX_QUEUE} messages wait to be read`, { operation: op.id, reason: 'overflow' })
      } else {
        await new Promise<void>((resolve) => { wake = resolve })
      }
    }
  } finally {
    if (timer !== undefined) clearTimeout(timer)
    if (silence !== undefined) clearTimeout(silence)
    offAbort(signal, leave)
    try {
      socket.close(1000)
    } catch {
      // Not open yet: closing it is what the platform does then.
    }
  }
}
