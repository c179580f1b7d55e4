import { describe, expect, it } from 'vitest'
import { createMock } from '../../src/index.js'
import { AGENT, KEY, orckai, transcript } from './helpers.js'

const fixed = () => createMock({ clock: 'virtual', strict: true, seed: 'story' })
const best = (run: () => unknown): number => Math.min(...Array.from({ length: 9 }, () => {
  const start = performance.now()
  run()
  return performance.now() - start
}))

describe('determinism', () => {
  it('the same seed and calls tell the same, in process and over a port, byte for byte', async () => {
    await using here = fixed()
    await using there = fixed()
    const server = await there.listen()
    const told = await transcript(here)
    expect(await transcript(there, server)).toBe(told.replaceAll('http://mock.orkit.local', server.url))
    expect(there.world().hash()).toBe(here.world().hash())
    await here.reset()
    expect(await transcript(here)).toBe(told)
    await using other = createMock({ clock: 'virtual', seed: 'another' })
    expect(await transcript(other)).not.toBe(told)
  })

  it('a reset with another seed is a start with that seed', async () => {
    await using one = fixed()
    await transcript(one)
    await one.reset('another')
    await using other = createMock({ clock: 'virtual', seed: 'another', strict: true })
    expect(await transcript(one)).toBe(await transcript(other))
  })

  it('chance follows the seed', async () => {
    const statuses = async (seed: string): Promise<string> => {
      await using mock = createMock({ systems: ['orckai'], clock: 'virtual', rateLimits: 'off', chaos: 0.3, seed })
      const call = orckai(mock)
      const out: string[] = []
      for (let i = 0; i < 40; i++) {
        let done = false
        const asked = call('/agents').then(async (response) => `${response.status} ${(await response.text()).length}`).catch((error: Error) => error.message).finally(() => (done = true))
        while (!done) {
          await new Promise((resolve) => setImmediate(resolve))
          await mock.advance(100)
        }
        out.push(await asked)
      }
      return out.join()
    }
    const first = await statuses('a')
    expect(await statuses('a')).toBe(first)
    expect(await statuses('b')).not.toBe(first)
    expect(first.split(',').filter((one) => !one.startsWith('200')).length).toBeGreaterThan(3)
  })
})

