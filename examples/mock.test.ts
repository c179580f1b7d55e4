// Your code under test with the reference server in its place: in process, no port, no network. Faults and time are yours.
import { createMock, type Mock } from '@orkit/mock'
import { Orckai, RateLimitError } from '@orkit/sdk/orckai'
import { afterEach, beforeEach, expect, it } from 'vitest'

/** What is tested: it keeps an agent of that name. */
async function ensureAgent(orckai: Orckai, name: string): Promise<string> {
  for await (const agent of orckai.agents.list()) if (agent.name === name) return agent.id
  return (await orckai.agents.create({ name })).id
}

let mock: Mock
let orckai: Orckai
beforeEach(async () => {
  mock = createMock({ systems: ['orckai'], clock: 'virtual' })
  orckai = new Orckai({ ...(await mock.credentials('orckai')), baseUrl: mock.baseUrl('orckai'), fetch: mock.fetch, clock: { sleep: async () => undefined } })
})
afterEach(() => mock.close())

it('makes the agent once', async () => {
  const id = await ensureAgent(orckai, 'Librarian')
  expect(await ensureAgent(orckai, 'Librarian')).toBe(id)
})

it('gets over a server that fails twice', async () => {
  let failures = 0
  const flaky: typeof mock.fetch = (input, init) => (failures++ < 2 ? Promise.resolve(new Response('{}', { status: 503 })) : mock.fetch(input, init))
  const client = new Orckai({ ...(await mock.credentials('orckai')), baseUrl: mock.baseUrl('orckai'), fetch: flaky, clock: { sleep: async () => undefined } })
  expect(await ensureAgent(client, 'Librarian')).toBeTypeOf('string')
})

it('passes on the limit when it lasts', async () => {
  const error = await orckai.agents.list({ headers: { prefer: 'code=429' } }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(RateLimitError)
})
