/**
 * Keeps retries a small share of the traffic of each host. A call puts in a tenth of a token, a retry takes one out, and a call that
 * succeeds in the end gets back what its retries took: only a host that keeps failing empties the bucket.
 */
export class RetryBudget {
  private readonly capacity: number
  private readonly perCall: number
  private readonly tokens = new Map<string, number>()

  constructor({ capacity = 20, perCall = 0.1 }: { capacity?: number; perCall?: number } = {}) {
    this.capacity = capacity
    this.perCall = perCall
  }

  /** A call begins. */
  deposit(host: string): void {
    this.add(host, this.perCall)
  }

  /** A retry is wanted; false: it must not happen. */
  take(host: string): boolean {
    const left = this.left(host)
    if (left < 1) return false
    this.tokens.set(host, left - 1)
    return true
  }

  /** A call succeeded after `retries`. */
  refund(host: string, retries: number): void {
    this.add(host, retries)
  }

  /** Tokens that a host has left; a retry needs one. Full (`capacity`, default 20) for a host without a retry so far. */
  left(host: string): number {
    return this.tokens.get(host) ?? this.capacity
  }

  private add(host: string, amount: number): void {
    const left = this.tokens.get(host)
    if (left !== undefined) this.tokens.set(host, Math.min(this.capacity, left + amount))
  }
}
