import { connectionError } from './connection.js'
import type { Attempt } from './deadline.js'
import { payloadOf } from './envelope.js'
import { DecodeError } from './errors/network.js'
import { StreamError, type StreamFailure } from './errors/outcome.js'
import type { EventSource, StreamProgress, StreamSettings } from './event-stream.js'
import { IdleWatch } from './idle-watch.js'
import type { Reply } from './pipeline.js'
import { at, reader } from './pointer.js'
import { createSseDecoder, type ServerEvent, type SseDecoder } from './sse.js'
import { failureReader } from './stream-failure.js'

type Next<E> = IteratorResult<E, undefined>

const OVER = { done: true, value: undefined } as const

/**
 * The events of an answer's body. A chunk is decoded as a whole; its events are then handed out one by one by `take`, without waiting, and `next` does what
 * takes time: the next chunk, the end, a failure.
 */
export class EventReader<E> implements EventSource<E> {
  private readonly _reply: Reply
  private readonly _settings: StreamSettings
  private readonly _attempt: Attempt | undefined
  private readonly _source: ReadableStreamDefaultReader<Uint8Array> | undefined
  private readonly _decoder: SseDecoder
  /** Set when the server answers with one JSON document instead of a stream. */
  private readonly _plain: TextDecoder | undefined
  private readonly _idle: IdleWatch
  private readonly _textOf: ((value: unknown) => unknown) | undefined
  private readonly _endOf: ((value: unknown) => unknown) | undefined
  private readonly _ends: readonly unknown[]
  private readonly _failureOf: ((value: unknown) => unknown) | undefined
  private readonly _state: StreamProgress<E> = { text: '', last: undefined, received: 0 }
  private _queue: readonly ServerEvent[] = []
  private _index = 0
  private _over: boolean
  private _whole = ''
  /** Calls of `next` under way. */
  private _waiting = 0
  private _turn: Promise<unknown> = Promise.resolve()
  private readonly _done = () => { this._waiting-- }

  constructor(reply: Reply, settings: StreamSettings) {
    const { response, attempt } = reply
    const { stream } = settings.op
    this._reply = reply
    this._settings = settings
    this._attempt = attempt
    this._source = response.body?.getReader()
    this._over = this._source === undefined
    this._decoder = createSseDecoder(settings.maxEventSize)
    const type = response.headers.get('content-type') ?? ''
    this._plain = /\bjson\b/.test(type) && !/ndjson|event-stream/.test(type) ? new TextDecoder() : undefined
    this._idle = new IdleWatch(settings.idleTimeout, () => (attempt === undefined ? void this._source?.cancel() : attempt.refuse(new Error('idle'))))
    this._textOf = stream?.text === undefined ? undefined : reader(stream.text)
    this._endOf = stream?.end === undefined ? undefined : reader(stream.end.at)
    this._ends = stream?.end?.values ?? []
    this._failureOf = failureReader(stream)
  }

  progress(): StreamProgress<E> {
    return this._state
  }

  /** What `next` would give at once, for the events of a chunk that need nothing done but be handed over. */
  take(): Next<E> | undefined {
    if (this._waiting > 0 || this._over || this._index >= this._queue.length) return undefined
    const { data, event } = this._queue[this._index]!
    if (data === '' || data === '[DONE]' || event === 'error') return undefined
    let value: E
    try {
      value = JSON.parse(data)
    } catch {
      return undefined
    }
    if (this._failureOf?.(value) !== undefined || this._isLast(value)) return undefined
    this._index++
    this._note(value)
    return { done: false, value }
  }

  next(): Promise<Next<E>> {
    const mine = this._waiting++ === 0 ? this._pull() : this._turn.then(() => this._pull())
    this._turn = mine.then(this._done, this._done)
    return mine
  }

  async close(): Promise<void> {
    if (this._over) return
    this._finish()
    this._attempt?.cancel()
    await this._source?.cancel().catch(() => undefined)
  }

