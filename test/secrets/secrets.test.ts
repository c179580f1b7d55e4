import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { Orca } from '@orkit/sdk/orca'
import { createMock } from '@orkit/mock'
import { describe, expect, it } from 'vitest'
import { fakeIo } from '../../packages/cli/test/io.js'
import { createRedactor } from '../../packages/sdk/src/core/redact.js'
import { profile as flexorch } from '../../packages/sdk/src/systems/flexorch/operations.gen.js'
import { profile as klarefi } from '../../packages/sdk/src/systems/klarefi/operations.gen.js'
import { profile as orbiter } from '../../packages/sdk/src/systems/orbiter/operations.gen.js'
import { profile as orca } from '../../packages/sdk/src/systems/orca/operations.gen.js'
import { KEY, quick } from '../../packages/sdk/test/fixture/client.js'
import { fail, rejection, serve } from '../../packages/sdk/test/fixture/server.js'
import { findLeaks, record, showErrors, type Shown } from './record.js'

it('the recording sees secrets, log lines and errors', async () => {
  const server = await serve((_, response) => fail(response, 401))
  const error = await rejection(quick(server.url, { apiKey: KEY, maxRetries: 0 }).client.request('items.get', { path: { id: 'a' } }))
  const client = new Orca({ baseUrl: `${server.url}/api/v1`, email: 'ada@example.com', password: 'a password of ada', maxRetries: 0 })
  await rejection(client.files.list())
  await server.close()
  showErrors()
  expect(record.secrets).toContain(KEY)
  expect(record.secrets).toContain('a password of ada')
  expect(record.shown.some(({ kind, text }) => kind === 'log' && text.includes('items.get'))).toBe(true)
  expect(record.shown.some(({ kind, text }) => kind === 'error' && text.includes(error.message))).toBe(true)
  expect(findLeaks(record)).toEqual([])
})

it('it knows what the seeds hold and what the reference server hands out', async () => {
  expect(record.secrets).toContain('correct horse battery staple')
  expect(record.secrets).toContain('JBSWY3DPEHPK3PXP')
  const mock = createMock({ systems: ['orca', 'orbiter'] })
  const post = async (system: 'orca' | 'orbiter', path: string) => mock.fetch(`${mock.baseUrl(system)}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery staple' }) })
  const tokens = (await (await post('orca', '/auth/login')).json() as { data: { access_token: string; refresh_token: string } }).data
  expect(record.secrets).toContain(tokens.access_token)
  expect(record.secrets).toContain(tokens.refresh_token)
  const cookie = (await post('orbiter', '/api/v1/auth/login')).headers.get('set-cookie')!
  expect(record.secrets).toContain(/=([^;]+)/.exec(cookie)![1])
  await mock.close()
})

it('it hears stderr: of the CLI in this process, of programs, and of this process', async () => {
  const heard = (kind: Shown['kind'], words: string) => record.shown.some((each) => each.kind === kind && each.text.includes(words))
  await fakeIo().stderr.write('said by the CLI\n')
  await promisify(execFile)(process.execPath, ['-e', "console.error('said by a program')"])
  spawnSync(process.execPath, ['-e', "console.error('said at once')"])
  process.stderr.write('said here\n')
  // oxlint-disable-next-line no-console
  console.warn('said aloud')
  expect(heard('stderr', 'said by the CLI') && heard('child', 'said by a program') && heard('child', 'said at once') && heard('stderr', 'said here') && heard('console', 'said aloud')).toBe(true)
})

describe('a planted leak', () => {
  const secret = 'pa ss/wört+4711?'
  it.each([
    ['raw', secret], ['URL-encoded', `token=${encodeURIComponent(secret)}&x=1`], ['in base64', Buffer.from(secret).toString('base64')], ['in base64url', Buffer.from(secret).toString('base64url')],
    ['in basic credentials', `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}`], ['in basic credentials of another length', `Basic ${Buffer.from(`grace:${secret}`).toString('base64')}`],
  ])('%s is found, and not shown again', (_, text) => {
    const leaks = findLeaks({ secrets: new Set([secret]), shown: [{ kind: 'log', text: `sent with ${text}` }, { kind: 'error', text: 'harmless' }] })
    expect(leaks.length).toBeGreaterThan(0)
    for (const leak of leaks) {
      expect(leak).toMatch(/^log: /)
      expect(leak).not.toContain(secret)
    }
  })
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

it.each([orca, flexorch, klarefi, orbiter].map((profile) => [profile.name, profile] as const))('%s: what the document marks as secret is hidden in a body that is shown', (_, { secrets }) => {
  expect(secrets!.length).toBeGreaterThan(2)
  const body = Object.fromEntries(secrets!.map((name) => [name, 'plain words']))
  expect(JSON.stringify(createRedactor([], secrets).body({ nested: [body], name: 'Ada' }))).not.toContain('plain words')
})
