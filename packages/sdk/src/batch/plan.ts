import type { BatchState } from './state.js'
import type { BatchOptions, Item } from './types.js'

/** What is left to do of what a journal holds. */
export interface Plan {
  readonly send: readonly Item[]
  /** Their outcome is not known. */
  readonly settle: readonly Item[]
  /** Accepted, and not known to have ended. */
  readonly open: readonly Item[]
}

export function planOf(state: BatchState, retry: BatchOptions['retry']): Plan {
  const plan = { send: [] as Item[], settle: [] as Item[], open: [] as Item[] }
  for (const item of state.items) {
    // Content that its leader was never sent with has to be sent for itself.
    if (item.sameAs !== undefined && state.fateOf(item).id !== item.id) state.detach(item)
    if (item.sameAs !== undefined) continue
    if (isRetried(item, retry)) {
      item.attempts = 0
      // It may have been taken after all: it is settled first, and sent when that does not tell.
      if (item.state !== 'unknown') item.state = 'planned'
    }
    if (item.state === 'planned') plan.send.push(item)
    else if (item.state === 'sending' || item.state === 'unknown') plan.settle.push(item)
    else if (item.state === 'accepted') plan.open.push(item)
  }
  return plan
}

function isRetried({ state, code }: Item, retry: BatchOptions['retry']): boolean {
  if (retry === undefined) return false
  return state === 'failed' || (retry === 'all' && (state === 'rejected' || state === 'unknown' || code === 'CANCELLED'))
}
