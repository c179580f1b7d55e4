// The reference server as a handler of msw: code that uses the vendor's own address and the global fetch is answered by it.
import { createMock } from '@orkit/mock'
import { Orckai } from '@orkit/sdk/orckai'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, expect, it } from 'vitest'

const mock = createMock({ system: 'orckai' })
const server = setupServer()
beforeAll(async () => {
  server.use(...(await mock.handlers('https://orckai.example.com')))
  server.listen({ onUnhandledRequest: 'error' })
})
afterAll(async () => {
  server.close()
  await mock.close()
})

it('answers the client over the global fetch', async () => {
  const orckai = new Orckai({ ...(await mock.credentials('orckai')), baseUrl: 'https://orckai.example.com/api/v1' })
  const { id } = await orckai.agents.create({ name: 'Through msw' })
  expect(await orckai.agents.get(id)).toMatchObject({ name: 'Through msw' })
})
