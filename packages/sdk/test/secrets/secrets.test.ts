import { expect, it } from 'vitest'
import { KEY, quick } from '../fixture/client.js'
import { fail, rejection, serve } from '../fixture/server.js'
import { Orca } from '../../src/systems/orca/index.js'
import { findLeaks, record, showErrors } from './record.js'

it('the recording sees secrets, log lines and errors, and would find a leak', async () => {
  const server = await serve((_, response) => fail(response, 401))
  const error = await rejection(quick(server.url, { apiKey: KEY, maxRetries: 0 }).client.request('items.get', { path: { id: 'a' } }))
  const orca = new Orca({ baseUrl: `${server.url}/api/v1`, email: 'ada@example.com', password: 'a password of ada', maxRetries: 0 })
  await rejection(orca.files.list())
  await server.close()
  showErrors()
  expect(record.secrets).toContain(KEY)
  expect(record.secrets).toContain('a password of ada')
  expect(record.shown.some(({ kind, text }) => kind === 'log' && text.includes('items.get'))).toBe(true)
  expect(record.shown.some(({ kind, text }) => kind === 'error' && text.includes(error.message))).toBe(true)
  expect(findLeaks(record)).toEqual([])
  const [leak] = findLeaks({ secrets: record.secrets, shown: [{ kind: 'log', text: `sent with ${KEY}` }] })
  expect(leak).toBe(`log: sent with <a secret of ${KEY.length} characters>`)
})

it('an echo of the credential by the server is not shown either', async () => {
  const server = await serve((request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { code: 'BAD', message: `you sent ${request.headers['x-api-key']}` } }))
  })
  const error = await rejection(quick(server.url, { apiKey: KEY }).client.request('items.get', { path: { id: 'a' } }))
  expect(error.message).toContain('you sent')
  await server.close()
  showErrors()
  expect(findLeaks(record)).toEqual([])
})