describe('worlds', () => {
  it('two that take turns tell what each tells alone', async () => {
    await using alone = fixed()
    const told = await transcript(alone)
    await using one = fixed()
    await using two = fixed()
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    expect(await Promise.all([transcript(one, undefined, turn), transcript(two, undefined, turn)])).toEqual([told, told])
  })

  it('a reset equals a fresh start by hash, on a real clock too', async () => {
    await using used = createMock()
    for (const system of ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const) await used.seed(system, {})
    const first = used.world().hash()
    await orckai(used)('/agents', { method: 'POST', body: '{"name":"x"}' })
    await orckai(used)(`/agents/${AGENT}`, { method: 'DELETE' })
    used.fail('orckai', 'agents.list', { status: 500 })
    expect(used.world().hash()).not.toBe(first)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await used.reset()
    await using fresh = createMock()
    for (const system of ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const) await fresh.seed(system, {})
    expect(used.world().hash()).toBe(fresh.world().hash())
    expect(used.world().hash()).toBe(first)
  })

  it('what is under way when the world is reset changes nothing in the fresh one', async () => {
    await using mock = createMock({ systems: ['orckai'], rateLimits: 'off' })
    const call = orckai(mock)
    const base = ((await (await call('/knowledge-bases')).json()) as { data: { id: string }[] }).data[0]!.id
    await mock.reset()
    const fresh = await mock.hash()
    const form = new FormData()
    form.append('file', new File(['%PDF-1.4 is read by a library that is loaded first'], 'a.pdf'))
    const upload = mock.fetch(`${mock.baseUrl('orckai')}/knowledge-bases/${base}/documents`, { method: 'POST', headers: { 'X-API-Key': KEY }, body: form })
    const delayed = call('/agents', { method: 'POST', body: '{"name":"late"}', headers: { prefer: 'delay=30' } })
    mock.world().reset()
    expect((await Promise.all([upload, delayed])).map(({ status }) => status)).toEqual([500, 500])
    expect(await mock.hash()).toBe(fresh)
    expect((await mock.info()).connections).toBe(0)
    expect(mock.journal.entries()).toEqual([])
    expect((await call('/agents')).status).toBe(200)
    expect(mock.inspect(1)?.answer?.body).toContain('Sales Assistant')
  })

  it('a key may name its world, for clients that send no header of their own', async () => {
    await using mock = createMock({ rateLimits: 'off' })
    const [orckai, klarefi] = [mock.baseUrl('orckai'), mock.baseUrl('klarefi')]
    const made = await mock.fetch(`${orckai}/agents`, { method: 'POST', headers: { 'X-API-Key': `${KEY}~mine`, 'content-type': 'application/json' }, body: '{"name":"Mine"}' })
    const { data } = (await made.json()) as { data: { id: string } }
    const status = async (headers: Record<string, string>): Promise<number> => (await mock.fetch(`${orckai}/agents/${data.id}`, { headers })).status
    expect([await status({ 'X-API-Key': `${KEY}~mine` }), await status({ 'X-API-Key': KEY, 'X-Mock-World': 'mine' })]).toEqual([200, 200])
    expect([await status({ 'X-API-Key': KEY }), await status({ 'X-API-Key': `${KEY}~other` })]).toEqual([404, 404])
    expect(await status({ 'X-API-Key': `${KEY}~other`, 'X-Mock-World': 'mine' }), 'the header has the last word').toBe(200)
    expect(await status({ 'X-API-Key': `oak_wrong~mine` })).toBe(401)
    const bearer = `Bearer ${String((await mock.credentials('klarefi'))['apiKey'])}`
    expect((await mock.fetch(`${klarefi}/api/v1/me`, { headers: { authorization: `${bearer}~mine` } })).status).toBe(200)
    expect(mock.world('mine').journal.total).toBe(6)
    expect(mock.journal.total).toBe(1)
  })

  it('past a thousand, the one that was not used for the longest time goes', async () => {
    await using mock = createMock()
    mock.world()
    const [kept, idle] = [mock.world('kept'), mock.world('idle')]
    for (let i = 0; i < 1_000; i++) {
      mock.world(`w${i}`)
      mock.world('kept')
    }
    expect(mock.world('kept')).toBe(kept)
    expect(mock.world('idle')).not.toBe(idle)
  })

  it('a thousand in one process, each with its own state, reset in about a millisecond', async () => {
    await using mock = createMock({ systems: ['orckai'], rateLimits: 'off' })
    const call = orckai(mock)
    const made: string[] = []
    for (let i = 0; i < 1_000; i++) {
      const response = await call('/agents', { method: 'POST', body: JSON.stringify({ name: `Agent of ${i}` }), headers: { 'x-mock-world': `w${i}` } })
      made.push(((await response.json()) as { data: { id: string } }).data.id)
    }
    // Ids follow from seed and ordinal: the worlds do not disturb one another.
    expect(new Set(made).size).toBe(1)
    for (const i of [0, 499, 999]) {
      const agent = (await (await call(`/agents/${made[0]}`, { headers: { 'x-mock-world': `w${i}` } })).json()) as { data: { name: string } }
      expect(agent.data.name).toBe(`Agent of ${i}`)
    }
    // The best of several: the machine may be busy. The bar is 1 ms; ten times that is a broken reset, not a busy machine.
    expect(best(() => mock.world('w1').reset())).toBeLessThan(10)
    expect((await call(`/agents/${made[0]}`, { headers: { 'x-mock-world': 'w1' } })).status).toBe(404)
    expect((await call(`/agents/${made[0]}`, { headers: { 'x-mock-world': 'w2' } })).status).toBe(200)
  })
})
