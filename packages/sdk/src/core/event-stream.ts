import type { Clock } from './clock.js'
import { StreamError } from './errors/outcome.js'
import type { Operation, SystemProfile } from './operation.js'
import type { Reply } from './pipeline.js'
import { at } from './pointer.js'
import { EventReader } from './read-events.js'
import { teeSource } from './tee.js'

/** What a stream came to. */
export interface FinalMessage<E> {
  /** The text of all events together. */
  readonly text: string
  /** The last event. */
  readonly last: E | undefined
  /** Events received. */
  readonly received: number
}

/** How the events of an answer are read. */
export interface StreamSettings {
  /** What the document says of the operation. */
  readonly op: Operation
  /** What the document says of the system. */
  readonly profile: SystemProfile
  /** Milliseconds without a byte; `Infinity` for none. */
  readonly idleTimeout: number
  /** The most characters of one event. */
  readonly maxEventSize: number
  /** Time, chance and sleeping. */
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
  /** The answer; its body is what the loop reads. */
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
    // A source that keeps count itself has nothing more done to its events.
    const counts = source.progress !== undefined
    return {
      next: counts
        ? () => {
          const ready = source.take?.()
          return ready === undefined ? source.next() : Promise.resolve(ready)
        }
        : () => source.next().then((next) => this._note(next)),
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
    if (next.done) return next
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

/** The events in an answer. With `reopen` a failure before the first of them is met by asking again. */
export const openEventStream = <E>(reply: Reply, settings: StreamSettings): EventStream<E> => {
  const source = settings.reopen === undefined ? new EventReader<E>(reply, settings) : reopening<E>(reply, settings, settings.reopen)
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
  let source = new EventReader<E>(reply, settings)
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
          const again = new EventReader<E>(await reopen(++retries, error), settings)
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