  private async _pull(): Promise<Next<E>> {
    for (;;) {
      if (this._over) return OVER
      while (this._index < this._queue.length) {
        const event = this._queue[this._index++]!
        if (event.data !== '') return this._hand(event)
      }
      let chunk: ReadableStreamReadResult<Uint8Array>
      try {
        chunk = await this._read()
      } catch (error) {
        return this._broken(error)
      }
      this._idle.end()
      this._index = 0
      if (this._idle.expired) return this._broken(undefined)
      if (chunk.done) {
        if (this._plain !== undefined) return this._finishJson()
        this._queue = this._decoder.end()
        if (this._queue.length > 0) continue
        this._finish()
        return this._settings.op.stream?.end === undefined ? OVER : this._fail('truncated', 'the stream ended before it was complete')
      }
      if (this._plain === undefined) this._queue = this._decoder.feed(chunk.value)
      else this._whole += this._plain.decode(chunk.value, { stream: true })
      const { maxEventSize } = this._settings
      if (this._decoder.overflowed || this._whole.length > maxEventSize) return this._fail('too_large', `an event is larger than ${maxEventSize} characters`)
    }
  }

  private _read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    this._idle.begin()
    const reading = this._source!.read()
    return this._attempt === undefined ? reading : this._attempt.run(reading)
  }

  private async _hand({ data, event }: ServerEvent): Promise<Next<E>> {
    if (data === '[DONE]') {
      await this.close()
      return OVER
    }
    let value: E
    try {
      value = JSON.parse(data)
    } catch (cause) {
      return this._fail('decode', 'the stream sent an event that is not JSON', { cause })
    }
    if (event === 'error' && this._settings.op.stream?.error === undefined) return this._fail('event', 'the server reported a failure in the stream')
    return this._deliver(value)
  }

  private async _deliver(value: E): Promise<Next<E>> {
    const failure = this._failureOf?.(value)
    if (failure !== undefined) {
      const detail = typeof failure === 'string' ? failure : at(failure, '/message')
      const code = at(value, '/code') ?? at(failure, '/code')
      return this._fail('event', `the stream failed: ${typeof detail === 'string' ? detail : 'the server gave no reason'}`, typeof code === 'string' ? { code } : {})
    }
    this._note(value)
    if (this._isLast(value)) await this.close()
    return { done: false, value }
  }

  /** A server that answers without streaming: the whole answer is the only event. */
  private async _finishJson(): Promise<Next<E>> {
    this._finish()
    const { op, profile } = this._settings
    try {
      return await this._deliver(payloadOf(JSON.parse(this._whole), op, profile) as E)
    } catch (cause) {
      if (cause instanceof StreamError) throw cause
      throw new DecodeError(`${profile.name} ${op.id}: neither a stream nor JSON`, { system: profile.name, operation: op.id, status: this._reply.status, text: this._whole, cause })
    }
  }

  private async _broken(error: unknown): Promise<never> {
    const ended = this._attempt?.ended()
    if (ended !== undefined) {
      await this.close()
      throw ended
    }
    const { op, profile, idleTimeout } = this._settings
    if (this._idle.expired) return this._fail('idle', `nothing came for ${idleTimeout} ms`)
    return this._fail('connection', 'the connection was cut before the stream was complete', { cause: connectionError(error, { system: profile.name, operation: op.id, attempts: this._reply.attempts, timeout: idleTimeout }) })
  }

  private async _fail(reason: StreamFailure, message: string, facts: { code?: string; cause?: unknown } = {}): Promise<never> {
    await this.close()
    const { op, profile } = this._settings
    throw new StreamError(`${profile.name} ${op.id}: ${message}`, { operation: op.id, reason, ...this._state, ...facts })
  }

  private _finish(): void {
    this._over = true
    this._queue = []
    this._idle.stop()
    this._attempt?.end()
  }

  private _note(value: E): void {
    const state = this._state
    state.last = value
    state.received++
    const piece = this._textOf?.(value)
    if (typeof piece === 'string') state.text += piece
  }

  private _isLast(value: E): boolean {
    return this._endOf !== undefined && this._ends.includes(this._endOf(value))
  }
}
