import { Engine } from './engine.js'
import type { BatchClient, BatchEvent, BatchOptions, Item, Snapshot, Source, Summary } from './types.js'

/** A batch under way. It begins when it is first read, or when its summary is asked for. */
export interface Batch extends AsyncIterable<BatchEvent> {
  /** Resolves when nothing more happens. Rejects when the batch could not begin, or its journal could not be written. */
  summary(): Promise<Summary>
  /** Where it is at this moment, for displays. */
  snapshot(): Snapshot
  /** All items as they stand; those with the same content as another share its fate. */
  items(): readonly Readonly<Item>[]
  /** The item that decides what becomes of this one: itself, or the one with the same content that was sent for both. */
  fateOf(item: Readonly<Item>): Readonly<Item>
  /** Takes no new items, and lets those under way end. */
  stop(): void
}

/**
 * Sends every item of the source, each one once. Without a source it goes on with what the journal lists. Leaving the loop early stops the
 * batch in good order.
 */
export function uploadBatch(client: BatchClient, source: Source | undefined, options: BatchOptions = {}): Batch {
  return batchOf(new Engine(client, source, options))
}

export function batchOf(engine: Engine): Batch {
  const channel = engine.events
  let running: Promise<Summary> | undefined
  const start = () => (running ??= engine.run())
  return {
    async *[Symbol.asyncIterator]() {
      channel.start()
      start().catch(() => {})
      yield* channel.read(async () => {
        engine.stop({ kind: 'signal' })
        await running?.catch(() => {})
      })
    },
    summary: start,
    snapshot: () => engine.snapshot(),
    items: () => engine.state.items,
    fateOf: (item) => engine.state.fateOf(item as Item),
    stop: () => engine.stop({ kind: 'signal' }),
  }
}
