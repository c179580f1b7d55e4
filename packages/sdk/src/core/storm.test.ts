import { afterEach, beforeEach, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { fail, ok, rejection, serve, type TestServer } from '../../test/fixture/server.js'
import { memoryTokenStore } from './auth/types.js'
import { AuthenticationError, ServerError } from './errors/index.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

it('a server that always answers 500 gets at most 1.2 requests a call, once the retry budget is used up', async () => {
  server.handle((_, response) => fail(response, 500))
  const { client } = quick(server.url)
  const call = () => rejection(client.request('items.get', { path: { id: 'a' } }))
  // Uses up what the bucket holds at first.
  await Promise.all(Array.from({ length: 20 }, call))
  const before = server.seen.length
  const errors = []
  for (let round = 0; round < 25; round++) errors.push(...await Promise.all(Array.from({ length: 40 }, call)))
  expect(errors).toHaveLength(1000)
  expect(errors.every((error) => error instanceof ServerError)).toBe(true)
  const requests = server.seen.length - before
  expect(requests).toBeLessThanOrEqual(1200)
  // It is a budget, not a ban: some are still repeated.
  expect(requests).toBeGreaterThan(1050)
}, 60_000)

it.each([1, 40])('a refresh that is refused (after %s ms) rejects 50 waiting calls with one error, and signs out once', async (ms) => {
  let good = true
  const asked = { refresh: 0, login: 0 }
  server.handle((request, response) => {
    if (request.url.endsWith('/auth/refresh')) {
      asked.refresh++
      return void setTimeout(() => fail(response, 401, 'unauthorized'), ms)
    }
    if (request.url.endsWith('/auth/login')) {
      asked.login++
      return ok(response, { access_token: 'access-token-1', refresh_token: 'refresh-token-1' })
    }
    // The refusals come at different times, before and after the refresh has failed.
    return good ? ok(response, 'fine') : void setTimeout(() => fail(response, 401, 'unauthorized'), (server.seen.length % 10) * 3)
  })
  const store = memoryTokenStore()
  let deleted = 0
  const counting = { ...store, delete: (key: string) => { deleted++; return store.delete(key) } }
  const account = { email: 'a@b.c', password: 'secret-password' }
  await quick(server.url, { apiKey: undefined, ...account, tokenStore: store }).client.request('items.get', { path: { id: 'a' } })
  const { client } = quick(server.url, { apiKey: undefined, email: account.email, tokenStore: counting })
  good = false
  const errors = await Promise.all(Array.from({ length: 50 }, (_, i) => rejection(client.request('items.get', { path: { id: i } }))))
  expect(errors[0]).toBeInstanceOf(AuthenticationError)
  expect(new Set(errors).size).toBe(1)
  expect(asked).toEqual({ refresh: 1, login: 1 })
  expect(deleted).toBe(1)
})
