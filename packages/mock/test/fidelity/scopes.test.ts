import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../src/kernel/system.js'
import type { SystemName } from '../../src/systems/index.js'
import { type Answer, arena, type Arena } from '../harness/arena.js'
import { bearer, type Headers } from '../harness/accounts.js'
import { describeOperation, type Json } from '../harness/documents.js'
import { codeOf } from '../harness/shapes.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Every operation that wants a scope, with every scope that there is: those that reach it, and those that do not.

interface Scoped {
  /** Scopes that the vendor has, and the ones among them that no operation wants. */
  scopes: readonly string[]
  unused?: readonly string[]
  /** A key of the seed and the beginning of it, and the member of its row that holds what it may do. */
  key: Headers
  prefix: string
  row(scopes: readonly string[]): Json
  scheme: string
  code: string
  /** Whether a scope reaches what wants another. Default: only itself. */
  reaches?(granted: string, wanted: string): boolean
}

const itself = (granted: string, wanted: string): boolean => granted === wanted
const ORDER = ['read', 'scan', 'write', 'admin']

const SCOPED: Readonly<Partial<Record<SystemName, Scoped>>> = {
  orca: {
    scopes: ORDER, unused: ['write', 'admin'], key: bearer('orca_live_test_admin_0000000000000000'), prefix: 'orca_live_te', row: (_scopes) => ({ _scopes }), scheme: 'apiKey', code: 'insufficient_scope',
    reaches: (granted, wanted) => ORDER.indexOf(granted) >= ORDER.indexOf(wanted),
  },
  orckai: {
    scopes: [
      'agents:read', 'agents:write', 'agents:execute', 'workflows:read', 'workflows:write', 'workflows:execute', 'kb:read', 'kb:write', 'templates:read', 'templates:write', 'mcp:read', 'mcp:write', 'mcp:deploy',
      'chat:read', 'chat:write', 'org:read', 'org:write', '*',
    ],
    unused: ['mcp:deploy', 'org:write', '*'], key: { 'x-api-key': 'oak_test_full_access_0000000000000000' }, prefix: 'oak_test_ful', row: (_scopes) => ({ _scopes }), scheme: 'apiKey', code: 'SCOPE_REQUIRED',
    reaches: (granted, wanted) => granted === '*' || granted === wanted,
  },
  klarefi: {
    scopes: ['cases:process', 'cases:read', 'intake:sessions:create', 'privacy:erase', 'webhooks:test', 'webhooks:acknowledge'],
    key: bearer('sk_live_full_access_0000000000000000'), prefix: 'sk_live_full', row: (_scopes) => ({ _scopes }), scheme: 'bearerKey', code: 'insufficient_scope',
  },
  orbiter: {
    scopes: ['ci:deploy', 'ci:evaluate', 'ci:status'], key: { 'x-api-key': 'orb_ci_test_full_000000000000000000000000000000000' }, prefix: 'orb_ci_test_', row: (permissions) => ({ permissions }), scheme: 'ciKey', code: 'FORBIDDEN',
  },
}

for (const [system, { scopes, unused = [], key, prefix, row, scheme, code, reaches = itself }] of Object.entries(SCOPED) as [SystemName, Scoped][]) {
  describe(system, () => {
    let at: Arena
    let guarded: { operation: Operation; wanted: string }[]
    beforeAll(async () => {
      at = await arena(system)
      guarded = at.operations.flatMap((operation) => (operation.security[0]?.[scheme] ?? []).map((wanted) => ({ operation, wanted })))
    })
    beforeEach(() => at.fresh())
    afterAll(() => at.mock.close())

    const asking = async (granted: readonly string[], operation: Operation): Promise<Answer> => {
      await at.fresh()
      const state = structuredClone(await at.mock.snapshot())
      for (const [, stored] of state.systems[system]!.store.collections['_keys']!) if (String(stored['_prefix']).startsWith(prefix)) Object.assign(stored, row(granted))
      await at.mock.restore(state)
      return at.send(operation, {}, key)
    }

    it('wants of each operation the scope that the vendor names, and of no other', () => {
      expect(guarded.length).toBeGreaterThan(2)
      expect([...new Set(guarded.map(({ wanted }) => wanted)), ...unused].toSorted()).toEqual([...scopes].toSorted())
    })

    it('lets through whoever has it, and nobody else', async () => {
      for (const { operation, wanted } of guarded) {
        for (const granted of scopes) {
          const answer = await asking([granted], operation)
          const reached = reaches(granted, wanted)
          expect(answer.status === 403, `${operation.id} with ${granted}: ${answer.text}`).toBe(!reached)
          if (reached) expect(answer.status, `${operation.id} with ${granted}`).not.toBe(401)
          else {
            expect(codeOf(system, answer), operation.id).toBe(code)
            expect(answer.text, `${operation.id} says which`).toContain(wanted)
          }
        }
      }
    })

    it('is not opened by all the others together, nor by what only looks like it', async () => {
      for (const { operation, wanted } of guarded) {
        const others = scopes.filter((scope) => !reaches(scope, wanted))
        // ORCA's keys have one scope each.
        if (system !== 'orca' && others.length > 0) expect((await asking(others, operation)).status, operation.id).toBe(403)
        for (const alike of [wanted.toUpperCase(), `${wanted} `, wanted.slice(0, -1), wanted.includes(':') ? wanted.replace(/:.*/, '') : `${wanted}x`, `${wanted}:all`, '']) {
          expect((await asking([alike], operation)).status, `${operation.id} with '${alike}'`).toBe(403)
        }
        expect((await asking([], operation)).status, `${operation.id} with nothing`).toBe(403)
      }
    })

    it('is documented: 403 on each', () => {
      for (const { operation } of guarded) expect(describeOperation(at.document, operation.id).failures, operation.id).toContain(403)
    })
  })
}
