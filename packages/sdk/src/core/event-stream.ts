import { connectionError } from './connection.js'
import type { Clock } from './clock.js'
import { DecodeError } from './errors/network.js'
import { StreamError, type StreamFailure } from './errors/outcome.js'
import { payloadOf } from './envelope.js'
import type { Operation, SystemProfile } from './operation.js'
import type { Reply } from './pipeline.js'
import { at, reader } from './pointer.js'
import { createSseDecoder, type ServerEvent } from './sse.js'
import { failureIn } from './stream-failure.js'
import { teeSource } from './tee.js'

export interface FinalMessage<E> {
  /** The text of all events together. */
  readonly text: string
  /** The last event. */
  readonly last: E | undefined
  readonly received: number
}

export interface StreamSettings {
  readonly op: Operation
  readonly profile: SystemProfile
  readonly idleTimeout: number
  readonly maxEventSize: number
  readonly clock: Clock
  /** Opens the stream again, where the operation may be carried out twice: for a stream that fails before its first event. */
  readonly reopen?: ((retry: number, error: StreamError) => Promise<Reply>) | undefined
}

/** Events one by one; `close` is called once, when the consumer leaves early. */
export interface EventSource<E> {
  next(): Promise<IteratorResult<E, undefined>>
  /** An event that is here already, when nobody is waiting for an earlier one; undefined: ask `next`. */
  take?(): IteratorResult<E, undefined> | undefined
  close(): Promise<void>
  /** What was handed over so far, where the source keeps it. */
  progress?(): StreamProgress<E>
}

export interface StreamProgress<E> {
  text: string
  last: E | undefined
  received: number
}

/** Opens the events of an answer. Passed in, so that systems without streams do not carry it. */
export type EventStreamOpener = <E>(reply: Reply, settings: StreamSettings) => EventStream<E> | Promise<EventStream<E>>

/** A stream of typed events. It can be consumed once; leaving the loop, an abort and losing the object all close the connection. */
export class EventStream<E> implements AsyncIterable<E> {
  readonly response: Response
  private readonly _source: EventSource<E>
  private readonly _textAt: string | undefined
  private _taken = false
  /** Kept here only where the source does not keep it. */
  private readonly _counted: StreamProgress<E> = { text: '', last: undefined, received: 0 }

  constructor(source: EventSource<E>, response: Response, textAt: string | undefined) {
    this._source = source
    this.response = response
    this._textAt = textAt
  }

  /** What came so far. */
  get progress(): StreamProgress<E> {
    return this._source.progress?.() ?? this._counted
  }

  [Symbol.asyncIterator](): AsyncIterator<E, undefined> {
    const source = this._take()
    return {
      next: () => {
        const ready = source.take?.()
        return ready === undefined ? source.next().then((next) => this._note(next)) : Promise.resolve(this._note(ready))
      },
      return: async () => {
        await source.close()
        return { done: true, value: undefined }
      },
    }
  }

  /** Reads to the end and returns the text of all events, also when some were read before by a loop that went to the end. */
  async finalMessage(): Promise<FinalMessage<E>> {
    if (!this._taken) for await (const _ of this);
    return { ...this.progress }
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    await this._source.close()
  }

  /** Two streams of the same events; the slower one may lag by 10 000. */
  tee(): [EventStream<E>, EventStream<E>] {
    const sources = teeSource(this._take())
    // From here on the two halves say when the connection goes, not this object.
    forgotten?.unregister(this)
    const [left, right] = sources.map((source) => closeWhenLost(new EventStream(source, this.response, this._textAt), source))
    return [left!, right!]
  }

