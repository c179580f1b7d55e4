import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMock } from '../mock.js'
import { sendGuarded } from './node-send.js'
import { send } from './send.js'

let server: Server
let url: string
const seen: { path: string; body: string; length: string | undefined }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      seen.push({ path: request.url!, body, length: request.headers['content-length'] })
      if (request.url === '/away') response.writeHead(302, { location: '/elsewhere' }).end('moved')
      else response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"word":"naïve"}' }

it('posts the bytes, and takes a redirect for an answer', async () => {
  for (const by of [send, sendGuarded]) {
    expect(await by(`${url}/hook`, init)).toEqual({ status: 204 })
    expect(await by(`${url}/away`, init)).toEqual({ status: 302 })
    expect(seen.splice(0)).toEqual([{ path: '/hook', body: init.body, length: '17' }, { path: '/away', body: init.body, length: '17' }])
  }
})

it('gives up when told to, and says what went wrong', async () => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const abort = new AbortController()
  const waiting = sendGuarded(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, { ...init, signal: abort.signal })
  abort.abort()
  await expect(waiting).rejects.toThrow(/abort/i)
  silent.close()
  await expect(sendGuarded('http://nobody.invalid/', init)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/)
})

it('a redirect is a failed delivery that is tried again, and a name that leads inside is not', async () => {
  const mock = createMock({ systems: ['flexorch'], clock: 'virtual', webhookTargets: 'any', send: async (to, sent) => (to.startsWith('https://trap.') ? sendGuarded('http://localhost:1/', sent) : send(to, sent)) })
  const call = (path: string, body: unknown) => mock.fetch(mock.baseUrl('flexorch') + path, { method: 'POST', headers: { 'x-api-key': 'dfx_test_full_access_0000000000000000', 'content-type': 'application/json' }, body: JSON.stringify(body) })
  for (const target of [`${url}/away`, 'https://trap.example.com/']) expect((await call('/webhooks', { url: target, events: ['job.completed'] })).status).toBe(201)
  expect((await call('/datasets', { name: 'Sent', execution_ids: [106] })).status).toBe(202)
  await mock.advance(10_000)
  await mock.world().idle()
  await mock.advance(10_000)
  await mock.world().idle()
  const log = (await mock.snapshot()).systems['flexorch']!.store.collections['_deliveries']!.map(([, row]) => row)
  expect(log.find((row) => row['url'] === `${url}/away`)).toMatchObject({ state: 'failed', attempts: [{ status: 302 }, { status: 302 }] })
  expect(log.find((row) => row['url'] === 'https://trap.example.com/')).toMatchObject({ state: 'failed', attempts: [{ error: 'private addresses are not sent to', refused: true }] })
  expect(seen.splice(0).map(({ path }) => path)).toEqual(['/away', '/away'])
  await mock.close()
})
