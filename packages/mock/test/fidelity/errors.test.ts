import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../src/kernel/system.js'
import type { SystemName } from '../../src/systems/index.js'
import { arena, type Arena, SYSTEM_NAMES } from '../harness/arena.js'
import { describeOperation } from '../harness/documents.js'
import { codeOf, errorFault } from '../harness/shapes.js'
import { codes, provoke } from './provoke.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Every failure that a document has for an operation, provoked as a user would: no rule, no fault. 429 is in limits.test.ts for every operation.

/** Failures that leave a trace, and which: everything else that fails changes nothing that is stored. */
const TRACES: Readonly<Record<string, string>> = {
  'flexorch auth.login 401': 'the audit log tells of it',
  'orbiter ci.deploy 404': 'the key was accepted, and keeps when',
  'orbiter ci.evaluate 404': 'the same',
  'orbiter ci.status 404': 'the same',
}

/** Documented codes that nothing here meets: those of 429 (limits.test.ts meets them), of 500, and of what lies outside the API. */
const UNMET: Readonly<Record<SystemName, readonly string[]>> = {
  orca: ['internal_error', 'rate_limited'],
  orckai: ['INTERNAL_ERROR', 'RATE_LIMITED'],
  // The last two are failures of the vendor's own machines; a job that fails shows PROCESSING_FAILED as its reason.
  flexorch: ['INTERNAL_ERROR', 'PROCESSING_FAILED', 'RATE_LIMIT_EXCEEDED', 'REPROCESS_FAILED'],
  klarefi: ['internal_error', 'rate_limit_exceeded'],
  // BAD_REQUEST's fellow 502 and 503 belong to model providers: no operation of the document has them.
  orbiter: ['BAD_GATEWAY', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'],
}

const LIMIT_HEADERS = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']

/** Whether its answers show what is left, as the document has it. */
function counted(at: Arena, operation: Operation | undefined): boolean {
  const { headers, default: usual, categories } = at.document['x-orkit'].rateLimits
  return headers.remaining !== undefined && categories[operation?.category ?? usual].windows.length > 0
}

for (const system of SYSTEM_NAMES) {
  describe(system, () => {
    let at: Arena
    beforeAll(async () => {
      at = await arena(system)
    })
    beforeEach(() => at.fresh())
    afterAll(() => at.mock.close())

    it('what is asked of no operation: the vendor’s words, and the headers of every answer', async () => {
      const [some] = at.operations.filter(({ method, path }) => method === 'GET' && !path.includes('{'))
      const root = some!.path.slice(0, some!.path.lastIndexOf('/'))
      for (const [status, method, path] of [[404, 'GET', `${root}/nothing-of-the-kind`], [404, 'POST', `${root}/nothing-of-the-kind/1`], [405, 'PATCH', some!.path]] as const) {
        const answer = await at.call(method, path, at.auth(some!))
        expect(answer.status, `${method} ${path}`).toBe(status)
        expect(errorFault(system, answer), `${method} ${path}`).toBeUndefined()
        if (status === 405) expect(answer.headers.get('allow')).toContain('GET')
        if (counted(at, undefined)) for (const name of LIMIT_HEADERS) expect(answer.headers.get(name), `${method} ${path}: ${name}`).toMatch(/^\d+$/)
      }
    })

    it('every documented failure', async () => {
      const wrong: string[] = []
      const unprovoked: string[] = []
      const traces: string[] = []
      let provoked = 0
      let before = ''
      // What a failure needs beforehand may change something: the last request of each may not.
      const watched: Arena = {
        ...at,
        send: async (...request) => ((before = await at.stored()), at.send(...request)),
        call: async (...request) => ((before = await at.stored()), at.call(...request)),
      }
      const met = new Set<string>()
      for (const operation of at.operations) {
        if (operation.stream?.kind === 'websocket') continue
        for (const status of describeOperation(at.document, operation.id).failures) {
          if (status === 429 || status === 500) continue
          await at.fresh()
          const answer = await provoke(watched, operation, status)
          if (answer === undefined) {
            unprovoked.push(`${operation.id} ${status}`)
            continue
          }
          provoked++
          if ((await at.stored()) !== before) traces.push(`${system} ${operation.id} ${status}`)
          if (answer.status === status) met.add(codeOf(system, answer))
          if (answer.status !== status) wrong.push(`${operation.id}: ${status} expected, ${answer.status} found: ${answer.text.slice(0, 160)}`)
          else {
            const fault = errorFault(system, answer) ?? (counted(at, operation) && LIMIT_HEADERS.some((name) => !/^\d+$/.test(answer.headers.get(name) ?? '')) ? 'the headers of the rate limit are missing' : undefined)
            if (fault !== undefined) wrong.push(`${operation.id} ${status}: ${fault}`)
            else if (at.document['x-orkit'].errors.codes[codeOf(system, answer)] === undefined && ![404, 413].includes(status)) wrong.push(`${operation.id} ${status}: code ${codeOf(system, answer)} is not documented`)
          }
        }
      }
      expect(wrong).toEqual([])
      expect(unprovoked, 'documented failures that nothing brings about').toEqual([])
      expect(traces, 'failures that changed something').toEqual(Object.keys(TRACES).filter((one) => one.startsWith(`${system} `)))
      for (const [code, id, way] of codes[system]) {
        await at.fresh()
        const answer = (await way(at, at.operation(id)))!
        expect([answer.status, codeOf(system, answer)], `${id}: ${answer.text}`).toEqual([at.document['x-orkit'].errors.codes[code].status, code])
        met.add(code)
      }
      expect(Object.keys(at.document['x-orkit'].errors.codes).filter((code) => !met.has(code)).toSorted(), 'documented codes that were not met').toEqual(UNMET[system])
      process.stdout.write(`${system}: ${provoked} documented failures provoked\n`)
    })
  })
}