  /** One JSON text a line, for handing the stream on. */
  toReadableStream(): ReadableStream<Uint8Array> {
    const iterator = this[Symbol.asyncIterator]()
    const encoder = new TextEncoder()
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`))
      },
      async cancel() {
        await iterator.return!()
      },
    })
  }

  private _take(): EventSource<E> {
    if (this._taken) throw new TypeError('this stream is being read already; use tee() to read it twice')
    this._taken = true
    return this._source
  }

  private _note(next: IteratorResult<E, undefined>): IteratorResult<E, undefined> {
    if (next.done || this._source.progress !== undefined) return next
    const progress = this._counted
    progress.last = next.value
    progress.received++
    if (this._textAt !== undefined) {
      const piece = at(next.value, this._textAt)
      if (typeof piece === 'string') progress.text += piece
    }
    return next
  }
}

let forgotten: FinalizationRegistry<() => void> | undefined

export const openEventStream = <E>(reply: Reply, settings: StreamSettings): EventStream<E> => {
  const source = settings.reopen === undefined ? readEvents<E>(reply, settings) : reopening<E>(reply, settings, settings.reopen)
  const stream = new EventStream<E>(source, reply.response, settings.op.stream?.text)
  return closeWhenLost(stream, source)
}

/** A stream that is dropped unread must not hold its connection. Aborting would not do: Node's fetch forgets its signal when that is collected too. */
function closeWhenLost<E>(stream: EventStream<E>, source: EventSource<E>): EventStream<E> {
  if (typeof FinalizationRegistry === 'function') forgotten ??= new FinalizationRegistry((close) => close())
  forgotten?.register(stream, () => void source.close(), stream)
  return stream
}

/** The same events; a failure before the first of them, which nobody has seen anything of, is met by asking again. */
function reopening<E>(reply: Reply, settings: StreamSettings, reopen: NonNullable<StreamSettings['reopen']>): EventSource<E> {
  let source = readEvents<E>(reply, settings)
  let retries = 0
  let closed = false
  let settled = false
  return {
    take: () => source.take?.(),
    progress: () => source.progress!(),
    next: async () => {
      for (;;) {
        try {
          const next = await source.next()
          settled = true
          return next
        } catch (error) {
          if (settled || closed || !(error instanceof StreamError) || !error.retryable) throw error
          const again = readEvents<E>(await reopen(++retries, error), settings)
          if (closed) {
            await again.close()
            return { done: true, value: undefined }
          }
          source = again
        }
      }
    },
    close: () => {
      closed = true
      return source.close()
    },
  }
}

function readEvents<E>(reply: Reply, settings: StreamSettings): EventSource<E> {
  const { op, profile } = settings
  const { response, attempt } = reply
  const source = response.body?.getReader()
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '') && !/ndjson|event-stream/.test(response.headers.get('content-type') ?? '')
  const decoder = createSseDecoder(settings.maxEventSize)
  const state = { text: '', last: undefined as E | undefined, received: 0 }
  let queue: ServerEvent[] = []
  let index = 0
  let over = source === undefined
  let whole = ''
  /** Calls of `next` under way. */
  let waiting = 0
  const end = op.stream?.end
  const plain = isJson ? new TextDecoder() : undefined

  const finish = () => {
    over = true
    queue = []
    attempt?.end()
  }
  const close = async (): Promise<void> => {
    if (over) return
    finish()
    attempt?.cancel()
    await source?.cancel().catch(() => undefined)
  }
  const fail = async (reason: StreamFailure, message: string, facts: { code?: string; cause?: unknown } = {}): Promise<never> => {
    await close()
    throw new StreamError(`${profile.name} ${op.id}: ${message}`, { operation: op.id, reason, ...state, ...facts })
  }
  const deliver = async (value: E): Promise<IteratorResult<E, undefined>> => {
    const failure = failureIn(op.stream, value)
    if (failure !== undefined) {
      const detail = typeof failure === 'string' ? failure : at(failure, '/message')
      const code = at(value, '/code') ?? at(failure, '/code')
      return fail('event', `the stream failed: ${typeof detail === 'string' ? detail : 'the server gave no reason'}`, typeof code === 'string' ? { code } : {})
    }
    note(value)
    if (isLast(value)) await close()
    return { done: false, value }
  }
  const note = (value: E): void => {
    state.last = value
    state.received++
    const piece = textOf?.(value)
    if (typeof piece === 'string') state.text += piece
  }
  const textOf = op.stream?.text === undefined ? undefined : reader(op.stream.text)
  const endOf = end === undefined ? undefined : reader(end.at)
  const isLast = (value: E): boolean => endOf !== undefined && end!.values.includes(endOf(value))
  /** What `next` would give at once, for the events of a chunk that need nothing done but be handed over. */
  const take = (): IteratorResult<E, undefined> | undefined => {
    if (waiting > 0 || over || index >= queue.length) return undefined
    const event = queue[index]!
    if (event.data === '' || event.data === '[DONE]' || event.event === 'error') return undefined
    let value: E
    try {
      value = JSON.parse(event.data)
    } catch {
      return undefined
    }
    if (failureIn(op.stream, value) !== undefined || isLast(value)) return undefined
    index++
    note(value)
    return { done: false, value }
  }
  const next = async (): Promise<IteratorResult<E, undefined>> => {
    for (;;) {
      if (over) return { done: true, value: undefined }
      while (index < queue.length) {
        const event = queue[index++]!
        if (event.data === '') continue
        if (event.data === '[DONE]') {
          await close()
          return { done: true, value: undefined }
        }
        let value: E
        try {
          value = JSON.parse(event.data)
        } catch (cause) {
          return fail('decode', 'the stream sent an event that is not JSON', { cause })
        }
        if (event.event === 'error' && op.stream?.error === undefined) return fail('event', 'the server reported a failure in the stream')
        return deliver(value)
      }
      const chunk = await read()
      index = 0
      if (chunk.done) {
        if (plain !== undefined) return finishJson()
        queue = decoder.end()
        if (queue.length > 0) continue
        finish()
        if (op.stream?.end === undefined) return { done: true, value: undefined }
        return fail('truncated', 'the stream ended before it was complete')
      }
      if (plain !== undefined) whole += plain.decode(chunk.value, { stream: true })
      else queue = decoder.feed(chunk.value)
      if (decoder.overflowed || whole.length > settings.maxEventSize) return fail('too_large', `an event is larger than ${settings.maxEventSize} characters`)
    }
  }
  /** A server that answers without streaming: the whole answer is the only event. */
  const finishJson = async (): Promise<IteratorResult<E, undefined>> => {
    finish()
    try {
      return await deliver(payloadOf(JSON.parse(whole), op, profile) as E)
    } catch (cause) {
      if (cause instanceof StreamError) throw cause
      throw new DecodeError(`${op.id}: neither a stream nor JSON`, { operation: op.id, status: reply.status, text: whole, cause })
    }
  }
  const read = async (): Promise<ReadableStreamReadResult<Uint8Array>> => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let idle = false
    const reading = source!.read()
    const next = settings.idleTimeout === Infinity ? reading : Promise.race([reading, new Promise<never>((_, reject) => {
      timer = setTimeout(() => { idle = true; reject(new Error('idle')) }, settings.idleTimeout)
    })])
    try {
      return await (attempt === undefined ? next : attempt.run(next))
    } catch (error) {
      reading.catch(() => undefined)
      const ended = attempt?.ended()
      if (ended !== undefined) {
        await close()
        throw ended
      }
      if (idle) return await fail('idle', `nothing came for ${settings.idleTimeout} ms`)
      return await fail('connection', 'the connection was cut before the stream was complete', { cause: connectionError(error, { operation: op.id, attempts: reply.attempts, timeout: settings.idleTimeout }) })
    } finally {
      if (timer !== undefined) clearTimeout(timer)
    }
  }
  let turn: Promise<unknown> = Promise.resolve()
  const done = () => { waiting-- }
  return {
    take,
    progress: () => state,
    next: () => {
      waiting++
      const mine = turn.then(next)
      turn = mine.then(done, done)
      return mine
    },
    close,
  }
}

