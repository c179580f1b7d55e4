import type { Listing } from './adapters.js'
import { comparableName } from './file-name.js'
import type { Item } from './types.js'

/** Items that were never sent and that the server lists under the same name and size. */
export async function* skipListed(items: readonly Item[], rows: AsyncIterable<unknown>, listing: Listing): AsyncGenerator<Item> {
  const there = new Set<string>()
  for await (const row of rows) {
    const { name, size } = listing.row(row)
    if (name !== undefined && size !== undefined) there.add(`${size}\0${comparableName(name)}`)
  }
  for (const item of items) if (item.state === 'planned' && item.sentAt === undefined && item.sameAs === undefined && there.has(`${item.size}\0${comparableName(item.name)}`)) yield item
}
