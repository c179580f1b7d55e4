import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { actions } from '../../src/hosts/control/table.js'
import { createMock, type Snapshot } from '../../src/index.js'
import { AGENT, orckai } from './helpers.js'

const mock = createMock({ systems: ['orckai'], rateLimits: 'off', send: false })
afterAll(() => mock.close())
const control = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> => {
  const response = await mock.fetch(`http://orkit.localhost/__orkit${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}
const alive = async (): Promise<number> => (await orckai(mock)(`/agents/${AGENT}`)).status

describe('a control plane that is told nonsense', () => {
  const names = ['seed', 'data', 'orckai', 'agents', 'order', 'operation', 'system', 'times', 'at', 'ms', 'status', 'fault', 'id', 'kind', 'action', 'body', 'headers', 'query', 'format', 'version', 'clock', 'systems', 'timeout']
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(1e300, -1, '1e9', 'orckai', 'agents.get', '__proto__', [null], { agents: [null] }))
  const body = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 })

  it.each(actions.filter(({ method, path }) => method === 'POST' && path !== '/wait').map(({ path }) => path))('%s answers, and the server goes on', async (path) => {
    await fc.assert(fc.asyncProperty(body, async (given) => {
      const { status } = await control('POST', path, given)
      expect([200, 201, 400, 404]).toContain(status)
      // A rule may now fail the next call: what counts is that nothing of the server itself is broken.
      mock.faults.clear()
      mock.clock.resume()
      expect(await alive()).toBe(200)
    }), { numRuns: 60 })
  }, 60_000)

  it('a time that no calendar has is refused, and changes nothing', async () => {
    for (const [path, given] of [['/clock/freeze', { at: 1e300 }], ['/clock/advance', { ms: 1e300 }], ['/clock/freeze', { at: 'never' }]] as const) expect((await control('POST', path, given)).status).toBe(400)
    expect((await control('GET', '/clock')).body.frozen).toBe(false)
    expect(() => mock.clock.freeze(Number.NaN)).toThrow(RangeError)
  })
})

describe('a snapshot that somebody edited', () => {
  /** One place of it has another value. */
  const bent = (snapshot: Snapshot, choices: readonly number[], value: unknown): unknown => {
    const out: any = structuredClone(snapshot)
    let at = out
    for (const [i, choice] of choices.entries()) {
      const keys = Object.keys(at)
      const key = keys[choice % keys.length]!
      const inside = at[key] !== null && typeof at[key] === 'object' && Object.keys(at[key]).length > 0
      if (i === choices.length - 1 || !inside) {
        at[key] = value
        break
      }
      at = at[key]
    }
    return out
  }

  it('is taken whole or not at all', async () => {
    await mock.reset()
    await alive()
    const good = structuredClone(await mock.snapshot())
    let refused = 0
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(50), { minLength: 1, maxLength: 7 }), fc.constantFrom<unknown>(null, 7, 'x', [], {}, [[]], [[1]], [['x', {}]], { store: {} }), async (choices, value) => {
      await mock.restore(good)
      const before = await mock.hash()
      const { status, body } = await control('POST', '/restore', bent(good, choices, value))
      expect([200, 400]).toContain(status)
      if (status !== 400) return
      refused++
      expect(body.error).toMatch(/snapshot/i)
      expect(await mock.hash()).toBe(before)
      expect(await alive()).toBe(200)
    }), { numRuns: 150 })
    expect(refused).toBeGreaterThan(20)
  }, 60_000)

  it('says where it is wrong', async () => {
    const snapshot: any = structuredClone(await mock.snapshot())
    snapshot.systems.orckai.store.collections.agents[0] = [1, null]
    await expect(mock.restore(snapshot)).rejects.toThrow('/systems/orckai/store/collections/agents must be a list of [number, object with an id]')
  })
})
