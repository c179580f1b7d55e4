import { ApiPromise, type Start } from './api-promise.js'
import type { EventStream, FinalMessage } from './event-stream.js'
import type { Reply } from './pipeline.js'

/** The promise of a stream; it can be iterated without awaiting it first. */
export class StreamPromise<E> extends ApiPromise<EventStream<E>> implements AsyncIterable<E> {
  constructor(start: Start, parse: (reply: Reply) => EventStream<E> | Promise<EventStream<E>>) {
    super(start, parse, 'stream')
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    yield* await this
  }

  /** Reads to the end: the text of all events together, and the last event. */
  async finalMessage(): Promise<FinalMessage<E>> {
    return (await this).finalMessage()
  }
}
