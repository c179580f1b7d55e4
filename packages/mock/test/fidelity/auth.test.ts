import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../src/kernel/system.js'
import { arena, type Arena, SYSTEM_NAMES } from '../harness/arena.js'
import { describeOperation } from '../harness/documents.js'
import { codeOf, errorFault } from '../harness/shapes.js'
import { authCases } from './auth-cases.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Every operation that wants a credential, with every kind of bad one: the documented status in the vendor's shape, and nothing is changed.

for (const system of SYSTEM_NAMES) {
  describe(system, () => {
    let at: Arena
    beforeAll(async () => {
      at = await arena(system)
    })
    beforeEach(() => at.fresh())
    afterAll(() => at.mock.close())

    it('has bad credentials for every scheme that an operation names', () => {
      const named = new Set(at.operations.flatMap(({ security }) => security.slice(0, 1).flatMap(Object.keys)))
      expect(Object.keys(authCases[system]).toSorted()).toEqual([...named].toSorted())
    })

    for (const [scheme, cases] of Object.entries(authCases[system])) {
      for (const bad of cases) {
        it(`${scheme}: ${bad.name}`, async () => {
          const headers = await bad.sign(at)
          const guarded = at.operations.filter(({ security, stream }) => security.length > 0 && Object.keys(security[0]!)[0] === scheme && stream?.kind !== 'websocket')
          const before = await at.stored()
          let asked = 0
          for (const operation of guarded) {
            const expected = bad.status(operation)
            // Where the credential is good enough the operation works, which other tests show.
            if (expected < 400) continue
            asked++
            const answer = await at.send(operation, {}, headers)
            expect(answer.status, `${operation.id}: ${answer.text}`).toBe(expected)
            expect(documentedOr(at, operation, expected), `${operation.id} documents ${expected}`).toBe(true)
            expect(errorFault(system, answer), operation.id).toBeUndefined()
            expect(codeOf(system, answer), operation.id).toBe(typeof bad.code === 'string' ? bad.code : bad.code(operation))
            if (expected === 401) expect(answer.headers.get('www-authenticate'), operation.id).toBeTruthy()
          }
          expect(asked, 'operations that refuse it').toBeGreaterThan(0)
          expect(await at.stored(), 'nothing was changed').toBe(before)
        })
      }
    }
  })
}

function documentedOr(at: Arena, operation: Operation, status: number): boolean {
  return describeOperation(at.document, operation.id).failures.includes(status)
}
