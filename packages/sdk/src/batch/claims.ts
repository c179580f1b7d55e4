import type { ContentClaims } from './send-host.js'
import type { BatchState } from './state.js'
import type { Item } from './types.js'

/** Content is sent for one item only: the first that has it, now or in an earlier run. */
export class Claims implements ContentClaims {
  /** Identities that are being sent or were in this run. */
  private readonly claimed = new Map<string, number>()

  constructor(private readonly state: BatchState, private readonly plan: (item: Item) => void) {}

  leaderOf(id: string): number | undefined {
    const former = this.state.leaders.get(id)
    return this.claimed.get(id) ?? (former !== undefined && this.state.items[former]?.id === id ? former : undefined)
  }

  take(id: string, item: Item): void {
    this.claimed.set(id, item.n)
  }

  release(item: Item): void {
    for (const follower of this.state.followersOf(item)) {
      if (follower.id !== undefined) this.claimed.delete(follower.id)
      this.state.detach(follower)
      this.plan(follower)
    }
    if (item.id !== undefined && this.claimed.get(item.id) === item.n) this.claimed.delete(item.id)
    item.id = undefined
  }
}
