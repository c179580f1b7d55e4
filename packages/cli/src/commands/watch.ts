import type { Context, Input, Result } from '../app/command.js'
import { exit } from '../app/exit.js'
import { member } from '../app/output/text.js'
import type { Watched } from './watch.command.js'

const succeeded = new Set(['completed', 'complete', 'succeeded', 'success', 'partial', 'needs_review', 'ready'])
const failed = new Set(['failed', 'error', 'cancelled', 'canceled', 'blocked'])

/** Follows to the end: each change is a row, the exit code is the outcome. */
export async function runWatch(system: string, target: Watched, context: Context, input: Input): Promise<Result> {
  const client = await context.client(system)
  const { signal } = context.io
  const path = Object.fromEntries(target.params.map((name) => [name, String(input.values[name])]))
  let outcome: string | undefined
  const note = (value: unknown) => {
    const status = member(value, 'status')
    if (typeof status === 'string') outcome = status
    return value
  }

  async function* states(): AsyncGenerator<unknown> {
    if (target.socket) {
      for await (const message of client.request<AsyncIterable<unknown>>(target.socket, { path }, { signal })) yield note(message)
      if (outcome && (succeeded.has(outcome) || failed.has(outcome))) return
    }
    let before = ''
    for (let pause = 250; ; pause = Math.min(5000, pause * 1.5)) {
      const state = await client.request<PromiseLike<unknown>>(target.poll, { path }, { signal })
      const now = JSON.stringify(state)
      if (now !== before) {
        before = now
        yield note(state)
      }
      if (outcome && (succeeded.has(outcome) || failed.has(outcome))) return
      await context.io.sleep(pause, signal)
    }
  }

  async function* events(): AsyncGenerator<unknown> {
    let cursor = 0
    for (let pause = 250; ; pause = Math.min(5000, pause * 1.5)) {
      const page = await client.request<PromiseLike<{ items: readonly { cursor: number }[] }>>(target.events!, { path, params: { after_cursor: cursor } }, { signal })
      for (const event of page.items) {
        cursor = Math.max(cursor, event.cursor)
        pause = 250
        yield event
      }
      note(await client.request<PromiseLike<unknown>>(target.poll, { path }, { signal }))
      if (page.items.length === 0 && outcome && (succeeded.has(outcome) || failed.has(outcome))) return
      await context.io.sleep(pause, signal)
    }
  }

  return { kind: 'rows', rows: target.events ? events() : states(), exit: () => (outcome && failed.has(outcome) ? exit.someFailed : exit.ok), ...(target.columns ? { columns: target.columns } : {}) }
}
