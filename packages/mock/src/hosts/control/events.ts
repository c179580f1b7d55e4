import { HEARTBEAT_EVERY, sseFrames, type SseEvent } from '../../effects/sse.js'
import { Lifetime, Reply } from '../../kernel/reply.js'
import type { JournalEntry } from '../../world/journal.js'
import type { World } from '../../world/world.js'

/** The journal as it is written: what was there after `since`, then each request as it is answered. Events have the entry's number as id, so `Last-Event-ID` resumes. */
export function journalEvents(world: World, since: number): Reply {
  const lifetime = new Lifetime()
  const reply = Reply.raw(200, sseFrames(entries(world, since, lifetime), { lifetime }), {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
  })
  reply.lifetime = lifetime
  return reply
}

async function* entries(world: World, since: number, lifetime: Lifetime): AsyncGenerator<SseEvent> {
  const queue: JournalEntry[] = world.journal.entries({ since }).filter(({ status }) => status !== 0)
  let total = world.journal.total
  let wake: (() => void) | undefined
  const stop = world.journal.subscribe((entry) => {
    queue.push(entry)
    wake?.()
  })
  const forget = lifetime.onClose(() => wake?.())
  try {
    yield { event: 'hello', data: { now: world.clock.now(), frozen: world.clock.frozen, total } }
    while (!lifetime.closed) {
      // After a reset the numbers begin again.
      if (world.journal.total < total) yield { event: 'reset', data: {} }
      total = world.journal.total
      const entry = queue.shift()
      if (entry) {
        yield { event: 'request', id: String(entry.n), data: summary(entry) }
        continue
      }
      // In real time: the connection is real even where the world's clock stands still.
      const silent = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(true), HEARTBEAT_EVERY)
        wake = () => {
          clearTimeout(timer)
          resolve(false)
        }
      })
      wake = undefined
      if (silent && !lifetime.closed) yield { event: 'heartbeat', data: {} }
    }
  } finally {
    stop()
    forget()
  }
}

function summary({ headers: _, body: __, ...entry }: JournalEntry): Omit<JournalEntry, 'headers' | 'body'> {
  return entry
}

