import { type RequestMatch, verify, VerificationError } from '../../world/verify.js'
import type { JournalEntry } from '../../world/journal.js'
import type { World } from '../../world/world.js'

/** Real milliseconds: whoever waits does so in real time, whatever the world's clock shows. */
export const WAIT = 5_000

/** The first request that fits, answered already or within `timeout` ms. Rejects with a `VerificationError` that shows what came instead. */
export function waitFor(world: World, match: RequestMatch, timeout = WAIT, signal?: { onClose(run: () => void): () => void }): Promise<JournalEntry> {
  const look = (): JournalEntry | undefined => {
    const [first] = verify(world.journal, match).matched
    return first === undefined ? undefined : world.journal.entries({ since: first - 1 }).find(({ n, status }) => n === first && status !== 0)
  }
  const there = look()
  if (there) return Promise.resolve(there)
  return new Promise((resolve, reject) => {
    const end = (): void => {
      stop()
      clearTimeout(timer)
      forget?.()
    }
    const stop = world.journal.subscribe(() => {
      const found = look()
      if (!found) return
      end()
      resolve(found)
    })
    const fail = (): void => {
      end()
      const verdict = verify(world.journal, match)
      reject(new VerificationError({ ...verdict, verified: false, message: `Waited ${timeout} ms. ${verdict.message ?? ''}` }))
    }
    const timer = setTimeout(fail, timeout)
    const forget = signal?.onClose(fail)
  })
}
