/** Events on their way to one reader. Nothing is kept while nobody reads. */
export class Channel<T> {
  private queue: T[] = []
  private reading = false
  private ended = false
  private error: { reason: unknown } | undefined
  private wake: (() => void) | undefined

  push(value: T): void {
    if (!this.reading) return
    this.queue.push(value)
    this.wake?.()
  }

  end(error?: { reason: unknown }): void {
    this.ended = true
    this.error = error
    this.wake?.()
  }

  /** Begins to keep events; `onReturn` is called when the reader leaves early. */
  async *read(onReturn: () => Promise<void>): AsyncGenerator<T, void, undefined> {
    let whole = false
    try {
      for (;;) {
        const queue = this.queue
        this.queue = []
        for (const value of queue) yield value
        if (this.queue.length > 0) continue
        if (this.ended) break
        await new Promise<void>((resolve) => {
          this.wake = resolve
          if (this.queue.length > 0 || this.ended) resolve()
        })
      }
      whole = true
      if (this.error) throw this.error.reason
    } finally {
      this.reading = false
      if (!whole) await onReturn()
    }
  }

  start(): void {
    this.reading = true
  }
}
