/** Vendors send a delivery again when they are not sure that it arrived. This makes each one count once. */

/** Remembers deliveries. One that several processes share (a table with a unique key, a set with expiry) makes the deduplication theirs. */
export interface DeliveryStore {
  /** Marks a delivery as being worked on. `new`: it is yours now; `running`: somebody works on it; `done`: it was worked off. Atomic. */
  begin(id: string): 'new' | 'running' | 'done' | Promise<'new' | 'running' | 'done'>
  /** It was worked off. */
  finish(id: string): void | Promise<void>
  /** It failed: the vendor's next try is a new one. */
  forget(id: string): void | Promise<void>
}

/** How much is remembered, and for how long. */
export interface MemoryDeliveryOptions {
  /** The most deliveries that are remembered. Default 10 000. */
  max?: number
  /** Milliseconds for which one is remembered. Default: a week, longer than any vendor tries. */
  ttl?: number
  /** Milliseconds since the epoch; default: the clock. */
  now?: () => number
}

/** Remembers within the process. */
export function memoryDeliveryStore({ max = 10_000, ttl = 7 * 86_400_000, now = Date.now }: MemoryDeliveryOptions = {}): DeliveryStore {
  const seen = new Map<string, { readonly at: number; done: boolean }>()
  return {
    begin: (id) => {
      const known = seen.get(id)
      if (known !== undefined && now() - known.at < ttl) return known.done ? 'done' : 'running'
      seen.delete(id)
      seen.set(id, { at: now(), done: false })
      // The oldest that nobody works on goes first.
      if (seen.size > max) for (const [each, { done }] of seen) if (done) { seen.delete(each); break }
      return 'new'
    },
    finish: (id) => {
      const known = seen.get(id)
      if (known !== undefined) known.done = true
    },
    forget: (id) => void seen.delete(id),
  }
}

/** Runs `work` once for each delivery id. `duplicate`: it was done before; `running`: it is being done now, so the vendor should ask again. */
export async function once(store: DeliveryStore, id: string, work: () => unknown): Promise<'done' | 'duplicate' | 'running'> {
  const state = await store.begin(id)
  if (state !== 'new') return state === 'done' ? 'duplicate' : 'running'
  try {
    await work()
  } catch (error) {
    await store.forget(id)
    throw error
  }
  await store.finish(id)
  return 'done'
}
