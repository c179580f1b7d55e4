import type { Json } from '../kernel/types.js'
import { copy } from '../world/copy.js'

export interface TaskState {
  id: number
  at: number
  name: string
  owner: string
  payload: Json
}

/** Work for later, as data: it survives a snapshot, and a process that ends before it is due. */
export class TaskQueue {
  private queue: TaskState[] = []
  private count = 0

  add(at: number, name: string, owner: string, payload: Json): void {
    const task = { id: ++this.count, at, name, owner, payload: copy(payload ?? null) }
    let i = this.queue.length
    while (i > 0 && this.queue[i - 1]!.at > at) i--
    this.queue.splice(i, 0, task)
  }

  nextDue(): number {
    return this.queue[0]?.at ?? Number.POSITIVE_INFINITY
  }

  take(): TaskState | undefined {
    return this.queue.shift()
  }

  toJSON(): { count: number; queue: TaskState[] } {
    return { count: this.count, queue: copy(this.queue) }
  }

  restore(state: { count: number; queue: readonly TaskState[] }): void {
    this.count = state.count
    this.queue = copy([...state.queue])
  }
}
