import type { ApiClient } from '@orkit/sdk/core'
import type { Context, Input, Result } from '../app/command.js'
import { exit } from '../app/exit.js'
import { annotate, inActions, markdownTable, stepSummary } from '../app/github.js'
import { member } from '../app/output/plain.js'
import { FollowProgress, stepOf } from './follow-progress.js'
import type { Watched } from './watch.command.js'

const succeeded = new Set(['completed', 'complete', 'succeeded', 'success', 'partial', 'needs_review', 'ready'])
const failed = new Set(['failed', 'error', 'cancelled', 'canceled', 'blocked'])

/** Reads that may fail in a row before the watch gives up; each has been tried again by the SDK already. */
const PATIENCE = 4

/** Follows to the end: each change is a row, the exit code is the outcome. Given again, it goes on with what is there now. */
export async function runWatch(system: string, target: Watched, context: Context, input: Input): Promise<Result> {
  const client = await context.client(system)
  const path = Object.fromEntries(target.params.map((name) => [name, String(input.values[name])]))
  const id = path[target.params.at(-1)!]!
  const run = new Watch(client, target, path, context, `${target.what} ${id}`)
  const { output } = context.settings
  // A person wants to see the bar move, and then what came of it; a program wants every change.
  if (output === 'table' && !target.events) {
    const last = await run.last()
    return { kind: 'value', value: last, exit: run.exitCode }
  }
  return { kind: 'rows', rows: run.rows(), exit: () => run.exitCode, ...(target.columns ? { columns: target.columns } : {}) }
}

class Watch {
  private status: string | undefined
  /** Failures in a row, of each read. */
  private readonly misses = new Map<string, number>()
  private readonly progress: FollowProgress
  private readonly began: number

  constructor(
    private readonly client: ApiClient,
    private readonly target: Watched,
    private readonly path: Readonly<Record<string, string>>,
    private readonly context: Context,
    private readonly name: string,
  ) {
    this.progress = new FollowProgress(context, name)
    this.began = context.io.now()
  }

  get exitCode(): number {
    return this.status !== undefined && failed.has(this.status) ? exit.someFailed : exit.ok
  }

  /** Each change, as it comes. */
  async *rows(): AsyncGenerator<unknown> {
    try {
      for await (const value of this.target.events ? this.events(this.target.events) : this.states()) {
        this.progress.show(stepOf(value))
        yield value
      }
    } finally {
      await this.progress.stop()
    }
    await this.conclude()
  }

  /** The state at the end. */
  async last(): Promise<unknown> {
    let state: unknown
    for await (const value of this.rows()) state = value
    return this.state ?? state
  }

  private state: unknown

  private async *states(): AsyncGenerator<unknown> {
    const { socket, early } = this.target
    if (socket) {
      // A read that failed says nothing of the state.
      while (early !== undefined && !(await this.look()) && (this.state === undefined || this.status === early)) await this.context.io.sleep(250, this.context.io.signal)
      for await (const message of this.client.request<AsyncIterable<unknown>>(socket, { path: this.path }, { signal: this.context.io.signal })) yield message
      // What a socket tells last is about the socket; the state is what is true.
      if (await this.look()) return
    }
    let before = ''
    for (let pause = 250; ; pause = Math.min(5000, pause * 1.5)) {
      const over = await this.look()
      const now = JSON.stringify(this.state)
      if (now !== before && this.state !== undefined) {
        before = now
        pause = 250
        yield this.state
      }
      if (over) return
      await this.context.io.sleep(pause, this.context.io.signal)
    }
  }

  private async *events(feed: string): AsyncGenerator<unknown> {
    let cursor = 0
    for (let pause = 250; ; pause = Math.min(5000, pause * 1.5)) {
      const over = await this.look()
      const page = await this.patiently(feed, this.client.request<PromiseLike<{ items: readonly { cursor: number }[] }>>(feed, { path: this.path, params: { after_cursor: cursor } }, { signal: this.context.io.signal }))
      for (const event of page?.items ?? []) {
        cursor = Math.max(cursor, event.cursor)
        pause = 250
        yield event
      }
      this.progress.show(stepOf(this.state))
      if (page?.items.length === 0 && over) return
      await this.context.io.sleep(pause, this.context.io.signal)
    }
  }

  /** What is read; undefined after a failure that may pass: a bad moment of the network is not one of the job. */
  private async patiently<T>(operation: string, reading: PromiseLike<T>): Promise<T | undefined> {
    try {
      const value = await reading
      this.misses.delete(operation)
      return value
    } catch (error) {
      const misses = (this.misses.get(operation) ?? 0) + 1
      if ((error as { retryable?: boolean }).retryable !== true || misses >= PATIENCE) throw error
      this.misses.set(operation, misses)
      return undefined
    }
  }

  /** Reads the state; true when it is the end. */
  private async look(): Promise<boolean> {
    const state = await this.patiently(this.target.poll, this.client.request<PromiseLike<unknown>>(this.target.poll, { path: this.path }, { signal: this.context.io.signal }))
    if (state === undefined) return false
    this.state = state
    const status = member(this.state, 'status')
    this.status = typeof status === 'string' ? status : undefined
    return this.status !== undefined && (succeeded.has(this.status) || failed.has(this.status))
  }

  private async conclude(): Promise<void> {
    const { io } = this.context
    if (!inActions(io)) return
    const bad = this.exitCode !== exit.ok
    const reason = ['error', 'failure_reason', 'error_message', 'message'].map((name) => member(this.state, name)).find((value) => typeof value === 'string' && value !== '')
    await annotate(io, [{ level: bad ? 'error' : 'notice', title: this.name, message: [this.status ?? 'ended', reason].filter(Boolean).join(': ') }])
    await stepSummary(io, `### ${bad ? 'Failed' : 'Done'}: ${this.name}\n\n${markdownTable(['status', 'seconds', 'reason'], [[this.status, Math.round((io.now() - this.began) / 1000), reason]])}`)
  }
}
