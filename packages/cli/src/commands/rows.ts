import type { Io } from '../app/io.js'

export interface Paged {
  pages(): AsyncIterable<{ readonly items: readonly unknown[]; readonly next?: unknown }>
}

/** Time for a reader such as `head -1` to close the pipe once it has what it wants: a writer learns of that only when it writes. */
const pause = 20

/** The items of a list. The last one of the first page is held back a moment where another page would follow, so that a reader that is gone costs no request. */
export async function* rowsOf(list: () => Paged, io: Io): AsyncGenerator<unknown> {
  let first = !io.stdout.isTTY
  for await (const { items, next } of list().pages()) {
    if (first && next !== undefined && items.length > 1) {
      yield* items.slice(0, -1)
      await io.sleep(pause, io.signal)
      yield items.at(-1)
    } else yield* items
    first = false
  }
}
