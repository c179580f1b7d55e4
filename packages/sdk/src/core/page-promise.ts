import { ApiPromise, type Start } from './api-promise.js'
import type { Listing, Page } from './pagination.js'

/** The promise of a list's first page, and a way through all of them: `for await (const item of list)`. */
export class PagePromise<T> extends ApiPromise<Page<T>> implements AsyncIterable<T> {
  private _walk: AsyncGenerator<Page<T>> | undefined
  private readonly _listing: Listing

  constructor(start: Start, listing: Listing) {
    super(start, async (reply) => (await import('./pagination.js')).firstPage<T>(reply, listing))
    this._listing = listing
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.items
  }

  /** Page by page, until the last. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    const { prefetch, signal } = this._listing
    if (prefetch === true) return yield* (await import('./pagination.js')).ahead(await this, signal)
    for (let page: Page<T> | undefined = await this; page !== undefined; page = await page.nextPage()) yield page
  }

  /** Every item, or the first `max`. */
  async toArray({ max = Infinity }: { max?: number } = {}): Promise<T[]> {
    const items: T[] = []
    if (max <= 0) return items
    for await (const item of this) {
      items.push(item)
      if (items.length >= max) break
    }
    return items
  }

  /** One page a call, the first one first; undefined after the last. Calls that overlap wait for each other. */
  async next(): Promise<Page<T> | undefined> {
    const { done, value } = await (this._walk ??= this.pages()).next()
    return done === true ? undefined : value
  }
}
