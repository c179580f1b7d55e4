import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arena, SYSTEM_NAMES } from '../harness/arena.js'
import { errorFault } from '../harness/shapes.js'
import { requestsOf } from './requests.js'

// Requests made from the documents' schemas, valid and not: never a 5xx, and every answer fits the document (the server is strict: one of its own
// that does not is a 500 that says so). `pnpm fuzz` runs longer; FUZZ_SECONDS, FUZZ_SEED, FUZZ_ONLY=orca or orca:chat.query choose.

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 8)
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 0x7fffffff)
const [onlySystem, onlyOperation] = (process.env['FUZZ_ONLY'] ?? '').split(':')

describe(`fuzz, seed ${seed}`, () => {
  for (const system of SYSTEM_NAMES.filter((name) => !onlySystem || name === onlySystem)) {
    it(system, async () => {
      const at = await arena(system, { webhookTargets: 'loopback' })
      const operations = at.operations.filter(({ id, stream }) => stream?.kind !== 'websocket' && (!onlyOperation || id === onlyOperation))
      const share = ((seconds * 1000) / (onlySystem ? 1 : SYSTEM_NAMES.length)) / operations.length
      const statuses: Record<number, number> = {}
      const wrong: string[] = []
      for (const operation of operations) {
        await at.fresh()
        const result = await fc.check(fc.asyncProperty(requestsOf(at, operation), async ({ signed, ...given }) => {
          const answer = await at.send(operation, given, signed === 'nobody' ? {} : signed)
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
          if (answer.status >= 500) throw new Error(`${answer.status} ${answer.text.slice(0, 400)} ${at.mock.journal.entries().at(-1)?.note?.slice(0, 600) ?? ''}`)
          const fault = answer.status >= 400 ? errorFault(system, answer) : undefined
          if (fault !== undefined) throw new Error(fault)
        }), { seed, numRuns: 100_000, interruptAfterTimeLimit: Math.max(10, share), markInterruptAsFailure: false })
        // On a slow machine the time may be over before the first run: that is no failure.
        if (result.failed && result.counterexample !== null) wrong.push(`${operation.id}, path ${result.counterexamplePath}: ${JSON.stringify(result.counterexample)?.slice(0, 600)}\n  ${String(result.errorInstance).slice(0, 1_200)}`)
      }
      await at.mock.close()
      process.stdout.write(`fuzz ${system}: seed ${seed}, ${Object.entries(statuses).map(([status, count]) => `${status}: ${count}`).join(', ')}\n`)
      expect(wrong.join('\n'), `FUZZ_SEED=${seed}`).toBe('')
      expect(statuses[200] ?? 0, 'requests that succeed').toBeGreaterThan(0)
    }, Math.max(60_000, seconds * 4_000))
  }
})
